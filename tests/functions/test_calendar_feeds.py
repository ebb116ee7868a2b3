"""Calendar feeds: who has the token reads what the owner may see now, as a calendar."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from devstack.databases import Database
from notifier.render import Renderer
from support.actors import as_anon, as_service, as_user
from support.icalendars import Reader, by_ical_js
from support.outbox import Outbox, change
from support.rush import at_once, started
from support.series import create as create_series
from support.sessions import refusal
from support.world import World

APP_URL = "https://app.example.test"


@pytest.fixture(autouse=True)
def _app(conn: psycopg.Connection) -> None:
    conn.execute("select notifier.set_app_url(%s)", (APP_URL,))


def scalar(conn: psycopg.Connection, query: Any, *arguments: Any) -> Any:
    row = conn.execute(query, arguments).fetchone()
    assert row is not None
    return row[0]


def create(
    world: World, owner: UUID, label: str | None = None, course_id: UUID | None = None
) -> str:
    with as_user(world.conn, owner):
        token = scalar(world.conn, "select public.create_calendar_feed(%s, %s)", label, course_id)
    return str(token)


def read(world: World, token: str | None) -> Reader:
    with as_anon(world.conn):
        return Reader(str(scalar(world.conn, "select public.calendar_feed(%s)", token)))


def summaries(world: World, token: str) -> list[str]:
    return [str(event["SUMMARY"]) for event in read(world, token).events]


def feed_id(world: World, owner: UUID) -> UUID:
    with as_user(world.conn, owner):
        return UUID(str(scalar(world.conn, "select id from public.calendar_feeds")))


# -- The token -------------------------------------------------------------------------------------


def test_a_token_is_random_and_nowhere_kept(world: World) -> None:
    sam = world.student("Sam")
    tokens = {create(world, sam) for _ in range(5)}
    assert len(tokens) == 5
    assert all(re.fullmatch(r"[0-9a-f]{64}", token) for token in tokens)
    kept = scalar(
        world.conn,
        """
        select concat(
            (select string_agg(feed::text, '') from public.calendar_feeds as feed),
            (select string_agg(held::text, '') from private.calendar_feed_tokens as held)
        )
        """,
    )
    assert len(kept) > 5 * 64
    assert not [token for token in tokens if token in kept]
    hashes = "select count(*) from private.calendar_feed_tokens where token_hash = sha256(%s)"
    assert [scalar(world.conn, hashes, token.encode()) for token in tokens] == [1] * 5


def test_every_character_of_a_token_counts(world: World) -> None:
    token = create(world, world.student("Sam"))
    read(world, token)
    others = [
        token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]
        for place in range(64)
    ]
    others += [token.upper(), token + " ", f" {token}", token[:-1], token + "0", "", "%", "'"]
    for wrong in others:
        with refusal(world.conn, "PT404") as refused:
            read(world, wrong)
        assert refused.message == "no calendar feed has this token"


def ending(what: str, world: World, owner: UUID) -> None:
    match what:
        case "revoked":
            with as_user(world.conn, owner):
                world.conn.execute(
                    "select public.revoke_calendar_feed(id) from public.calendar_feeds"
                )
        case "deleted with its owner":
            world.conn.execute("delete from auth.users where id = %s", (owner,))
        case "ended by an operator":
            with as_service(world.conn):
                world.conn.execute("delete from public.calendar_feeds where true")


@pytest.mark.parametrize("how", ["revoked", "deleted with its owner", "ended by an operator"])
def test_a_token_that_was_one_is_like_one_that_never_was(world: World, how: str) -> None:
    sam = world.student("Sam")
    token = create(world, sam)
    assert read(world, token).calendar["X-WR-CALNAME"] == "Live Sessions"
    ending(how, world, sam)

    answers = []
    for wrong in (token, "0" * 64, "nonsense", None):
        with refusal(world.conn, "PT404") as refused:
            read(world, wrong)
        answers.append(refused.everything)
    assert len(set(answers)) == 1
    assert token not in answers[0]
    assert scalar(world.conn, "select count(*) from private.calendar_feed_tokens") == 0


@pytest.mark.parametrize("column", ["banned_until", "deleted_at"])
def test_whoever_may_not_sign_in_reads_no_feed_until_they_may_again(
    world: World, column: str
) -> None:
    sam = world.student("Sam")
    token = create(world, sam)
    barred = f"update auth.users set {column} = %s where id = %s".encode()  # noqa: S608
    world.conn.execute(barred, (datetime.now(UTC) + timedelta(days=1), sam))
    with refusal(world.conn, "PT404") as refused:
        read(world, token)
    assert refused.message == "no calendar feed has this token"
    world.conn.execute(barred, (None, sam))
    assert read(world, token)


def test_nobody_revokes_the_feed_of_somebody_else(world: World) -> None:
    sam, sofia = world.student("Sam"), world.superadmin("Sofia")
    token, its_id = create(world, sam), feed_id(world, sam)
    refusals = set()
    for attempted in (its_id, uuid4()):
        with as_user(world.conn, sofia), refusal(world.conn, "PT404") as refused:
            world.conn.execute("select public.revoke_calendar_feed(%s)", (attempted,))
        refusals.add(refused.everything.replace(str(attempted), "…"))
    assert len(refusals) == 1
    assert read(world, token)
    with as_user(world.conn, sam):
        world.conn.execute("select public.revoke_calendar_feed(%s)", (its_id,))
        with refusal(world.conn, "PT404"):
            world.conn.execute("select public.revoke_calendar_feed(%s)", (its_id,))


def test_only_the_owner_finds_a_feed_in_the_list(world: World) -> None:
    sam, sofia = world.student("Sam"), world.superadmin("Sofia")
    create(world, sam, label="Work")
    listed = "select owner_id, label, course_id, last_used_at from public.calendar_feeds"
    with as_user(world.conn, sam):
        assert world.conn.execute(listed).fetchall() == [(sam, "Work", None, None)]
    with as_user(world.conn, sofia):
        assert world.conn.execute(listed).fetchall() == []


def test_anon_reads_feeds_and_makes_none(world: World) -> None:
    token = create(world, world.student("Sam"))
    assert read(world, token)
    for statement in (
        "select public.create_calendar_feed()",
        "select public.revoke_calendar_feed(gen_random_uuid())",
        "select public.session_ics(gen_random_uuid())",
        "select from public.calendar_feeds",
        "select from private.calendar_feed_tokens",
    ):
        with as_anon(world.conn), refusal(world.conn, "42501"):
            world.conn.execute(statement.encode())


def test_somebody_has_at_most_twenty(world: World) -> None:
    sam = world.student("Sam")
    for _ in range(20):
        create(world, sam)
    with refusal(world.conn, "PT409") as refused:
        create(world, sam)
    assert refused.message == "you have 20 calendar feeds already, which is the most"
    assert "revoke_calendar_feed" in str(refused.hint)
    create(world, world.student("Sita"))
    with as_user(world.conn, sam):
        world.conn.execute(
            "select public.revoke_calendar_feed(id) from public.calendar_feeds limit 1"
        )
    create(world, sam)


@pytest.mark.parametrize("label", ["", "  ", "two\nlines", "x" * 101])
def test_a_label_is_one_line(world: World, label: str) -> None:
    sam = world.student("Sam")
    with refusal(world.conn, "22023") as refused:
        create(world, sam, label=label)
    assert refused.message == "label must be one line of 1 to 100 characters"
    assert scalar(world.conn, "select count(*) from public.calendar_feeds") == 0


# -- What is in it ---------------------------------------------------------------------------------


def test_a_feed_reads_back_as_the_sessions(world: World) -> None:
    batch, marta = world.batch(), world.mentor("Marta", email="marta@example.test")
    sam = world.student("Sam", batch=batch)
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    later = world.session("Later", batch=batch, mentor=marta, starts=starts + timedelta(days=1))
    sooner = world.session(
        "Questions, answers", batch=batch, starts=starts, description="Bring some; or\nnone."
    )
    reader = read(world, create(world, sam, label="Mine; all, mine"))

    calendar = reader.calendar
    assert calendar["VERSION"] == "2.0"
    assert {r"NAME:Mine\; all\, mine", r"X-WR-CALNAME:Mine\; all\, mine"} < set(reader.lines)
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in reader.lines
    assert "X-PUBLISHED-TTL:PT1H" in reader.lines
    # What is fetched has no method: its media type would have to say the same.
    assert "METHOD" not in calendar
    event, second = reader.events
    assert [event["UID"], second["UID"]] == [f"{sooner}@live-sessions", f"{later}@live-sessions"]
    assert event["SUMMARY"] == "Questions, answers"
    assert event["DESCRIPTION"] == f"Bring some; or\nnone.\n\n{APP_URL}/sessions/{sooner}"
    assert event["URL"] == f"{APP_URL}/sessions/{sooner}"
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (
        starts,
        starts + timedelta(hours=1),
    )
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("TRIGGER") == timedelta(minutes=-15)
    assert (alarm["ACTION"], alarm["DESCRIPTION"]) == ("DISPLAY", event["SUMMARY"])
    # Nobody's address, nobody's name.
    assert {"ORGANIZER", "ATTENDEE"} & set(event) == set()
    assert "mailto" not in reader.text.lower()
    assert "marta" not in reader.text.lower()


def test_ical_js_reads_the_same(world: World) -> None:
    batch = world.batch()
    sam = world.student("Sam", batch=batch)
    texts = ["plain", "commas, semicolons; \\ and\nlines", "日本語 " * 60, "emoji 👩🏽‍💻 " * 30]
    sessions = [
        world.session(
            f"{number}, {text[:50]}".replace("\n", " "),
            batch=batch,
            starts=timedelta(days=number + 1),
            description=text,
        )
        for number, text in enumerate(texts)
    ]
    change(world.conn, sessions[3], status="cancelled")
    reader = read(world, create(world, sam))
    (events,) = by_ical_js([reader.text])
    assert len(events) == 4
    for event, other in zip(reader.events, events, strict=True):
        assert other == {
            "uid": event["UID"],
            "sequence": event["SEQUENCE"],
            "start": event.decoded("DTSTART"),
            "end": event.decoded("DTEND"),
            "summary": event["SUMMARY"],
            "description": event["DESCRIPTION"],
            "url": event["URL"],
            "status": event["STATUS"],
            "attendees": [],
            "alarms": [] if event["STATUS"] == "CANCELLED" else [-15 * 60],
        }


def test_lines_are_folded_and_end_as_they_should(world: World) -> None:
    batch = world.batch()
    sam = world.student("Sam", batch=batch)
    for number, text in enumerate(["ä" * 300, "x" * 10_000, "👩🏽‍💻" * 60, "a,b;c\\" * 50]):
        world.session("Ö" * 200, batch=batch, starts=timedelta(days=number + 1), description=text)
    encoded = read(world, create(world, sam, label="Ñ" * 100)).text.encode()
    lines = encoded.split(b"\r\n")
    assert (lines[0], lines[-2:]) == (b"BEGIN:VCALENDAR", [b"END:VCALENDAR", b""])
    assert max(len(line) for line in lines) <= 75
    assert b"" not in lines[:-1]
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    for line in lines:
        line.decode()  # fails where a character was cut


def test_a_change_shows_with_a_higher_sequence_and_the_same_uid(world: World) -> None:
    batch = world.batch()
    sam, session = world.student("Sam", batch=batch), world.session(batch=batch)
    token = create(world, sam)
    (before,) = read(world, token).events
    moved = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    change(world.conn, session, start_time=moved, end_time=moved + timedelta(hours=2))
    (after,) = read(world, token).events
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    assert after.decoded("DTSTAMP") >= before.decoded("DTSTAMP")
    assert after.decoded("DTSTART") == moved


def test_a_cancelled_session_stays_as_cancelled_without_alarm(world: World) -> None:
    batch = world.batch()
    sam, session = world.student("Sam", batch=batch), world.session(batch=batch)
    token = create(world, sam)
    change(world.conn, session, status="cancelled", cancel_reason="ill")
    (event,) = read(world, token).events
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    assert not event.walk("VALARM")


def test_the_window_is_bounded(world: World) -> None:
    batch = world.batch()
    sam = world.student("Sam", batch=batch)
    for title, days in {"older": -91, "old": -89, "far": 399, "farther": 401}.items():
        status = "completed" if days < 0 else "upcoming"
        world.session(title, batch=batch, starts=timedelta(days=days), status=status)
    assert summaries(world, create(world, sam)) == ["old", "far"]


def test_of_too_many_sessions_the_nearest_are_shown(world: World) -> None:
    ada = world.admin("Ada")
    world.conn.execute(
        """
        insert into public.success_sessions (title, link, start_time, status)
        select number::text, 'https://x.test/1', now() + number * interval '30 minutes',
            case when number > 0 then 'upcoming' else 'completed' end::public.session_status
        from generate_series(-30, 2000) as number
        """
    )
    shown = list(map(int, summaries(world, create(world, ada))))
    assert len(shown) == 2000
    assert shown == list(range(-30, 1970))


def test_the_same_feed_is_the_same_text(world: World) -> None:
    """An unchanged calendar has an unchanged hash, so programs need not fetch it again."""
    batch = world.batch()
    sam = world.student("Sam", batch=batch)
    for day in range(1, 5):
        world.session(batch=batch, starts=timedelta(days=day))
    token = create(world, sam)
    assert read(world, token).text == read(world, token).text


def test_an_empty_feed_is_a_calendar_all_the_same(world: World) -> None:
    """RFC 5545, section 3.6: a calendar has at least one component."""
    reader = read(world, create(world, world.user("Nobody")))
    assert reader.events == []
    assert [str(zone["TZID"]) for zone in reader.calendar.walk("VTIMEZONE")] == ["UTC"]
    assert by_ical_js([reader.text]) == [[]]


def test_no_application_no_link(world: World) -> None:
    batch = world.batch()
    sam = world.student("Sam", batch=batch)
    world.session(batch=batch)
    world.conn.execute("update public.app_settings set app_url = null where true")
    (event,) = read(world, create(world, sam)).events
    assert {"URL", "DESCRIPTION"} & set(event) == set()


# -- Whose sessions --------------------------------------------------------------------------------


@pytest.fixture
def school(world: World) -> dict[str, UUID]:
    """Two batches of one course and another course, a session each; who sees which."""
    course, elsewhere = world.course(), world.course()
    batch, other = world.batch(course=course), world.batch(course=course)
    people = {
        "sam": world.student("Sam", batch=batch),
        "otto": world.student("Otto", batch=other),
        "marta": world.mentor("Marta"),
        "ada": world.admin("Ada"),
    }
    world.enroll(people["sam"], course=elsewhere)
    world.session("batch", batch=batch, mentor=people["marta"], starts=timedelta(days=1))
    world.session("other batch", batch=other, starts=timedelta(days=2))
    world.session("elsewhere", course=elsewhere, starts=timedelta(days=3))
    guests = world.session("guests", starts=timedelta(days=4))
    world.invite(guests, people["sam"])
    return people | {"course": course, "elsewhere": elsewhere}


SEEN = {
    "sam": ["batch", "elsewhere", "guests"],
    "otto": ["other batch"],
    "marta": ["batch"],
    "ada": ["batch", "other batch", "elsewhere", "guests"],
}


@pytest.mark.parametrize("who", SEEN)
def test_everybody_gets_what_they_may_see(world: World, school: dict[str, UUID], who: str) -> None:
    assert summaries(world, create(world, school[who])) == SEEN[who]


@pytest.mark.parametrize(
    ("who", "shown"),
    [("sam", ["batch"]), ("marta", ["batch"]), ("ada", ["batch", "other batch"])],
)
def test_a_feed_may_be_of_one_course(
    world: World, school: dict[str, UUID], who: str, shown: list[str]
) -> None:
    assert summaries(world, create(world, school[who], course_id=school["course"])) == shown


def test_a_course_that_one_may_not_see_is_like_one_that_is_not(
    world: World, school: dict[str, UUID]
) -> None:
    for course in (school["elsewhere"], uuid4()):
        with refusal(world.conn, "PT404") as refused:
            create(world, school["otto"], course_id=course)
        assert refused.message == f"course_id {course} is unknown or not visible to you"
    assert create(world, school["sam"], course_id=school["elsewhere"])


def test_a_feed_of_a_course_goes_with_the_course(world: World) -> None:
    course = world.course()
    token = create(world, world.admin("Ada"), course_id=course)
    assert read(world, token)
    world.conn.execute("delete from public.courses where id = %s", (course,))
    with refusal(world.conn, "PT404"):
        read(world, token)


def test_a_paused_enrollment_empties_the_feed_at_once_and_back(
    world: World, school: dict[str, UUID]
) -> None:
    sam = school["sam"]
    tokens = [create(world, sam), create(world, sam, course_id=school["course"])]
    pause = "update public.course_enrollments set status = %s where student_id = %s"
    world.conn.execute(pause, ("paused", sam))
    assert [summaries(world, token) for token in tokens] == [["guests"], []]
    world.conn.execute("delete from public.session_participants where user_id = %s", (sam,))
    assert [summaries(world, token) for token in tokens] == [[], []]
    world.conn.execute(pause, ("active", sam))
    assert [summaries(world, token) for token in tokens] == [["batch", "elsewhere"], ["batch"]]


def test_the_reader_is_nobody_whoever_it_is(world: World, school: dict[str, UUID]) -> None:
    """The owner's eyes are lent for the moment of reading, to the function alone."""
    token = create(world, school["otto"])
    with as_user(world.conn, school["ada"]):
        text = scalar(world.conn, "select public.calendar_feed(%s)", token)
        assert [str(event["SUMMARY"]) for event in Reader(text).events] == ["other batch"]
        assert scalar(world.conn, "select auth.uid()") == school["ada"]
        assert scalar(world.conn, "select count(*) from public.success_sessions") == 4
    with as_anon(world.conn):
        scalar(world.conn, "select public.calendar_feed(%s)", token)
        assert scalar(world.conn, "select auth.uid()") is None
    # Nor does it matter how the caller's claims are set: an old gateway sets them one by one.
    with as_user(world.conn, school["ada"]):
        world.conn.execute(
            "select set_config('request.jwt.claim.sub', %s, true)", (str(school["sam"]),)
        )
        text = scalar(world.conn, "select public.calendar_feed(%s)", token)
        assert [str(event["SUMMARY"]) for event in Reader(text).events] == ["other batch"]
        assert scalar(world.conn, "select auth.uid()") == school["sam"]


