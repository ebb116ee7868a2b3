"""In random worlds four say the same of every user and session: policy, API door, feed, and DESIGN.

The policy of success_sessions lets indexes decide; private.visible_session, behind the API
functions, asks about one session; private.feed_sessions finds what goes into a user's calendar feed
past all policies; `Facts` below says it in Python, from the rule as it was
written: managers see all, mentors what they host, students what matches an active enrollment or
an invitation.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from support.actors import as_user
from support.sessions import LINK
from support.world import World

MANAGERS = {"enrollment_manager", "admin", "superadmin"}
ROLES = ["student", "mentor", "enrollment_manager", "admin", "superadmin"]
STATUSES = ["active", "active", "active", "paused", "completed", "withdrawn"]

Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tables hold, and what follows from it for access.

    Attributes:
        sessions: Course, batch and mentor of each session.
        roles: The pairs of user and role.
        active: The triples of student, course and batch of the active enrollments.
        invited: The pairs of user and session.
        users: Everybody.
    """

    sessions: dict[UUID, tuple[UUID | None, UUID | None, UUID | None]]
    roles: set[tuple[UUID, str]]
    active: set[tuple[UUID, UUID, UUID | None]]
    invited: set[Pair]
    users: list[UUID]

    @classmethod
    def read(cls, conn: psycopg.Connection) -> Facts:
        def rows(query: str) -> list[tuple]:  # type: ignore[type-arg]
            return conn.execute(query.encode()).fetchall()

        return cls(
            {
                row[0]: (row[1], row[2], row[3])
                for row in rows(
                    "select id, course_id, batch_id, mentor_id from public.success_sessions"
                )
            },
            set(rows("select user_id, role::text from public.user_roles")),
            set(
                rows(
                    "select student_id, course_id, batch_id from public.course_enrollments"
                    " where status = 'active'"
                )
            ),
            set(rows("select user_id, session_id from public.session_participants")),
            [row[0] for row in rows("select id from public.profiles")],
        )

    def hosts(self, user: UUID, session: UUID) -> bool:
        return self.sessions[session][2] == user and (user, "mentor") in self.roles

    def takes_part(self, user: UUID, session: UUID) -> bool:
        course, batch, _ = self.sessions[session]
        return (user, course, batch) in self.active or (user, session) in self.invited

    def sees(self, user: UUID, session: UUID) -> bool:
        return (
            any((user, role) in self.roles for role in MANAGERS)
            or self.hosts(user, session)
            or self.takes_part(user, session)
        )

    def visible(self) -> set[Pair]:
        return {
            (user, session)
            for user in self.users
            for session in self.sessions
            if self.sees(user, session)
        }

    def learners(self) -> set[Pair]:
        return {
            (user, session)
            for user in self.users
            for session in self.sessions
            if self.takes_part(user, session) and not self.hosts(user, session)
        }


def populate(world: World, dice: random.Random) -> None:
    """Insert users with any mixture of roles and enrollments, and sessions for anybody."""
    courses = [world.course() for _ in range(3)]
    batches: dict[UUID, list[UUID | None]] = {
        course: [None, world.batch(course=course), world.batch(course=course)] for course in courses
    }
    roles = [roles_of_one(dice) for _ in range(20)]
    users = [world.user("User", *held) for held in roles]
    mentors = [user for user, held in zip(users, roles, strict=True) if "mentor" in held]
    for user in users:
        for enrolled in dice.sample(courses, dice.choice([0, 1, 1, 2, 3])):
            world.enroll(
                user,
                course=enrolled,
                batch=dice.choice(batches[enrolled]),
                status=dice.choice(STATUSES),
            )
    for number in range(30):
        course: UUID | None = dice.choice([*courses, None])
        session = world.session(
            course=course,
            batch=None if course is None else dice.choice(batches[course]),
            mentor=dice.choice([*mentors, None]),
            # One after the other, and none within hours of now: nobody is booked twice.
            starts=datetime.now(UTC) + timedelta(days=number - 15, hours=6),
            status=dice.choice(["upcoming", "upcoming", "cancelled", "completed"]),
        )
        if dice.random() < 0.4:
            world.invite(session, *dice.sample(users, dice.randint(1, 3)))


