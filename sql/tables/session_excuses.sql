-- Who asked to be excused from which session, and what became of it. One row per student and session.
create table public.session_excuses (
    session_id uuid not null,
    student_id uuid not null,
    status public.excuse_status not null default 'requested',
    reason text not null default '',
    decided_by uuid,
    decided_at timestamptz,
    decision_note text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint session_excuses_pkey primary key (session_id, student_id),
    constraint session_excuses_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_excuses_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint session_excuses_decided_by_fkey
    foreign key (decided_by) references public.profiles (id) on delete set null,
    constraint session_excuses_reason_length check (
        private.rule(
            char_length(reason) <= 1000,
            'session_excuses_reason_length',
            'reason must be at most 1,000 characters',
            'Shorten the reason.'
        )
    ),
    constraint session_excuses_decision_note_length check (
        private.rule(
            char_length(decision_note) <= 1000,
            'session_excuses_decision_note_length',
            'note must be at most 1,000 characters',
            'Shorten the note.'
        )
    )
);
comment on table public.session_excuses is
    'Who asked to be excused from which session, and what became of it. Read-only: request_excuse, withdraw_excuse and decide_excuse write it.';
comment on column public.session_excuses.session_id is 'The session.';
comment on column public.session_excuses.student_id is 'The student.';
comment on column public.session_excuses.status is 'Where it stands.';
comment on column public.session_excuses.reason is 'What the student gave as the reason, at most 1,000 characters; empty: erased.';
comment on column public.session_excuses.decided_by is 'Host or manager who decided; null: nobody yet, or a user since deleted.';
comment on column public.session_excuses.decided_at is 'When it was decided; null: not yet.';
comment on column public.session_excuses.decision_note is 'What they told the student, at most 1,000 characters; null: nothing.';
comment on column public.session_excuses.created_at is 'When it was first asked for.';
comment on column public.session_excuses.updated_at is 'When it last changed.';

create index session_excuses_student_id_idx on public.session_excuses (student_id);
create index session_excuses_decided_by_idx on public.session_excuses (decided_by);