# -- Wall-clock time -------------------------------------------------------------------------------


def _last_sunday_of_october(year: int) -> datetime:
    """When clocks go back in Berlin, at six in the evening; in New York they do a week later."""
    days = (datetime(year, 10, day, 18, tzinfo=ZoneInfo("Europe/Berlin")) for day in range(25, 32))
    return next(day for day in days if day.isoweekday() == 7)


def test_a_series_over_a_change_of_clocks_keeps_its_time_for_two_people_in_two_zones(
    world: World,
) -> None:
    """Six in the evening in Berlin stays that; New York, whose clocks change on another day, sees
    noon, then one, then noon again: in the frontend's calendar, the feed, the mail, its calendar.
    """
    berlin, new_york = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
    batch = world.batch()
    people = {
        zone: world.student(zone.key, batch=batch, timezone=zone.key) for zone in (berlin, new_york)
    }
    this_year = datetime.now(UTC).year
    sundays = (_last_sunday_of_october(year) for year in (this_year, this_year + 1))
    change_in_berlin = next(
        day for day in sundays if day > datetime.now(berlin) + timedelta(days=7)
    )
    first = change_in_berlin - timedelta(days=6)
    world.conn.execute("update public.app_settings set series_horizon_days = 730 where true")
    course = scalar(world.conn, "select course_id from public.batches where id = %s", batch)
    outbox = Outbox(world.conn)
    with outbox.one_transaction():
        made = create_series(
            world.conn,
            world.admin(),
            {"pattern": "weekly", "count": 3},
            start_time=first,
            course_id=course,
            batch_id=batch,
        )
    instants = [(first + timedelta(weeks=week)).astimezone(UTC) for week in range(3)]
    assert [session["start_time"] for session in made] == instants
    mails = {email.recipient_id: email for email in outbox.deliver()}
    expected = {berlin: ["18:00"] * 3, new_york: ["12:00", "13:00", "12:00"]}
    for zone, who in people.items():
        local = [instant.astimezone(zone).replace(tzinfo=None) for instant in instants]
        assert [f"{start:%H:%M}" for start in local] == expected[zone]
        with as_user(world.conn, who):
            rows = world.conn.execute(
                "select local_start from public.segmented_weekly_success_sessions order by 1"
            ).fetchall()
        assert [row[0] for row in rows] == local

        reader, email = read(world, create(world, who)), mails[who]
        assert [event.decoded("DTSTART") for event in reader.events] == instants
        assert len({str(event["UID"]) for event in reader.events}) == 3
        assert email.calendar is not None
        for events in by_ical_js([reader.text, email.calendar]):
            assert [event["start"] for event in events] == instants
        edition = Renderer(APP_URL, "Live Sessions").render(
            email.kind,
            role=email.recipient_role,
            locale=email.locale,
            timezone=email.timezone,
            parts=json.dumps(email.parts),
        )
        shown = re.findall(r"^- .*?, (\d+:\d\d)\s([AP]M) ", edition.text_for("Hi"), re.MULTILINE)
        assert [" ".join(time) for time in shown] == [f"{start:%-I:%M %p}" for start in local]


