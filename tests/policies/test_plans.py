"""Every request finds its rows by index, however many others there are."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from devstack import databases
from devstack.databases import Database
from support.actors import as_user
from support.crowd import GROWING, gather, one

STUDENT, MENTOR, MANAGER = one("student 7"), one("mentor 3"), one("manager 3")
SUPERADMIN = one("manager 1")
WHO = {"student": STUDENT, "mentor": MENTOR, "manager": MANAGER}

BY_AUDIENCE = "success_sessions_audience_key_start_time_idx"
BY_HOST = "success_sessions_host_key_start_time_idx"
BY_ID = "success_sessions_pkey"


@pytest.fixture(scope="session")
def _crowded(template: Database, run_name: str) -> Iterator[Database]:
    database = databases.clone(template, f"{run_name}_crowd")
    gather(database)
    yield database
    databases.drop(database)


@pytest.fixture
def crowd(_crowded: Database) -> Iterator[psycopg.Connection]:
    """A connection to the crowded database as role `postgres`, rolled back after the test."""
    with psycopg.connect(_crowded.url) as conn, conn.transaction(force_rollback=True):
        yield conn


def table_of(name: str) -> str:
    """The table that a relation belongs to: itself, or what it is a month of."""
    return re.sub(r"^private\.(audit_log)_(default|\d{4}_\d{2})$", r"public.\1", name)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan, flattened.

    Attributes:
        nodes: Every node of it, as `explain (format json)` describes it.
    """

    nodes: list[dict[str, Any]]

    @classmethod
    def of(cls, conn: psycopg.Connection, query: str, *options: str) -> Plan:
        explain = f"explain ({', '.join(['format json', 'verbose', *options])}) {query}"
        row = conn.execute(explain.encode()).fetchone()
        assert row is not None
        described = row[0] if isinstance(row[0], list) else json.loads(row[0])
        return cls(list(_flattened(described[0]["Plan"])))

    def read_whole(self) -> set[str]:
        """The growing tables that it reads from end to end."""
        return {
            table_of(f"{node['Schema']}.{node['Relation Name']}")
            for node in self.nodes
            if node["Node Type"] == "Seq Scan"
        } & GROWING

    def indexes(self) -> set[str]:
        return {node["Index Name"] for node in self.nodes if "Index Name" in node}

    def kinds(self) -> set[str]:
        return {node["Node Type"] for node in self.nodes}

    def rows_from(self, *indexes: str) -> float:
        """How many entries these indexes gave; needs the option `analyze`."""
        return sum(
            float(node["Actual Rows"]) * int(node["Actual Loops"])
            for node in self.nodes
            if node.get("Index Name") in indexes
        )