def roles_of_one(dice: random.Random) -> list[str]:
    if dice.random() < 0.75:
        return dice.choice([[], ["student"], ["mentor"], ["student", "mentor"]])
    return dice.sample(ROLES, dice.randint(1, 3))


def shuffle(conn: psycopg.Connection, dice: random.Random) -> None:
    """Let life go on: roles are revoked, students move, sessions change hands and audience."""
    conn.execute("select setseed(%s)", (dice.uniform(-1, 1),))
    conn.execute(
        """
        delete from public.user_roles where random() < 0.3;
        update public.course_enrollments
        set status = (enum_range(null::public.enrollment_status))[1 + floor(random() * 4)]
        where random() < 0.3;
        update public.course_enrollments as enrollment
        set batch_id = (
            select batch.id from public.batches as batch
            where batch.course_id = enrollment.course_id order by random() limit 1
        )
        where random() < 0.2;
        delete from public.session_participants where random() < 0.2;
        update public.success_sessions set batch_id = null
        where random() < 0.2 and status = 'upcoming';
        update public.success_sessions set mentor_id = null
        where random() < 0.1 and status = 'upcoming';
        """
    )


def by_policy(conn: psycopg.Connection, users: list[UUID]) -> set[Pair]:
    """What each user reads from the table."""
    pairs: set[Pair] = set()
    for user in users:
        with as_user(conn, user):
            rows = conn.execute("select id from public.success_sessions").fetchall()
        pairs |= {(user, row[0]) for row in rows}
    return pairs


def by_calendar(conn: psycopg.Connection, users: list[UUID]) -> set[Pair]:
    """What each user finds in the calendar, to which the cancelled are added if in the table."""
    pairs: set[Pair] = set()
    for user in users:
        with as_user(conn, user):
            rows = conn.execute(
                "select id from public.segmented_weekly_success_sessions union all"
                " select id from public.success_sessions where status = 'cancelled'"
            ).fetchall()
        pairs |= {(user, row[0]) for row in rows}
    return pairs


def by_feed(conn: psycopg.Connection, users: list[UUID]) -> set[Pair]:
    """What is in each user's calendar feed, and in the feeds of the courses taken together."""
    feeds = conn.execute(
        """
        insert into public.calendar_feeds (owner_id, course_id)
        select owner_id, course.id
        from unnest(%s::uuid[]) as owner_id
        cross join (select id from public.courses union all select null) as course
        returning id
        """,
        (users,),
    ).fetchall()
    rows = conn.execute(
        """
        select feed.owner_id, shown.id, feed.course_id, shown.course_id
        from public.calendar_feeds as feed
        cross join lateral unnest(private.feed_sessions(feed)) as shown
        where feed.id = any(%s)
        """,
        ([row[0] for row in feeds],),
    ).fetchall()
    whole = {(user, session) for user, session, asked, _ in rows if asked is None}
    of_courses = {(user, session) for user, session, asked, _ in rows if asked is not None}
    assert all(asked == course for _, _, asked, course in rows if asked is not None)
    assert of_courses == {
        (user, session)
        for user, session, asked, course in rows
        if asked is None and course is not None
    }
    return whole


def by_door(conn: psycopg.Connection, users: list[UUID], function: str) -> set[Pair]:
    """For whom a function answers anything but PT404; what it writes is undone."""
    conn.execute(
        f"""
        create or replace function pg_temp.opens(session_id uuid) returns boolean
        language plpgsql as $$
        begin
            perform {function}(session_id);
            raise exception 'undo';
        exception
            when sqlstate 'PT404' then return false;
            when others then return true;
        end
        $$
        """.encode()
    )
    sessions = [row[0] for row in conn.execute("select id from public.success_sessions")]
    pairs: set[Pair] = set()
    for user in users:
        with as_user(conn, user):
            if function.startswith("private."):
                # The claims of the user, the privileges of the functions that call it.
                conn.execute("reset role")
            rows = conn.execute(
                "select id from unnest(%s::uuid[]) as id where pg_temp.opens(id)", (sessions,)
            ).fetchall()
        pairs |= {(user, row[0]) for row in rows}
    return pairs