# -- Last use --------------------------------------------------------------------------------------


def last_used(conn: psycopg.Connection) -> datetime | None:
    used: datetime | None = scalar(conn, "select last_used_at from public.calendar_feeds")
    return used


def test_the_last_use_is_recorded_once_in_a_quarter_of_an_hour(world: World) -> None:
    token = create(world, world.student("Sam"))
    assert last_used(world.conn) is None
    read(world, token)
    first = last_used(world.conn)
    assert first is not None
    read(world, token)
    assert last_used(world.conn) == first
    world.conn.execute(
        "update public.calendar_feeds set last_used_at = last_used_at - interval '16 minutes'"
        " where true"
    )
    read(world, token)
    again = last_used(world.conn)
    assert again is not None
    assert again > first


def test_a_wrong_token_records_nothing(world: World) -> None:
    create(world, world.student("Sam"))
    with refusal(world.conn, "PT404"):
        read(world, "0" * 64)
    assert last_used(world.conn) is None


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection]:
    """Looks on from outside."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def committed(database: Database) -> tuple[Database, UUID, str]:
    """A student with a feed, in a database of the test's own."""
    with psycopg.connect(database.url) as connection:
        world = World(connection)
        sam = world.student("Sam")
        token = create(world, sam)
    return database, sam, token