def _flattened(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _flattened(child)


def prepared(conn: psycopg.Connection, query: str, mode: str) -> str:
    """Prepare a query of a period as PostgREST does; mode: how the server plans it."""
    conn.execute(f"set local plan_cache_mode = force_{mode}_plan".encode())
    conn.execute(
        f"prepare calendar (timestamptz, timestamptz) as {query}"
        " where start_time >= $1 and start_time < $2 order by start_time".encode()
    )
    return "execute calendar (now(), now() + interval '28 days')"


# -- The calendar ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["custom", "generic"])
@pytest.mark.parametrize("relation", ["success_sessions", "segmented_weekly_success_sessions"])
@pytest.mark.parametrize("who", WHO)
def test_four_weeks_are_found_by_audience_host_and_invitation(
    crowd: psycopg.Connection, who: str, relation: str, mode: str
) -> None:
    with as_user(crowd, WHO[who]):
        calendar = prepared(crowd, f"select * from public.{relation}", mode)  # noqa: S608
        plan = Plan.of(crowd, calendar)
        rows = crowd.execute(calendar.encode()).rowcount
        crowd.execute("deallocate calendar")
    assert plan.read_whole() == set()
    assert plan.indexes() >= {BY_AUDIENCE, BY_HOST, BY_ID}
    assert "BitmapOr" in plan.kinds()
    assert rows > 0


@pytest.mark.parametrize("relation", ["success_sessions", "segmented_weekly_success_sessions"])
@pytest.mark.parametrize("who", ["student", "mentor"])
def test_a_calendar_reads_the_sessions_it_shows_and_hardly_any_other(
    crowd: psycopg.Connection, who: str, relation: str
) -> None:
    with as_user(crowd, WHO[who]):
        calendar = prepared(crowd, f"select * from public.{relation}", "generic")  # noqa: S608
        shown = crowd.execute(calendar.encode()).rowcount
        plan = Plan.of(crowd, calendar, "analyze")
        invited = crowd.execute("select from public.session_participants").rowcount
        crowd.execute("deallocate calendar")
    assert 0 < shown <= plan.rows_from(BY_AUDIENCE, BY_HOST, BY_ID) <= shown + invited


def test_a_policy_that_indexes_cannot_serve_shows_in_the_plan(crowd: psycopg.Connection) -> None:
    """The control: the policy as one would first write it."""
    crowd.execute(
        """
        drop policy success_sessions_select_audience_host_or_manager on public.success_sessions;
        create policy success_sessions_select_naive on public.success_sessions
        for select to authenticated using (
            (select private.is_manager())
            or mentor_id = (select auth.uid())
            or exists (
                select from public.course_enrollments as enrollment
                where enrollment.student_id = (select auth.uid())
                    and enrollment.course_id = success_sessions.course_id
                    and enrollment.batch_id is not distinct from success_sessions.batch_id
                    and enrollment.status = 'active'
            )
        );
        """
    )
    with as_user(crowd, STUDENT):
        calendar = prepared(crowd, "select * from public.success_sessions", "generic")
        shown = crowd.execute(calendar.encode()).rowcount
        plan = Plan.of(crowd, calendar, "analyze")
        whole = Plan.of(crowd, "select * from public.success_sessions")
        crowd.execute("deallocate calendar")
    assert "BitmapOr" not in plan.kinds()
    # Through whichever index, it came by everybody's sessions of these four weeks.
    assert plan.rows_from(*plan.indexes()) > 50 * shown > 0
    assert whole.read_whole() == {"public.success_sessions"}


@pytest.mark.parametrize("relation", ["success_sessions", "segmented_weekly_success_sessions"])
@pytest.mark.parametrize("who", WHO)
def test_one_session_is_found_by_its_id(crowd: psycopg.Connection, who: str, relation: str) -> None:
    with as_user(crowd, WHO[who]):
        plan = Plan.of(
            crowd,
            f"select * from public.{relation} where id = '{one('session 5')}'",  # noqa: S608
        )
    assert plan.read_whole() == set()
    assert BY_ID in plan.indexes()
    assert not {BY_AUDIENCE, BY_HOST} & plan.indexes()


# -- Calendar feeds --------------------------------------------------------------------------------


def entries_read(conn: psycopg.Connection, statement: str, *parameters: object) -> Counter[str]:
    """How many entries of each index of sessions a statement has read, as Postgres counts it."""

    def counted() -> Counter[str]:
        rows = conn.execute(
            """
            select indexrelname::text, pg_stat_get_xact_tuples_returned(indexrelid)
            from pg_catalog.pg_stat_user_indexes
            where relid = 'public.success_sessions'::regclass
            """
        ).fetchall()
        return Counter({name: read for name, read in rows if read})

    before = counted()
    conn.execute(statement.encode(), parameters)
    return counted() - before


def feed_of(conn: psycopg.Connection, owner: UUID, course_id: UUID | None = None) -> UUID:
    row = conn.execute(
        "insert into public.calendar_feeds (owner_id, course_id) values (%s, %s) returning id",
        (owner, course_id),
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


FEED = """
    select cardinality(private.feed_sessions(feed)) from public.calendar_feeds as feed
    where feed.id = %s
"""


def shown_in(conn: psycopg.Connection, feed: UUID) -> int:
    row = conn.execute(FEED, (feed,)).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("who", ["student", "mentor"])
def test_a_feed_reads_the_sessions_it_shows_and_hardly_any_other(
    crowd: psycopg.Connection, who: str
) -> None:
    feed = feed_of(crowd, WHO[who])
    invited = crowd.execute(
        "select from public.session_participants where user_id = %s", (WHO[who],)
    ).rowcount
    shown = shown_in(crowd, feed)
    read = entries_read(crowd, FEED, feed)
    assert set(read) <= {BY_AUDIENCE, BY_HOST, BY_ID}
    assert 100 < shown <= sum(read.values()) <= shown + invited


def test_a_feed_of_a_course_reads_that_course_only(crowd: psycopg.Connection) -> None:
    feed = feed_of(crowd, MANAGER, one("course 7"))
    everything = crowd.execute(
        "select from public.success_sessions where course_id = %s", (one("course 7"),)
    ).rowcount
    shown = shown_in(crowd, feed)
    read = entries_read(crowd, FEED, feed)
    assert read == {"success_sessions_course_id_batch_id_host_key_idx": everything}
    assert everything / 2 < shown <= everything


@pytest.mark.parametrize("who", ["mentor", "manager"])
def test_each_time_off_is_compared_with_the_sessions_around_it(
    crowd: psycopg.Connection, who: str
) -> None:
    entries = crowd.execute(
        "insert into public.mentor_time_off (mentor_id, start_time, end_time)"
        " select %s, now() + number * interval '1 day', now() + number * interval '25 hours'"
        " from generate_series(1, 150) as number",
        (MENTOR,),
    ).rowcount
    listed = "select from public.time_off_clashes"
    with as_user(crowd, WHO[who]):
        shown = crowd.execute(listed.encode()).rowcount
        read = entries_read(crowd, listed)
    assert set(read) == {BY_HOST}
    # And those of the day before each, which might have lasted so long.
    assert 0 < shown <= read[BY_HOST] <= shown + 2 * entries


# -- The roster -----------------------------------------------------------------------------------


def test_a_roster_looks_up_no_session_for_each_attendance_of_its_students(
    crowd: psycopg.Connection,
) -> None:
    """Students attend other courses, too: one list of the course's sessions tells them apart."""
    roster = "select from public.session_roster(%s) where participation_rate > 0"
    with as_user(crowd, MANAGER):
        rates = crowd.execute(roster.encode(), (one("session 5"),)).rowcount
        read = entries_read(crowd, roster, one("session 5"))
    assert rates > 10
    assert read[BY_ID] < rates


# -- Everything else that a user reads -------------------------------------------------------------

OWN_ROWS = {
    "session_attendance": {"session_attendance_student_id_idx", "session_attendance_pkey"},
    "session_bookings": {"session_bookings_student_id_offer_id_idx", "session_bookings_pkey"},
    "session_participants": {"session_participants_user_id_idx", "session_participants_pkey"},
    "session_excuses": {"session_excuses_student_id_idx", "session_excuses_pkey"},
    "session_ratings": {"session_ratings_student_id_idx"},
    "session_recording_views": {
        "session_recording_views_user_id_idx",
        "session_recording_views_session_id_user_id_idx",
    },
    "session_recordings": {"session_recordings_session_id_idx"},
    "session_registrations": {"session_registrations_student_id_idx", "session_registrations_pkey"},
    "course_enrollments": {"course_enrollments_student_id_course_id_key"},
    "profiles": {"profiles_pkey"},
    "user_roles": {"user_roles_pkey"},
}


@pytest.mark.parametrize("who", ["student", "mentor"])
@pytest.mark.parametrize("table", OWN_ROWS)
def test_the_own_rows_are_found_by_index(crowd: psycopg.Connection, table: str, who: str) -> None:
    with as_user(crowd, WHO[who]):
        plan = Plan.of(crowd, f"select * from public.{table}")  # noqa: S608
    assert plan.read_whole() == set()
    assert plan.indexes() == OWN_ROWS[table]


def test_a_manager_reads_the_skips_of_one_series_without_listing_all_series(
    crowd: psycopg.Connection,
) -> None:
    read = "select * from public.series_skips where series_id = gen_random_uuid()"
    scans = (
        "select coalesce(seq_scan, 0) + coalesce(idx_scan, 0)"
        " from pg_catalog.pg_stat_xact_user_tables where relname = 'session_series'"
    )
    # Of an empty table that is read whole, no row is asked whether it may be seen.
    crowd.execute("set local enable_seqscan = off")
    with as_user(crowd, MANAGER):
        crowd.execute(read.encode())
    assert crowd.execute(scans.encode()).fetchone() == (0,)


PAGES = {
    "session_attendance": ("student_id", "session_id"),
    "session_bookings": ("student_id", "session_id"),
    "session_excuses": ("student_id", "session_id"),
    "session_participants": ("user_id", "session_id"),
    "session_ratings": ("student_id", "session_id"),
    "session_recording_views": ("user_id", "id"),
    "session_registrations": ("student_id", "session_id"),
    "course_enrollments": ("student_id", "id"),
}


@pytest.mark.parametrize("mode", ["custom", "generic"])
@pytest.mark.parametrize("table", PAGES)
def test_a_page_of_the_own_rows_is_found_among_them_by_who_names_themselves(
    crowd: psycopg.Connection, table: str, mode: str
) -> None:
    """`order` and `limit` alone make the planner walk the order's index through everybody's."""
    column, key = PAGES[table]
    crowd.execute(f"set local plan_cache_mode = force_{mode}_plan".encode())
    crowd.execute(
        f"prepare page (uuid, bigint) as select * from public.{table}"  # noqa: S608
        f" where {column} = $1 order by {key} limit $2".encode()
    )
    page = f"execute page ('{STUDENT}', 20)"
    with as_user(crowd, STUDENT):
        shown = crowd.execute(page.encode()).rowcount
        plan = Plan.of(crowd, page, "analyze")
        crowd.execute("deallocate page")
    assert plan.read_whole() == set()
    assert shown <= plan.rows_from(*plan.indexes()) <= shown + 5


def test_a_page_of_the_own_rows_by_who_does_not_is_looked_for_in_everybody_s(
    crowd: psycopg.Connection,
) -> None:
    """The control, and what docs/api.md warns of."""
    with as_user(crowd, STUDENT):
        page = "select * from public.course_enrollments order by id limit 20"
        plan = Plan.of(crowd, page, "analyze")
    assert plan.indexes() == {"course_enrollments_pkey"}
    assert sum(node.get("Rows Removed by Filter", 0) for node in plan.nodes) > 10_000


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    "table",
    [
        "session_attendance",
        "session_excuses",
        "session_meetings",
        "session_participants",
        "session_recording_views",
        "session_recordings",
        "session_registrations",
    ],
)
def test_the_list_of_one_session_is_found_by_index(
    crowd: psycopg.Connection, table: str, who: str
) -> None:
    with as_user(crowd, WHO[who]):
        plan = Plan.of(
            crowd,
            f"select * from public.{table} where session_id = '{one('session 5')}'",  # noqa: S608
        )
    assert plan.read_whole() == set()


@pytest.mark.parametrize(
    ("table", "column", "of"),
    [
        ("course_enrollments", "course_id", "course 7"),
        ("course_enrollments", "batch_id", "batch 2 of 7"),
        ("session_bookings", "offer_id", "offer of 50, batch 0, 2"),
        ("session_recording_views", "recording_id", "recording 5"),
        ("session_recording_views", "session_id", "session 5"),
        ("success_sessions", "course_id", "course 7"),
        ("success_sessions", "batch_id", "batch 2 of 7"),
        ("success_sessions", "mentor_id", "mentor 3"),
    ],
)
def test_a_manager_s_list_reads_the_rows_it_counts_and_no_other(
    crowd: psycopg.Connection, table: str, column: str, of: str
) -> None:
    """Estimating the policy's range at a two-hundredth, the planner read all of its index."""
    with as_user(crowd, MANAGER):
        query = f"select * from public.{table} where {column} = '{one(of)}'"  # noqa: S608
        shown = crowd.execute(query.encode()).rowcount
        plan = Plan.of(crowd, query, "analyze")
    assert plan.read_whole() == set()
    assert 0 < shown == plan.rows_from(*plan.indexes())


@pytest.mark.parametrize("column", ["session_id", "user_id", "actor_id"])
def test_the_audit_log_of_one_session_or_person_is_found_by_index(
    crowd: psycopg.Connection, column: str
) -> None:
    sought = one("session 5") if column == "session_id" else STUDENT
    with as_user(crowd, MANAGER):
        plan = Plan.of(
            crowd,
            f"select * from public.audit_log where {column} = '{sought}'"  # noqa: S608
            " order by id desc limit 50",
        )
    # The months ahead are empty, and read as such.
    month = datetime.now(UTC).strftime("%Y_%m")
    assert f"audit_log_{month}_{column}_id_idx" in plan.indexes()


# -- What requests really read: Postgres counts it -------------------------------------------------


def scanned(conn: psycopg.Connection) -> Counter[str]:
    """How often this transaction has read each growing table from end to end.

    The months ahead of the audit log are empty, and read as such.
    """
    rows = conn.execute(
        "select schemaname || '.' || relname, seq_scan from pg_catalog.pg_stat_xact_all_tables"
        " where pg_relation_size(relid) > 0"
    ).fetchall()
    return Counter(
        {table: scans for name, scans in rows if (table := table_of(name)) in GROWING and scans}
    )


@pytest.fixture
def cast(crowd: psycopg.Connection) -> dict[str, UUID]:
    """A session of each kind, with its host and one of its students, and some more."""
    people: dict[str, UUID] = {
        "manager": MANAGER,
        "superadmin": SUPERADMIN,
        "student": STUDENT,
        "offer": one("offer of 27, batch 0, 1"),
    }
    crowd.execute(
        "update public.booking_offers set link = 'https://x.test/1' where id = %(offer)s", people
    )
    for name, which in (
        (
            "upcoming",
            "session.status = 'upcoming' and session.batch_id is not null and exists ("
            " select from public.session_participants where session_id = session.id"
            ")",
        ),
        ("live", "session.status = 'live'"),
        ("over", "session.status = 'completed'"),
    ):
        query = """
            select session.id, session.mentor_id, learner.user_id
            from (
                select * from public.success_sessions as session where {}
                order by start_time desc
                limit 1
            ) as session
            cross join lateral private.session_learners(session) as learner
            limit 1
        """
        row = crowd.execute(query.format(which).encode()).fetchone()
        assert row is not None, f"nobody is in a session that is {name}"
        people |= zip((name, f"{name}_host", f"{name}_learner"), row, strict=True)
    people["over_attendee"] = people["over_learner"]
    crowd.execute(
        "insert into public.session_attendance (session_id, student_id, status, source)"
        " values (%(over)s, %(over_attendee)s, 'present', 'manual')"
        " on conflict on constraint session_attendance_pkey do update set status = 'present'",
        people,
    )
    crowd.execute(
        "delete from public.session_ratings"
        " where session_id = %(over)s and student_id = %(over_attendee)s",
        people,
    )
    row = crowd.execute(
        """
        select
            session.id,
            max(registration.student_id::text) filter (where registration.status = 'registered'),
            max(registration.student_id::text) filter (where registration.status = 'waitlisted'),
            (
                select max(learner.user_id::text)
                from private.session_learners(session) as learner
                where learner.user_id not in (
                    select student_id from public.session_registrations
                    where session_id = session.id
                )
            )
        from public.success_sessions as session
        inner join public.session_registrations as registration
            on session.id = registration.session_id
        where session.registration_required
        group by session.id
        order by session.start_time desc
        limit 1
        """
    ).fetchone()
    assert row is not None
    people |= zip(
        ("full", "registered", "waiting", "seatless"), map(UUID, map(str, row)), strict=True
    )
    return people


REQUESTS: dict[str, tuple[str, str]] = {
    "read the calendar": (
        "live_learner",
        "select from public.segmented_weekly_success_sessions"
        " where start_time between now() and now() + interval '28 days'",
    ),
    "join": ("live_learner", "select public.join_session(%(live)s)"),
    "leave": (
        "live_learner",
        "select public.join_session(%(live)s); select public.leave_session(%(live)s)",
    ),
    "read the calendar with its seats": (
        "registered",
        "select registration_status, seats_left, waitlist_position, can_join"
        " from public.segmented_weekly_success_sessions"
        " where start_time between now() and now() + interval '400 days'",
    ),
    "register": ("seatless", "select public.register_for_session(%(full)s)"),
    "register once more": ("registered", "select public.register_for_session(%(full)s)"),
    "give back a seat, which is passed on": (
        "registered",
        "select public.cancel_registration(%(full)s)",
    ),
    "leave the waitlist": ("waiting", "select public.cancel_registration(%(full)s)"),
    "add seats, which are given out": (
        "manager",
        "update public.success_sessions set capacity = 4 where id = %(full)s",
    ),
    "move a session with a waitlist to another audience": (
        "manager",
        "update public.success_sessions set course_id = null, batch_id = null where id = %(full)s",
    ),
    "make a calendar feed": ("live_learner", "select public.create_calendar_feed()"),
    "read somebody's calendar feed": (
        "live_learner",
        "select public.calendar_feed('token of student 7')",
    ),
    "read the feed of a course as a manager": (
        "manager",
        "select public.calendar_feed(public.create_calendar_feed("
        "course_id => (select id from public.courses limit 1)))",
    ),
    "read the calendar feed of a mentor": (
        "live_host",
        "select public.calendar_feed(public.create_calendar_feed())",
    ),
    "revoke a calendar feed": (
        "live_learner",
        "select public.create_calendar_feed();"
        " select public.revoke_calendar_feed(id) from public.calendar_feeds",
    ),
    "read a session as a file": ("live_learner", "select public.session_ics(%(live)s)"),
    "read one's participation of a year": (
        "live_learner",
        "select public.student_participation(current_date - 365, current_date, grain => 'month')",
    ),
    "read what one's sessions came to": (
        "live_host",
        "select public.attendance_report(current_date - 180, current_date, grain => 'week');"
        " select public.mentor_performance(current_date - 180, current_date);"
        " select public.session_effectiveness(current_date - 180, current_date)",
    ),
    "read the participation of a mentor's students": (
        "live_host",
        "select public.student_participation(current_date - 180, current_date)",
    ),
    "read a week's reports of everybody": (
        "manager",
        "select public.attendance_report(current_date - 7, current_date);"
        " select public.mentor_performance(current_date - 7, current_date);"
        " select public.session_effectiveness(current_date - 7, current_date);"
        " select public.student_participation(current_date - 7, current_date)",
    ),
    "rate a session": ("over_attendee", "select public.rate_session(%(over)s, 5)"),
    "list one's recordings": ("live_learner", "select * from public.session_recordings"),
    "open a recording": (
        "over_learner",
        "select public.open_recording(id) from public.session_recordings"
        " where session_id = %(over)s",
    ),
    "publish a recording": (
        "live_host",
        "insert into public.session_recordings (session_id, url, is_published, notify)"
        " values (%(live)s, 'https://video.example.test/1', true, true)",
    ),
    "read the roster": ("live_host", "select public.session_roster(%(live)s)"),
    "mark somebody": (
        "live_host",
        "select public.mark_attendance(%(live)s, %(live_learner)s, 'present', 'x');"
        " select public.mark_attendance(%(live)s, %(live_learner)s, null)",
    ),
    "import attendance": (
        "live_host",
        """
        select public.import_attendance(%(live)s, jsonb_build_array(
            jsonb_build_object('student_id', %(live_learner)s::text, 'status', 'late'),
            jsonb_build_object('email', 'student7@example.test', 'status', 'late')
        ))
        """,
    ),
    "ask to be excused, and be excused": (
        "upcoming_learner",
        "select public.request_excuse(%(upcoming)s, 'Ill');"
        " select public.withdraw_excuse(%(upcoming)s)",
    ),
    "check in": (
        "live_learner",
        "select public.check_in(%(live)s, '123456')",
    ),
    "show the check-in code": ("live_host", "select public.show_check_in_code(%(live)s)"),
    "report that the link has failed": (
        "live_host",
        "update public.success_sessions set backup_link = 'https://x.test/1' where id = %(live)s;"
        " select public.report_link_failure(%(live)s, 'Zoom is down');"
        " select public.withdraw_link_failure(%(live)s)",
    ),
    "review a session's queue": ("live_host", "select public.unmatched_participants(%(live)s)"),
    "review one's queue": ("live_host", "select public.unmatched_participants()"),
    "link a participant": (
        "live_host",
        "select public.link_participant(participant_id, %(live_learner)s)"
        " from public.unmatched_participants(%(live)s) limit 1",
    ),
    "read credentials": ("live_host", "select public.session_credentials(%(live)s)"),
    "create a session": (
        "manager",
        """
        insert into public.success_sessions (
            title, link, zoom_passcode, start_time, course_id, batch_id, mentor_id
        )
        select
            'New', 'https://zoom.us/j/1?pwd=x', 'x', now() + interval '3 years',
            course_id, batch_id, mentor_id
        from public.success_sessions where id = %(upcoming)s
        """,
    ),
    "create one's own session": (
        "upcoming_host",
        """
        insert into public.success_sessions (title, link, start_time, mentor_id)
        values ('New', 'https://meet.example.test/1', now() + interval '3 years', auth.uid())
        """,
    ),
    "save a session again, as an upsert": (
        "upcoming_host",
        """
        insert into public.success_sessions (id, title, link, start_time, mentor_id)
        values (%(upcoming)s, 'New', 'https://zoom.us/j/1', now() + interval '3 years', auth.uid())
        on conflict (id) do update set title = excluded.title, link = excluded.link
        """,
    ),
    "reschedule a session": (
        "upcoming_host",
        """
        update public.success_sessions
        set start_time = start_time + interval '3 years', end_time = end_time + interval '3 years'
        where id = %(upcoming)s
        """,
    ),
    "change the passcode": (
        "upcoming_host",
        "update public.success_sessions set zoom_passcode = 'new' where id = %(upcoming)s",
    ),
    "assign another mentor": (
        "manager",
        """
        update public.success_sessions
        set mentor_id = %(live_host)s, start_time = start_time + interval '3 years',
            end_time = end_time + interval '3 years'
        where id = %(upcoming)s
        """,
    ),
    "move a session to another audience": (
        "manager",
        "update public.success_sessions set batch_id = null where id = %(upcoming)s",
    ),
    "cancel a session": (
        "upcoming_host",
        "update public.success_sessions set status = 'cancelled', cancel_reason = 'ill'"
        " where id = %(upcoming)s",
    ),
    "end a session": (
        "live_host",
        "update public.success_sessions set status = 'completed' where id = %(live)s",
    ),
    "delete a session": (
        "superadmin",
        "delete from public.success_sessions where id = %(over)s",
    ),
    "invite somebody": (
        "upcoming_host",
        "insert into public.session_participants (session_id, user_id)"
        " values (%(upcoming)s, %(manager)s)",
    ),
    "uninvite everybody": (
        "upcoming_host",
        "delete from public.session_participants where session_id = %(upcoming)s",
    ),
    "publish an offer": (
        "upcoming_host",
        """
        insert into public.booking_offers (title, audience, start_time, link)
        values ('New', 'everybody', now(), 'https://meet.example.test/1')
        """,
    ),
    "change an offer": (
        "manager",
        "update public.booking_offers set zoom_passcode = 'new' where id = %(offer)s",
    ),
    "look for slots": ("student", "select from public.bookable_slots()"),
    "look for an offer's slots": ("student", "select from public.bookable_slots(%(offer)s)"),
    "book, move and cancel a slot": (
        "student",
        """
        select public.book_slot(%(offer)s, (
            select start_time from public.bookable_slots(%(offer)s) offset 1 limit 1
        ));
        select public.move_booking(session_id, (
            select start_time from public.bookable_slots(session_id => booking.session_id)
            offset 5 limit 1
        ))
        from public.session_bookings as booking where offer_id = %(offer)s;
        select public.cancel_booking(
            (select session_id from public.session_bookings where offer_id = %(offer)s), 'ill'
        )
        """,
    ),
    "create, edit and call off a series": (
        "manager",
        """
        select public.create_recurring_session(
            jsonb_build_object(
                'title', 'Term', 'link', 'https://x.test/1', 'mentor_id', %(upcoming_host)s::text,
                'zoom_passcode', '4711', 'start_time', now() + interval '1 day'
            ),
            '{"pattern": "weekly", "count": 9, "on_clash": "skip"}'
        );
        select public.update_session_series(
            (
                select id from public.success_sessions
                where mentor_id = %(upcoming_host)s and title = 'Term'
                order by start_time offset 1 limit 1
            ),
            'following',
            '{"title": "Term II", "recurrence": {"pattern": "biweekly"}, "on_clash": "skip"}'
        );
        select public.cancel_session(
            (
                select id from public.success_sessions
                where mentor_id = %(upcoming_host)s and title = 'Term II'
                order by start_time limit 1
            ),
            null,
            'all'
        )
        """,
    ),
    "list the sessions in a blackout": (
        "manager",
        """
        insert into public.blackout_dates (name, first_date, last_date)
        values ('Break', current_date, current_date + 20);
        select from public.blackout_clashes
        """,
    ),
    "enroll somebody": (
        "manager",
        "insert into public.course_enrollments (student_id, course_id)"
        " select %(manager)s, id from public.courses limit 1",
    ),
    "pause somebody": (
        "manager",
        "update public.course_enrollments set status = 'paused'"
        " where student_id = %(upcoming_learner)s",
    ),
    "withdraw somebody who has a seat": (
        "manager",
        "update public.course_enrollments set status = 'withdrawn'"
        " where student_id = %(registered)s",
    ),
    "export one's data": ("live_learner", "select public.export_user_data(auth.uid())"),
    "export a mentor's data": (
        "superadmin",
        "select public.export_user_data(%(upcoming_host)s)",
    ),
    "erase somebody who has a seat": (
        "superadmin",
        "select public.erase_user(%(registered)s)",
    ),
    "change one's time zone": (
        "live_learner",
        "update public.profiles set timezone = 'UTC' where id = auth.uid()",
    ),
    "grant a role": (
        "superadmin",
        "insert into public.user_roles (user_id, role) values (%(live_learner)s, 'mentor')",
    ),
    "revoke a role": (
        "superadmin",
        "delete from public.user_roles where user_id = %(live_host)s",
    ),
}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_no_request_reads_a_growing_table_whole(
    crowd: psycopg.Connection, cast: dict[str, UUID], request_name: str
) -> None:
    who, statements = REQUESTS[request_name]
    before = scanned(crowd)
    with as_user(crowd, cast[who]):
        for statement in statements.split(";"):
            assert crowd.execute(statement.encode(), cast).rowcount != 0
        crowd.execute("set constraints all immediate")
    assert scanned(crowd) - before == Counter()


SYSTEM: dict[str, str] = {
    "the clock ticks": "select notifier.tick()",
    "the notifier asks when to wake": "select notifier.next_wake()",
    "an event is expanded": "select notifier.expand_events()",
    "mail is claimed": "select notifier.claim_emails("
    "'me', 100, '1 min', 'Live <live@example.test>', 'https://app.example.test')",
    "a platform is told what there is to do": "select public.claim_meeting_tasks()",
    "the notifier asks when a platform is to be told": "select notifier.meetings_due_at()",
    "a person's own link is looked up": "select public.personal_link(%(over)s, %(over_learner)s)",
    "attendance becomes final": "select private.finalize_attendance(%(over)s)",
    "a platform tells who came": "select public.record_presence('zoom', 'e1', '999999999', 'join',"
    " clock_timestamp(), participant_email => 'student7@example.test');"
    " select public.record_presence('zoom', 'e2', '999999999', 'join', clock_timestamp(),"
    " participant_key => 'registrant 7', participant_name => 'Somebody');"
    " select public.end_meeting('zoom', 'e3', '999999999', clock_timestamp())",
    "a platform reports": "select public.reconcile_presence('zoom', 'r1', '999999999',"
    " clock_timestamp() - interval '1 hour', clock_timestamp(), jsonb_build_array("
    "jsonb_build_object('joined_at', clock_timestamp() - interval '1 minute',"
    " 'left_at', clock_timestamp(), 'participant_key', %(live_learner)s::text)))",
    "a platform has recorded": "select public.add_recording('zoom', 'f1', '999999999',"
    " clock_timestamp(), 'https://zoom.us/rec/1', is_published => true, notify => true);"
    " select notifier.tick()",
    "names of the queue are forgotten": "update public.app_settings"
    " set unmatched_retention_days = 1 where id; select private.forget_participants()",
    "reminders are due": "update notifier.reminder_clock set reached = clock_timestamp()"
    " where minutes = 1440; select notifier.write_reminders(clock_timestamp());"
    " select notifier.expand_events()",
    "weekly summaries are due": "select notifier.write_weekly_summaries(clock_timestamp())",
    "a session's absentees are warned": "update public.session_attendance set status = 'absent'"
    " where session_id = %(over)s; with written as ("
    " insert into notifier.events (session_id, new)"
    " select id, notifier.session_snapshot(session) from public.success_sessions as session"
    " where id = %(over)s returning *"
    ") select notifier.warn_of_attendance(written) from written as written",
    "the weekly report is mailed": "select notifier.claim_report_mail("
    "current_date - 7, current_date - 1, '1 min');"
    " select notifier.held_report_mails(current_date - 7, current_date - 1)",
    "what is old is forgotten": "select notifier.purge('1 month', 1000)",
    "what is old is forgotten by the clock": "update public.app_settings"
    " set outbox_retention_months = 1 where id; select notifier.tick()",
    "attendance is summed up": "select private.attendance_summary(%(over)s)",
    "a user is deleted": "delete from auth.users where id = %(upcoming_learner)s",
    "a user who has a seat is deleted": "delete from auth.users where id = %(registered)s",
    "a user signs up": "insert into auth.users (id, email)"
    " values (gen_random_uuid(), 'new@example.test')",
    "a batch is deleted": "with batch as ("
    " insert into public.batches (course_id, name) select id, 'New' from public.courses limit 1"
    " returning id"
    ") delete from public.batches where id = (select id from batch)",
}


@pytest.mark.parametrize("what", SYSTEM)
def test_no_growing_table_is_read_whole_when(
    crowd: psycopg.Connection, cast: dict[str, UUID], what: str
) -> None:
    # Something to expand, to claim and to end.
    crowd.execute(
        "update public.success_sessions set title = 'Renamed' where id in (%s, %s)",
        (cast["upcoming"], cast["live"]),
    )
    if what == "mail is claimed":
        crowd.execute("select notifier.expand_events()")
    crowd.execute(
        "update public.success_sessions set zoom_meeting_id = '999999999' where id = %(live)s", cast
    )
    before = scanned(crowd)
    for statement in SYSTEM[what].split(";"):
        crowd.execute(statement.encode(), cast)
    assert scanned(crowd) - before == Counter()


def test_reading_a_table_whole_is_counted(crowd: psycopg.Connection) -> None:
    """The control."""
    before = scanned(crowd)
    crowd.execute("select from public.success_sessions where title = 'Session 1'")
    assert scanned(crowd) - before == {"public.success_sessions": 1}


def test_an_unknown_session_is_looked_for_by_index(crowd: psycopg.Connection) -> None:
    before = scanned(crowd)
    with as_user(crowd, STUDENT), pytest.raises(psycopg.Error, match="unknown or not visible"):
        crowd.execute("select public.join_session(gen_random_uuid())")
    assert scanned(crowd) - before == Counter()


def test_the_calendar_looks_up_the_time_zone_once_and_the_clock_once_a_row(
    crowd: psycopg.Connection,
) -> None:
    """Both calls were copied to every place that reads the result: eleven look-ups a row."""
    crowd.execute(
        """
        create or replace function private.my_timezone() returns text
        language plpgsql stable set search_path = pg_catalog, pg_temp as $$
        begin
            raise notice 'zone';
            return 'UTC';
        end
        $$;
        create or replace function private.effective_session_status(
            status public.session_status, start_time timestamptz, end_time timestamptz
        ) returns public.session_status
        language plpgsql stable set search_path = pg_catalog, pg_temp as $$
        begin
            raise notice 'clock';
            return status;
        end
        $$;
        """
    )
    calls: Counter[str | None] = Counter()
    crowd.add_notice_handler(lambda diagnostic: calls.update([diagnostic.message_primary]))
    with as_user(crowd, STUDENT):
        rows = crowd.execute("select * from public.segmented_weekly_success_sessions").rowcount
    assert rows > 1
    assert calls == {"zone": 1, "clock": rows}