@pytest.fixture(params=range(4))
def worlds(
    conn: psycopg.Connection, world: World, request: pytest.FixtureRequest
) -> Iterator[Facts]:
    """The facts of a random world, then of the same after it has changed."""

    def lives() -> Iterator[Facts]:
        dice = random.Random(request.param)
        populate(world, dice)
        yield Facts.read(conn)
        shuffle(conn, dice)
        yield Facts.read(conn)

    return lives()


def test_all_doors_agree_with_the_rule(conn: psycopg.Connection, worlds: Iterator[Facts]) -> None:
    for facts in worlds:
        visible = facts.visible()
        # The world is worth asking about: much is seen, much is not.
        assert 0.1 < len(visible) / (len(facts.users) * len(facts.sessions)) < 0.9
        assert by_policy(conn, facts.users) == visible
        assert by_calendar(conn, facts.users) == visible
        assert by_feed(conn, facts.users) == visible
        assert by_door(conn, facts.users, "private.visible_session") == visible
        assert by_door(conn, facts.users, "public.join_session") == visible
        assert by_door(conn, facts.users, "public.session_credentials") == visible
        assert by_door(conn, facts.users, "public.session_ics") == visible


def test_the_list_of_learners_and_the_question_about_one_agree_with_the_rule(
    conn: psycopg.Connection, worlds: Iterator[Facts]
) -> None:
    for facts in worlds:
        listed = conn.execute(
            """
            select learner.user_id, session.id
            from public.success_sessions as session
            cross join lateral private.session_learners(session) as learner
            """
        ).fetchall()
        asked = conn.execute(
            """
            select profile.id, session.id
            from public.success_sessions as session
            cross join public.profiles as profile
            where private.is_session_learner(session, profile.id)
            """
        ).fetchall()
        assert len(listed) == len(set(listed))
        assert set(listed) == set(asked) == facts.learners()


def add_sessions_around_now(world: World, dice: random.Random, facts: Facts) -> None:
    """Sessions that can be joined, or nearly; some need a registration, which some have."""
    mentors = [user for user in facts.users if (user, "mentor") in facts.roles]
    # A platform that makes the meetings of sessions saved without a link.
    world.conn.execute(
        "insert into public.meeting_accounts (platform, name, external_id, max_concurrent_meetings)"
        " values ('zoom', 'Big', 'big', 50)"
    )
    # One each: nobody is booked twice.
    hosts = [*dice.sample(mentors, min(5, len(mentors))), *[None] * 7]
    audiences = sorted({(course, batch) for _, course, batch in facts.active}, key=str)
    for host in hosts:
        course, batch = dice.choice([*audiences, (None, None)])
        needs_seat = dice.random() < 0.6
        session = world.session(
            course=course,
            batch=batch,
            mentor=host,
            starts=timedelta(minutes=dice.choice([-50, -10, 5, 14, 60])),
            minutes=dice.choice([30, 90]),
            registration_required=needs_seat,
            link=None if dice.random() < 0.2 else LINK,
        )
        invited = dice.sample(facts.users, 4)
        world.invite(session, *invited)
        for student in dice.sample(facts.users, 6) if needs_seat else []:
            status = dice.choice(["registered", "registered", "waitlisted", "cancelled"])
            world.registration(session, student, status)


def by_joining(conn: psycopg.Connection, users: list[UUID]) -> set[Pair]:
    """Who gets into which session; what that writes is undone."""
    conn.execute(
        """
        create or replace function pg_temp.gets_in(session_id uuid) returns boolean
        language plpgsql as $$
        begin
            perform public.join_session(session_id);
            raise exception 'undo';
        exception
            when sqlstate 'PT404' or sqlstate 'PT409' then return false;
            when raise_exception then return true;
        end
        $$
        """
    )
    sessions = [row[0] for row in conn.execute("select id from public.success_sessions")]
    pairs: set[Pair] = set()
    for user in users:
        with as_user(conn, user):
            rows = conn.execute(
                "select id from unnest(%s::uuid[]) as id where pg_temp.gets_in(id)", (sessions,)
            ).fetchall()
        pairs |= {(user, row[0]) for row in rows}
    return pairs