def test_a_read_only_transaction_reads_the_feed_and_records_nothing(
    committed: tuple[Database, UUID, str],
) -> None:
    """As PostgREST runs a GET."""
    database, _, token = committed
    with psycopg.connect(database.url) as connection:
        connection.read_only = True
        assert "BEGIN:VCALENDAR" in scalar(connection, "select public.calendar_feed(%s)", token)
    with psycopg.connect(database.url) as connection:
        assert last_used(connection) is None
        scalar(connection, "select public.calendar_feed(%s)", token)
        assert last_used(connection) is not None


def test_a_reader_does_not_wait_for_another_who_records_the_use(
    committed: tuple[Database, UUID, str], admin: psycopg.Connection
) -> None:
    database, _, token = committed
    with psycopg.connect(database.url) as one, psycopg.connect(database.url) as other:
        scalar(one, "select public.calendar_feed(%s)", token)

        def ask() -> str:
            return str(scalar(other, "select public.calendar_feed(%s)", token))

        with started(admin, other, ask) as asked:
            assert asked.done(), "it waits for the first"
            assert "BEGIN:VCALENDAR" in asked.result()
        one.commit()
        assert last_used(one) is not None


def test_requests_at_one_moment_make_no_more_feeds_than_one_may_have(
    committed: tuple[Database, UUID, str],
) -> None:
    database, sam, _ = committed
    outcomes = at_once(database, [("select public.create_calendar_feed()", {})] * 24, user=sam)
    assert outcomes == {"done": 19, "PT409": 5}
    with psycopg.connect(database.url) as connection:
        assert scalar(connection, "select count(*) from public.calendar_feeds") == 20


