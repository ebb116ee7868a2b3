"""What a session must be like: each rule refuses in words that name the field and the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.actors import as_user
from support.sessions import LINK, create, read, refusal, save, tomorrow
from support.world import World

START = tomorrow()
MEETING_LINK = "https://zoom.us/j/"
NOISE = Random(1).randbytes(2000).hex()
"""Does not become shorter in an index. The same in every process: it is in the names of tests."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A check constraint and what it says.

    Attributes:
        constraint: Its name without the table's.
        message: The error's message.
        hint: The error's hint.
        broken_by: Columns that break it and nothing else.
        kept_by: Columns just inside of it.
    """

    constraint: str
    message: str
    hint: str
    broken_by: tuple[dict[str, Any], ...]
    kept_by: tuple[dict[str, Any], ...]


RULES = (
    Rule(
        "title_not_blank",
        "title must be one line of 1 to 200 characters",
        "Give the session a title that is not blank.",
        ({"title": ""}, {"title": "   "}, {"title": "x" * 201}, {"title": "two\nlines"}),
        ({"title": "x"}, {"title": "ü" * 200}),
    ),
    Rule(
        "description_length",
        "description must be at most 10,000 characters",
        "Shorten the description.",
        ({"description": "x" * 10_001},),
        ({"description": "x" * 10_000}, {"description": None}),
    ),
    Rule(
        "batch_id_needs_course",
        "batch_id needs a course_id",
        "Send the course the batch belongs to, or leave both out.",
        ({"course_id": None, "batch_id": UUID(int=1)},),
        ({"course_id": None, "batch_id": None},),
    ),
    Rule(
        "start_time_range",
        "start_time must be in the years 2000 to 2199",
        "Check the year; send an instant such as 2027-03-01T18:00:00+01:00.",
        (
            {"start_time": "1999-12-31T23:59:59Z", "end_time": "2000-01-01T00:59:59Z"},
            {"start_time": "2200-01-01T00:00:00Z", "end_time": "2200-01-01T01:00:00Z"},
            {"start_time": "20270-01-01T18:00:00Z", "end_time": "20270-01-01T19:00:00Z"},
            {"start_time": "0001-01-01T18:00:00Z BC", "end_time": "0001-01-01T19:00:00Z BC"},
        ),
        (
            {
                "start_time": datetime(2000, 1, 1, tzinfo=UTC),
                "end_time": datetime(2000, 1, 1, 1, tzinfo=UTC),
            },
            {
                "start_time": datetime(2199, 12, 31, 23, tzinfo=UTC),
                "end_time": datetime(2200, 1, 1, tzinfo=UTC),
            },
        ),
    ),
    Rule(
        "reminder_minutes_known",
        "reminder_minutes must be some of 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320"
        " and 10080",
        "Send the minutes before the start at which reminders go out, [] for none, or null for the"
        " platform's.",
        ({"reminder_minutes": [7]}, {"reminder_minutes": [60, 0]}),
        ({"reminder_minutes": []}, {"reminder_minutes": [10080, 5]}),
    ),
    Rule(
        "end_time_after_start",
        "end_time must be after start_time",
        "Send an end_time after start_time, or leave it out on creation for 60 minutes.",
        (
            {"start_time": START, "end_time": START},
            {"start_time": START, "end_time": START - timedelta(hours=1)},
        ),
        ({"start_time": START, "end_time": START + timedelta(microseconds=1)},),
    ),
    Rule(
        "end_time_within_a_day",
        "end_time must be at most 24 hours after start_time",
        "Shorten the session or split it.",
        ({"start_time": START, "end_time": START + timedelta(hours=24, microseconds=1)},),
        ({"start_time": START, "end_time": START + timedelta(hours=24)},),
    ),
    Rule(
        "link_is_http",
        "link must be an http(s) address without spaces",
        "Send the meeting's address, such as https://zoom.us/j/123456789.",
        (
            {"link": ""},
            {"link": "javascript:alert(1)"},
            {"link": "JavaScript://zoom.us/%0aalert(1)"},
            {"link": "data:text/html,<script>alert(1)</script>"},
            {"link": "ftp://zoom.us/j/1"},
            {"link": "//zoom.us/j/1"},
            {"link": "zoom.us/j/1"},
            {"link": "https://"},
            {"link": "https:///j/1"},
            {"link": "https://?pwd=1"},
            {"link": " https://zoom.us/j/1"},
            {"link": "https://zoom.us/j/1 2"},
            {"link": "https://zoom.us/j/1\nhttps://zoom.us/j/2"},
            {"link": "https://zoom.us:99999/j/1"},
            {"link": "https://zoom.us:65536?pwd=1"},
            {"link": "https://host:0"},
            {"link": "https://me:1@[2001:db8::1]:http/j/1"},
            {"link": MEETING_LINK + "1" * (2001 - len(MEETING_LINK))},
        ),
        (
            {"link": "http://localhost:3000/room"},
            {"link": "HTTPS://Zoom.us/j/1"},
            {"link": "https://me:99999@zoom.us:65535/j:0/1"},
            {"link": "https://[2001:db8::99999]:1/"},
            {"link": "https://zoom.us:/j/1"},
            {"link": "https://teams.example/l/meetup-join/19%3ameeting?context=%7b%22Tid%22%7d#a"},
            {"link": MEETING_LINK + "1" * (2000 - len(MEETING_LINK))},
        ),
    ),
    Rule(
        "backup_link_is_http",
        "backup_link must be an http(s) address without spaces",
        "Send the backup meeting's address, or null for none.",
        (
            {"backup_link": "javascript:alert(1)"},
            {"backup_link": ""},
            {"backup_link": "a b"},
            {"backup_link": "https://meet.example:99999/x"},
        ),
        ({"backup_link": "https://meet.example/x"}, {"backup_link": None}),
    ),
    Rule(
        "zoom_meeting_id_format",
        "zoom_meeting_id must be 9 to 11 digits",
        "Send the meeting's number as Zoom shows it, such as 123 456 789.",
        (
            {"zoom_meeting_id": ""},
            {"zoom_meeting_id": "12345678"},
            {"zoom_meeting_id": "123456789012"},
            {"zoom_meeting_id": "         "},
            {"zoom_meeting_id": "123-456-78"},
            {"zoom_meeting_id": "12345678a"},
        ),
        (
            {"zoom_meeting_id": "123456789"},
            {"zoom_meeting_id": "12345678901"},
            {"zoom_meeting_id": "123 4567 8901"},
            {"zoom_meeting_id": "123-456-789"},
            {"zoom_meeting_id": None},
        ),
    ),
    Rule(
        "platform_data_is_object",
        "platform_data must be a JSON object",
        "Send an object of platform-specific fields, or leave it out.",
        (
            {"platform_data": Jsonb([])},
            {"platform_data": Jsonb("x")},
            {"platform_data": Jsonb(None)},
        ),
        ({"platform_data": Jsonb({})}, {"platform_data": Jsonb({"room": "A"})}),
    ),
    Rule(
        "platform_data_length",
        "platform_data must be at most 10,000 characters, and its meeting_id at most 500",
        "Send only the fields that the platform needs.",
        (
            {"platform_data": Jsonb({"a": "x" * (10_001 - len('{"a": ""}'))})},
            # Too long for the index, and too many for the audit log.
            {"platform_data": Jsonb({"meeting_id": NOISE})},
            {"platform_data": Jsonb({f"k{number}": number for number in range(2_000)})},
        ),
        (
            {"platform_data": Jsonb({"a": "x" * (10_000 - len('{"a": ""}'))})},
            {"platform_data": Jsonb({"meeting_id": NOISE[:500]})},
        ),
    ),
    Rule(
        "capacity_positive",
        "capacity must be at least 1",
        "Send the number of seats, or null for no limit.",
        (
            {"capacity": 0, "registration_required": True},
            {"capacity": -1, "registration_required": True},
        ),
        (
            {"capacity": 1, "registration_required": True},
            {"capacity": None, "registration_required": True},
        ),
    ),
    Rule(
        "capacity_needs_registration",
        "capacity needs registration_required",
        "Seats are counted by registration: send registration_required true, or capacity null.",
        ({"capacity": 10}, {"capacity": 10, "registration_required": False}),
        ({"capacity": None, "registration_required": False},),
    ),
    Rule(
        "registration_closes_at_needs_registration",
        "registration_closes_at needs registration_required",
        "Send registration_required true, or registration_closes_at null.",
        ({"registration_closes_at": START},),
        (
            {"registration_closes_at": START, "registration_required": True},
            {"registration_closes_at": None, "registration_required": False},
        ),
    ),
    Rule(
        "registration_closes_at_range",
        "registration_closes_at must be in the years 2000 to 2199",
        "Check the year; send an instant such as 2027-03-01T18:00:00+01:00.",
        (
            {"registration_closes_at": "1999-12-31T23:59:59Z", "registration_required": True},
            {"registration_closes_at": "infinity", "registration_required": True},
            {"registration_closes_at": "-infinity", "registration_required": True},
        ),
        # After the start is as good as none: a session that is moved must not need another.
        (
            {
                "registration_closes_at": START + timedelta(days=9),
                "registration_required": True,
            },
        ),
    ),
    Rule(
        "cancel_reason_when_cancelled",
        "cancel_reason belongs to cancelled sessions only",
        "Send status cancelled with it, or leave it out.",
        ({"cancel_reason": "Ill"},),
        ({"cancel_reason": "Ill", "status": "cancelled"}, {"cancel_reason": None}),
    ),
    Rule(
        "cancel_reason_length",
        "cancel_reason must be at most 1,000 characters",
        "Shorten the reason.",
        ({"cancel_reason": "x" * 1001, "status": "cancelled"},),
        ({"cancel_reason": "x" * 1000, "status": "cancelled"},),
    ),
)

BROKEN = [(rule, columns) for rule in RULES for columns in rule.broken_by]
KEPT = [columns for rule in RULES for columns in rule.kept_by]


def said(value: object) -> str:
    """A short test id."""
    if isinstance(value, Rule):
        return value.constraint
    return repr(value)[:60]


@pytest.mark.parametrize(("rule", "columns"), BROKEN, ids=said)
def test_a_broken_rule_is_refused_in_words(
    conn: psycopg.Connection, world: World, rule: Rule, columns: dict[str, Any]
) -> None:
    existing = world.session(starts=START - timedelta(days=1))
    with as_user(conn, world.admin()):
        with refusal(conn, "22023") as on_insert:
            create(conn, **columns)
        with refusal(conn, "22023") as on_update:
            save(conn, existing, **columns)

    for refused in (on_insert, on_update):
        assert refused.message == rule.message
        assert refused.detail == f"constraint success_sessions_{rule.constraint}"
        assert refused.hint == rule.hint


@pytest.mark.parametrize("columns", KEPT, ids=said)
def test_what_is_just_inside_a_rule_is_taken_as_sent(
    conn: psycopg.Connection, world: World, columns: dict[str, Any]
) -> None:
    existing = world.session(starts=START - timedelta(days=1))
    with as_user(conn, world.admin()):
        created = create(conn, **columns)
        saved = save(conn, existing, **columns)

    for row in (created, saved):
        for name, value in columns.items():
            assert row[name] == (value.obj if isinstance(value, Jsonb) else value)


def test_every_check_constraint_is_in_the_list_above(conn: psycopg.Connection) -> None:
    names = conn.execute(
        """
        select conname
        from pg_catalog.pg_constraint
        where conrelid = 'public.success_sessions'::regclass and contype = 'c'
        """
    ).fetchall()

    # About columns that no client may write, and some before which a trigger or function speaks.
    internal = {
        "success_sessions_series_id_with_recurrence_id",
        "success_sessions_link_unless_account_makes_it",
        "success_sessions_link_failed_at_needs_backup_link",
        "success_sessions_link_failure_note_length",
    }
    listed = {f"success_sessions_{rule.constraint}" for rule in RULES}
    assert {name for (name,) in names} == listed | internal


def test_a_session_without_an_end_lasts_60_minutes(conn: psycopg.Connection, world: World) -> None:
    with as_user(conn, world.admin()):
        without = create(conn, start_time=START)
        with_null = create(conn, start_time=START, end_time=None)

    assert without["end_time"] == with_null["end_time"] == START + timedelta(minutes=60)


def test_the_default_end_is_for_creation_only(conn: psycopg.Connection, world: World) -> None:
    session = world.session()
    with as_user(conn, world.admin()), refusal(conn, "23502") as refused:
        save(conn, session, end_time=None)

    assert refused.message is not None
    assert '"end_time"' in refused.message


def test_the_defaults_are_those_of_the_documentation(
    conn: psycopg.Connection, world: World
) -> None:
    admin = world.admin()
    with as_user(conn, admin):
        row = create(conn, start_time=START)

    assert row["status"] == "upcoming"
    assert row["session_type"] == "success_session"
    assert row["timezone"] == "UTC"
    assert row["sequence"] == 0
    assert row["created_by"] == admin
    empty = (
        "mentor_id",
        "course_id",
        "batch_id",
        "zoom_meeting_id",
        "zoom_passcode",
        "backup_link",
    )
    assert [row[name] for name in empty] == [None] * len(empty)


@pytest.mark.parametrize(
    "name",
    [
        "title",
        "start_time",
        "session_type",
        "status",
        "timezone",
        "platform",
        "platform_data",
    ],
)
def test_what_is_required_is_asked_for_by_name(
    conn: psycopg.Connection, world: World, name: str
) -> None:
    with as_user(conn, world.admin()), refusal(conn, "23502") as refused:
        create(conn, **{name: None})

    assert refused.message == f"{name} must not be null"
    assert refused.hint == "Send a value, or leave the field out where it has a default."


@pytest.mark.parametrize(
    ("name", "value", "type_name"),
    [
        ("status", "postponed", "session_status"),
        ("status", "UPCOMING", "session_status"),
        ("session_type", "webinar", "session_type"),
    ],
)
def test_an_unknown_value_of_an_enum_is_refused_by_name(
    conn: psycopg.Connection, world: World, name: str, value: str, type_name: str
) -> None:
    with as_user(conn, world.admin()), refusal(conn, "22P02") as refused:
        create(conn, **{name: value})

    assert refused.message == f'invalid input value for enum {type_name}: "{value}"'


@pytest.mark.parametrize(
    "zone",
    [
        "Mars/Olympus_Mons",
        "europe/berlin",
        "Europe/Berlin ",
        "CEST",
        "EST5EDT",
        "EST5EDT,M3.2.0,M11.1.0",
        "+02:00",
        "<+02>-2",
        "posix/Europe/Berlin",
        "Berlin",
        "",
    ],
)
def test_a_zone_is_spelled_as_iana_spells_it(
    conn: psycopg.Connection, world: World, zone: str
) -> None:
    existing = world.session()
    with as_user(conn, world.admin()):
        with refusal(conn, "22023") as on_insert:
            create(conn, timezone=zone)
        with refusal(conn, "22023") as on_update:
            save(conn, existing, timezone=zone)

    for refused in (on_insert, on_update):
        assert refused.message == f"timezone '{zone}' is not an IANA time zone"
        assert refused.hint == "Send a name such as Europe/Berlin, Asia/Kolkata or UTC."


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires"]
)
def test_iana_zones_are_taken(conn: psycopg.Connection, world: World, zone: str) -> None:
    with as_user(conn, world.admin()):
        assert create(conn, timezone=zone)["timezone"] == zone


def test_a_long_wrong_zone_is_not_echoed_in_full(conn: psycopg.Connection, world: World) -> None:
    with as_user(conn, world.admin()), refusal(conn, "22023") as refused:
        create(conn, timezone="x" * 100_000)

    assert refused.message == f"timezone '{'x' * 60}' is not an IANA time zone"


@pytest.mark.parametrize("platform", ["webex", "Zoom", ""])
def test_an_unknown_platform_is_refused(
    conn: psycopg.Connection, world: World, platform: str
) -> None:
    with as_user(conn, world.admin()), refusal(conn, "22023") as refused:
        create(conn, platform=platform)

    assert refused.message == f"platform '{platform}' is not an active meeting platform"
    assert refused.hint == "Send the id of an active row of meeting_platforms."


def test_an_inactive_platform_takes_no_new_sessions_but_keeps_its_own(
    conn: psycopg.Connection, world: World
) -> None:
    on_jitsi, on_zoom = world.session(platform="jitsi"), world.session(platform="zoom")
    conn.execute("update public.meeting_platforms set is_active = false where id = 'jitsi'")

    with as_user(conn, world.admin()):
        with refusal(conn, "22023") as on_insert:
            create(conn, platform="jitsi")
        with refusal(conn, "22023") as on_update:
            save(conn, on_zoom, platform="jitsi")
        saved = save(conn, on_jitsi, platform="jitsi", title="Still on Jitsi")

    assert on_insert.message == on_update.message
    assert on_insert.message == "platform 'jitsi' is not an active meeting platform"
    assert (saved["platform"], saved["title"]) == ("jitsi", "Still on Jitsi")


def test_an_unknown_course_is_refused(conn: psycopg.Connection, world: World) -> None:
    nowhere = uuid4()
    with as_user(conn, world.admin()), refusal(conn, "22023") as refused:
        create(conn, course_id=nowhere)

    assert refused.message == f"course_id {nowhere} is unknown"
    assert refused.hint == "Send the id of a course."


def test_a_batch_of_another_course_is_refused(conn: psycopg.Connection, world: World) -> None:
    course, elsewhere = world.course(), world.batch()
    existing = world.session(course=course)

    with as_user(conn, world.admin()):
        with refusal(conn, "22023") as on_insert:
            create(conn, course_id=course, batch_id=elsewhere)
        with refusal(conn, "22023") as on_update:
            save(conn, existing, batch_id=elsewhere)

    for refused in (on_insert, on_update):
        assert refused.message == f"batch_id {elsewhere} is not a batch of course_id {course}"
        assert refused.hint == (
            "Send a batch of that course, or no batch_id for its unbatched students."
        )


def test_moving_to_another_course_needs_a_batch_of_that_course(
    conn: psycopg.Connection, world: World
) -> None:
    batch, course = world.batch(), world.course()
    session = world.session(batch=batch)
    other_batch = world.batch(course=course)

    with as_user(conn, world.admin()):
        with refusal(conn, "22023") as refused:
            save(conn, session, course_id=course)
        moved = save(conn, session, course_id=course, batch_id=other_batch)

    assert refused.message == f"batch_id {batch} is not a batch of course_id {course}"
    assert (moved["course_id"], moved["batch_id"]) == (course, other_batch)


def mentor_refused(refused_id: UUID) -> str:
    return f"mentor_id {refused_id} is not a mentor"


@pytest.mark.parametrize("role", ["student", "enrollment_manager", "admin", "superadmin"])
def test_only_mentors_host(conn: psycopg.Connection, world: World, role: str) -> None:
    somebody = world.user("Somebody", role)
    existing = world.session()

    with as_user(conn, world.admin()):
        with refusal(conn, "22023") as on_insert:
            create(conn, mentor_id=somebody)
        with refusal(conn, "22023") as on_update:
            save(conn, existing, mentor_id=somebody)

    for refused in (on_insert, on_update):
        assert refused.message == mentor_refused(somebody)
        assert refused.hint == (
            "Choose a user with the role mentor; a superadmin grants roles in user_roles."
        )


def test_an_unknown_mentor_is_refused_as_one_who_is_none(
    conn: psycopg.Connection, world: World
) -> None:
    nobody = uuid4()
    with as_user(conn, world.admin()), refusal(conn, "22023") as refused:
        create(conn, mentor_id=nobody)

    assert refused.message == mentor_refused(nobody)


def test_an_admin_who_is_also_a_mentor_hosts(conn: psycopg.Connection, world: World) -> None:
    both = world.user("Both", "admin", "mentor")
    with as_user(conn, both):
        assert create(conn, mentor_id=both)["mentor_id"] == both


def test_a_session_outlives_its_mentors_role(conn: psycopg.Connection, world: World) -> None:
    mentor = world.mentor()
    session = world.session(mentor=mentor)
    conn.execute("delete from public.user_roles where user_id = %s", (mentor,))

    with as_user(conn, world.admin()):
        # A form sends all fields, the unchanged mentor too.
        saved = save(conn, session, title="New title", mentor_id=mentor)
        assert (saved["title"], saved["mentor_id"]) == ("New title", mentor)
        with refusal(conn, "22023") as refused:
            create(conn, mentor_id=mentor, start_time=START + timedelta(days=5))

    assert refused.message == mentor_refused(mentor)


def test_the_id_of_a_session_cannot_change(conn: psycopg.Connection, world: World) -> None:
    session = world.session()
    with as_user(conn, world.admin()), refusal(conn, "22023") as refused:
        save(conn, session, id=uuid4())

    assert refused.message == "id of a session cannot change"
    assert refused.hint == "Calendars know the session by it; create another session instead."
    assert read(conn, session)["id"] == session


def test_a_statement_of_many_sessions_stands_or_falls_as_one(
    conn: psycopg.Connection, world: World
) -> None:
    admin = world.admin()
    with as_user(conn, admin), refusal(conn, "22023"):
        conn.execute(
            """
            insert into public.success_sessions (title, start_time, link)
            values ('Fine', %(start)s, %(link)s), (' ', %(start)s, %(link)s)
            """,
            {"start": START, "link": LINK},
        )

    found = conn.execute(
        "select from public.success_sessions where created_by = %s", (admin,)
    ).fetchall()
    assert found == []


def test_the_session_of_an_unknown_series_is_refused_in_words(conn: psycopg.Connection) -> None:
    """Postgres' own refusal would print the row, and with it what is write-only."""
    with refusal(conn, "22023") as refused:
        create(conn, series_id=UUID(int=7), recurrence_id=START, zoom_passcode="secret-42")

    assert refused.message == f"series_id {UUID(int=7)} is unknown"
    assert refused.hint == "Send the id of a row of session_series."
    assert "secret-42" not in refused.everything