def by_explanation(conn: psycopg.Connection, admin: UUID) -> dict[str, set[Pair]]:
    """For which pairs each rule of the explanation holds."""
    pairs = conn.execute(
        "select profile.id, session.id from public.profiles as profile, public.success_sessions"
        " as session"
    ).fetchall()
    users, sessions = zip(*pairs, strict=True)
    with as_user(conn, admin):
        rows = conn.execute(
            """
            select pair.user_id, pair.session_id, explained.*
            from unnest(%s::uuid[], %s::uuid[]) as pair (user_id, session_id)
            cross join lateral public.explain_session_access(
                pair.session_id, pair.user_id
            ) as explained
            """,
            (list(users), list(sessions)),
        ).fetchall()
    holding: dict[str, set[Pair]] = {}
    for user, session, rule, decides, holds, fact, remedy in rows:
        assert decides in {"see", "join"}
        assert fact
        assert not (holds and remedy), "what holds needs no remedy"
        holding.setdefault(rule, set())
        if holds:
            holding[rule].add((user, session))
    return holding


@pytest.mark.parametrize("seed", range(2))
def test_the_explanation_agrees_with_the_policy_and_the_door(
    conn: psycopg.Connection, world: World, seed: int
) -> None:
    dice = random.Random(seed)
    populate(world, dice)
    add_sessions_around_now(world, dice, Facts.read(conn))
    admin = world.admin("Asking Admin")
    for _ in range(2):
        facts = Facts.read(conn)
        explained = by_explanation(conn, admin)
        joined = by_joining(conn, facts.users)
        assert explained["sees"] == facts.visible() == by_policy(conn, facts.users)
        assert explained["may_join"] == joined
        # Worth asking: seats and the clock keep some out who see the session.
        for rule in ("seat", "join_window", "status", "meeting"):
            assert explained["sees"] - explained[rule]
        assert len(joined) > 10
        shuffle(conn, dice)
        world.conn.execute(
            "insert into public.user_roles values (%s, 'admin') on conflict do nothing", (admin,)
        )


@pytest.mark.parametrize("forgotten", ["seat", "enrollment"])
def test_an_explanation_that_forgets_is_noticed(
    conn: psycopg.Connection, world: World, forgotten: str
) -> None:
    dice = random.Random(1)
    populate(world, dice)
    add_sessions_around_now(world, dice, Facts.read(conn))
    definition = conn.execute(
        "select pg_get_functiondef(oid) from pg_proc where proname = %s", (f"explain_{forgotten}",)
    ).fetchone()
    assert definition is not None
    conn.execute(
        definition[0]
        .replace("return v_rule;", "v_rule.holds := true; v_rule.remedy := null; return v_rule;")
        .encode()
    )
    facts = Facts.read(conn)
    explained = by_explanation(conn, world.admin("Asking Admin"))
    known = {user for user, _ in explained["sees"]} & set(facts.users)
    assert {pair for pair in explained["may_join"] if pair[0] in known} != by_joining(
        conn, facts.users
    )


FORGETFUL = {
    "that an enrollment must be active": """
        create or replace function private.my_audience_keys() returns uuid []
        language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
        begin
            return array(
                select private.audience_key(enrollment.course_id, enrollment.batch_id)
                from public.course_enrollments as enrollment
                where enrollment.student_id = auth.uid()
            );
        end
        $$
    """,
    "that unbatched means without a batch": """
        create or replace function private.my_audience_keys() returns uuid []
        language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
        begin
            return array(
                select private.audience_key(enrollment.course_id, audience.batch_id)
                from public.course_enrollments as enrollment
                cross join lateral (values (enrollment.batch_id), (null)) as audience (batch_id)
                where enrollment.student_id = auth.uid() and enrollment.status = 'active'
            );
        end
        $$
    """,
    "that a host must be a mentor": """
        create or replace function private.my_hosts_from() returns uuid
        language sql stable security definer set search_path = pg_catalog, pg_temp
        return private.my_rows_from();
        create or replace function private.my_hosts_to() returns uuid
        language sql stable security definer set search_path = pg_catalog, pg_temp
        return private.my_rows_to();
    """,
}


@pytest.mark.parametrize("what", FORGETFUL)
def test_a_policy_that_forgets_is_noticed(
    conn: psycopg.Connection, world: World, what: str
) -> None:
    dice = random.Random(1)
    populate(world, dice)
    shuffle(conn, dice)
    conn.execute(FORGETFUL[what].encode())
    facts = Facts.read(conn)
    assert by_policy(conn, facts.users) != facts.visible()