def test_a_feed_revoked_while_it_is_read_is_gone_afterwards(
    committed: tuple[Database, UUID, str], admin: psycopg.Connection
) -> None:
    database, sam, token = committed
    with psycopg.connect(database.url) as reader, psycopg.connect(database.url) as owner:
        scalar(reader, "select public.calendar_feed(%s)", token)

        def revoke() -> str:
            with as_user(owner, sam):
                owner.execute("select public.revoke_calendar_feed(id) from public.calendar_feeds")
            owner.commit()
            return "done"

        with started(admin, owner, revoke) as revoked:
            reader.commit()
            assert revoked.result() == "done"
        with refusal(reader, "PT404"):
            scalar(reader, "select public.calendar_feed(%s)", token)


# -- One session -----------------------------------------------------------------------------------


def ics(world: World, who: UUID, session: UUID) -> Reader:
    with as_user(world.conn, who):
        return Reader(str(scalar(world.conn, "select public.session_ics(%s)", session)))


def test_one_session_is_a_calendar_of_one_event(world: World) -> None:
    batch, marta = world.batch(), world.mentor("Marta")
    session = world.session("Questions", batch=batch, mentor=marta)
    for who in (world.student("Sam", batch=batch), marta, world.admin("Ada")):
        reader = ics(world, who, session)
        (event,) = reader.events
        assert event["UID"] == f"{session}@live-sessions"
        assert event["URL"] == f"{APP_URL}/sessions/{session}"
        assert event["STATUS"] == "CONFIRMED"
        assert "METHOD" not in reader.calendar
        assert {"ORGANIZER", "ATTENDEE"} & set(event) == set()
        ((other,),) = by_ical_js([reader.text])
        assert (other["uid"], other["start"]) == (event["UID"], event.decoded("DTSTART"))


def test_a_date_of_a_series_is_the_event_that_the_mail_has_made(world: World) -> None:
    course = world.course()
    sam, outbox = world.student("Sam", course=course), Outbox(world.conn)
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    with outbox.one_transaction():
        made = create_series(
            world.conn,
            world.admin(),
            {"rrule": "FREQ=DAILY;COUNT=2"},
            start_time=starts,
            course_id=course,
        )
    (email,) = outbox.deliver()
    assert email.calendar is not None
    _, mailed, _ = Reader(email.calendar).events
    (event,) = ics(world, sam, made[0]["id"]).events
    for name in ("UID", "RECURRENCE-ID", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "STATUS"):
        assert event[name] == mailed[name], name
    assert event["UID"] == f"{made[0]['calendar_uid']}@live-sessions"
    # In the feed, a calendar of its own, it is one event among others.
    shown, _ = read(world, create(world, sam)).events
    assert (shown["UID"], "RECURRENCE-ID" in shown) == (f"{made[0]['id']}@live-sessions", False)


def test_a_cancelled_session_says_so(world: World) -> None:
    ada, session = world.admin("Ada"), world.session()
    change(world.conn, session, status="cancelled")
    (event,) = ics(world, ada, session).events
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)


def test_a_session_that_one_may_not_see_is_like_one_that_is_not(world: World) -> None:
    otto, session = world.student("Otto", batch=world.batch()), world.session(batch=world.batch())
    refusals = set()
    for attempted in (session, uuid4()):
        with refusal(world.conn, "PT404") as refused:
            ics(world, otto, attempted)
        refusals.add(refused.everything.replace(str(attempted), "…"))
    assert len(refusals) == 1


# -- What the notifier says ------------------------------------------------------------------------


def test_the_application_s_address_is_kept_and_written_only_if_it_is_new(
    conn: psycopg.Connection,
) -> None:
    changed_at = "select updated_at from public.app_settings"
    before = scalar(conn, changed_at)
    conn.execute("select notifier.set_app_url(%s)", (APP_URL,))
    assert scalar(conn, changed_at) == before
    conn.execute("select notifier.set_app_url('https://new.example.test/base')")
    assert scalar(conn, "select app_url from public.app_settings") == (
        "https://new.example.test/base"
    )
    assert scalar(conn, changed_at) > before


@pytest.mark.parametrize(
    "app_url", ["", "app.example.test", "https://", "https://a b", "https://a?b"]
)
def test_an_address_that_is_none_is_refused(conn: psycopg.Connection, app_url: str) -> None:
    with refusal(conn, "22023") as refused:
        conn.execute("select notifier.set_app_url(%s)", (app_url,))
    assert str(refused.message).startswith("app_url must be an http(s) address")
