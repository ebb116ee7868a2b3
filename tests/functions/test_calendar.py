"""Calendar objects: read back by an independent parser, and looked at octet by octet."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import icalendar
import psycopg
import pytest

from support.actors import refused
from support.outbox import Outbox, change
from support.world import World

TUESDAY = datetime(2031, 5, 6, 17, 0, tzinfo=UTC)
APP_URL = "https://app.example.test"


def calendar_text(
    conn: psycopg.Connection,
    session: UUID,
    *,
    method: str | None = "REQUEST",
    organizer: str | None = "Live Sessions <sessions@example.test>",
    address: str | None = "anna@example.test",
    name: str | None = "Anna Lopez",
    app_url: str | None = APP_URL,
) -> str:
    row = conn.execute(
        "select private.sessions_calendar(array[session], %s, false, %s, %s, %s, %s)"
        " from public.success_sessions as session where id = %s",
        (method, organizer, address, name, app_url, session),
    ).fetchone()
    assert row is not None
    return str(row[0])


def event_of(text: str) -> Any:
    """The one VEVENT of an iCalendar object."""
    calendar = icalendar.Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    return event


def unfolded(text: str) -> list[str]:
    """Content lines after unfolding (RFC 5545, section 3.1)."""
    return text.replace("\r\n ", "").split("\r\n")


def scalar(conn: psycopg.Connection, query: Any, *arguments: Any) -> Any:
    row = conn.execute(query, arguments).fetchone()
    assert row is not None
    return row[0]


def test_a_request_reads_back_as_the_session(world: World) -> None:
    session = world.session(
        "Questions & answers", starts=TUESDAY, description="Bring some.", timezone="Asia/Kolkata"
    )
    text = calendar_text(world.conn, session)
    calendar = icalendar.Calendar.from_ical(text)
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "REQUEST")
    assert calendar["PRODID"]
    event = event_of(text)
    assert event["UID"] == f"{session}@live-sessions"
    assert event["SEQUENCE"] == 0
    assert event.decoded("DTSTART") == TUESDAY
    assert event.decoded("DTEND") == TUESDAY + timedelta(hours=1)
    assert event["SUMMARY"] == "Questions & answers"
    assert event["URL"] == f"{APP_URL}/sessions/{session}"
    assert event["DESCRIPTION"] == f"Bring some.\n\n{APP_URL}/sessions/{session}"
    assert event["STATUS"] == "CONFIRMED"
    assert event["ORGANIZER"] == "mailto:sessions@example.test"
    assert event["ORGANIZER"].params["CN"] == "Live Sessions"
    assert event["ATTENDEE"] == "mailto:anna@example.test"
    assert event["ATTENDEE"].params["CN"] == "Anna Lopez"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"


def test_times_are_utc_whatever_the_connection_s_zone(world: World) -> None:
    session = world.session(starts=TUESDAY)
    text = calendar_text(world.conn, session)
    assert "DTSTART:20310506T170000Z" in text.split("\r\n")
    world.conn.execute("set local timezone = 'Asia/Kolkata'")
    assert calendar_text(world.conn, session) == text


def test_dtstamp_is_the_last_change_so_that_the_same_object_is_made_twice(world: World) -> None:
    session = world.session(starts=TUESDAY)
    text = calendar_text(world.conn, session)
    updated_at = scalar(
        world.conn, "select updated_at from public.success_sessions where id = %s", session
    )
    assert event_of(text).decoded("DTSTAMP") == updated_at.replace(microsecond=0)
    assert calendar_text(world.conn, session) == text


def test_sequence_rises_with_each_change_people_see(world: World) -> None:
    session = world.session(starts=TUESDAY)
    change(world.conn, session, title="Renamed")
    change(world.conn, session, start_time=TUESDAY + timedelta(minutes=5))
    change(world.conn, session, session_type="mentorship")
    assert event_of(calendar_text(world.conn, session))["SEQUENCE"] == 2


def test_the_cancellation_of_a_session_cancels_the_event(world: World) -> None:
    session = world.session(starts=TUESDAY)
    change(world.conn, session, status="cancelled")
    text = calendar_text(world.conn, session, method="CANCEL")
    event = event_of(text)
    assert icalendar.Calendar.from_ical(text)["METHOD"] == "CANCEL"
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)


def test_withdrawing_one_invitation_does_not_call_the_event_cancelled(world: World) -> None:
    """RFC 5546, section 3.2.5: STATUS must not be there."""
    session = world.session(starts=TUESDAY)
    event = event_of(calendar_text(world.conn, session, method="CANCEL"))
    assert "STATUS" not in event
    assert event["ATTENDEE"] == "mailto:anna@example.test"


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "commas, semicolons; and \\backslashes\\",
        "a literal \\n is no line break",
        "two\nlines",
        "quotes \" and 'apostrophes'",
        "colon: and equals=",
        "Ünïcödé, 日本語, עברית, العربية, हिन्दी",
        "emoji 👩🏽‍💻 and 🇪🇺",
        "BEGIN:VEVENT",
        "x\nEND:VEVENT\nATTENDEE:mailto:mallory@example.test",
        "ends with backslash\\",
        ";,;,\\;,\n,;",
        "C:\\new\nfolder",
    ],
)
def test_texts_survive(world: World, text: str) -> None:
    session = world.session(starts=TUESDAY, description=text)
    event = event_of(calendar_text(world.conn, session))
    assert event["DESCRIPTION"].split("\n\n")[0] == text
    assert isinstance(event["ATTENDEE"], icalendar.vCalAddress), "one attendee only"


def test_every_line_break_becomes_one(world: World) -> None:
    session = world.session(starts=TUESDAY, description="a\r\nb\rc\nd")
    assert event_of(calendar_text(world.conn, session))["DESCRIPTION"].startswith("a\nb\nc\nd\n\n")


def test_control_characters_are_left_out(world: World) -> None:
    session = world.session(starts=TUESDAY, description="bell\x07, tab\t, delete\x7f, escape\x1b.")
    text = calendar_text(world.conn, session)
    assert "DESCRIPTION:bell\\, tab\t\\, delete\\, escape." in unfolded(text)[12]
    change(world.conn, session, description="delete\x7f alone")
    text = calendar_text(world.conn, session, address="anna\t@example.test\r\n", name="An\x7fna")
    assert "DESCRIPTION:delete alone" in unfolded(text)[12]
    assert any(line.endswith('CN="Anna":mailto:anna@example.test') for line in unfolded(text))


def test_a_title_is_escaped_too(world: World) -> None:
    session = world.session("Pros; cons, and C:\\", starts=TUESDAY)
    assert event_of(calendar_text(world.conn, session))["SUMMARY"] == "Pros; cons, and C:\\"


@pytest.mark.parametrize(
    "name",
    ['Anna "Ann" Lopez', "Lopez; Anna: x", "Ann^'s ^^", "Анна", "Anna\nLopez", "x" * 200],
)
def test_names_survive_as_parameters(world: World, name: str) -> None:
    session = world.session(starts=TUESDAY)
    text = calendar_text(world.conn, session, name=name)
    (line,) = [line for line in unfolded(text) if line.startswith("ATTENDEE")]
    assert line.endswith(":mailto:anna@example.test")
    quoted = line[line.index("CN=") + 3 : line.index(":mailto:")]
    assert (quoted[0], quoted[-1]) == ('"', '"')
    assert '"' not in quoted[1:-1]
    # RFC 6868 by hand, from left to right.
    decoded = re.sub(r"\^(['^])", lambda pair: {"'": '"', "^": "^"}[pair[1]], quoted[1:-1])
    assert decoded == name.replace("\n", " ")


@pytest.mark.parametrize("name", ["", "   ", None])
def test_an_empty_name_is_left_out(world: World, name: str | None) -> None:
    session = world.session(starts=TUESDAY)
    event = event_of(calendar_text(world.conn, session, name=name))
    assert event["ATTENDEE"] == "mailto:anna@example.test"
    assert "CN" not in event["ATTENDEE"].params


@pytest.mark.parametrize(
    ("organizer", "address", "name"),
    [
        ("sessions@example.test", "sessions@example.test", None),
        ("<sessions@example.test>", "sessions@example.test", None),
        ("Live Sessions <sessions@example.test>", "sessions@example.test", "Live Sessions"),
        ('"Live, Sessions" <sessions@example.test>', "sessions@example.test", "Live, Sessions"),
        ("  Sessions<a.b+c@example.test> ", "a.b+c@example.test", "Sessions"),
    ],
)
def test_the_organizer_is_an_address_with_or_without_a_name(
    world: World, organizer: str, address: str, name: str | None
) -> None:
    session = world.session(starts=TUESDAY)
    event = event_of(calendar_text(world.conn, session, organizer=organizer))
    assert event["ORGANIZER"] == f"mailto:{address}"
    assert event["ORGANIZER"].params.get("CN") == name


@pytest.mark.parametrize("organizer", ["", "nobody", "a@b <c@d> e", "two@x.test two@y.test", None])
def test_an_organizer_that_is_no_address_is_refused(world: World, organizer: str | None) -> None:
    session = world.session(starts=TUESDAY)
    with refused(world.conn, psycopg.errors.InvalidParameterValue, "organizer"):
        calendar_text(world.conn, session, organizer=organizer)


@pytest.mark.parametrize("method", ["ADD", "PUBLISH", "request", ""])
def test_a_method_without_meaning_here_is_refused(world: World, method: str) -> None:
    session = world.session(starts=TUESDAY)
    with refused(world.conn, psycopg.errors.InvalidParameterValue, "method"):
        calendar_text(world.conn, session, method=method)


def test_what_invites_nobody_has_neither_method_nor_organizer(world: World) -> None:
    """RFC 5545: the media type would have to say the method (3.7.2); 3.8.4.3."""
    session = world.session(starts=TUESDAY)
    text = calendar_text(world.conn, session, method=None, organizer=None, address=None)
    assert "METHOD" not in icalendar.Calendar.from_ical(text)
    event = event_of(text)
    assert {"ORGANIZER", "ATTENDEE"} & set(event) == set()
    assert event["STATUS"] == "CONFIRMED"
    with refused(world.conn, psycopg.errors.InvalidParameterValue, "organizer"):
        calendar_text(world.conn, session, method=None)


def test_without_an_application_there_is_no_link(world: World) -> None:
    described = world.session(starts=TUESDAY, description="Bring some.")
    bare = world.session(starts=TUESDAY)
    event = event_of(calendar_text(world.conn, described, app_url=None))
    assert (event["DESCRIPTION"], "URL" in event) == ("Bring some.", False)
    event = event_of(calendar_text(world.conn, bare, app_url=None))
    assert {"DESCRIPTION", "URL"} & set(event) == set()


def test_a_slash_too_many_makes_no_other_address(world: World) -> None:
    session = world.session(starts=TUESDAY)
    event = event_of(calendar_text(world.conn, session, app_url=f"{APP_URL}/"))
    assert event["URL"] == f"{APP_URL}/sessions/{session}"


def test_of_an_empty_description_and_an_address_with_commas_the_address_is_left(
    world: World,
) -> None:
    session = world.session(starts=TUESDAY, description="")
    text = calendar_text(world.conn, session, app_url=f"{APP_URL}/a,b;c")
    assert f"DESCRIPTION:{APP_URL}/a\\,b\\;c/sessions/{session}" in unfolded(text)
    assert f"URL:{APP_URL}/a,b;c/sessions/{session}" in unfolded(text)


@pytest.mark.parametrize(
    "text",
    [
        "plain words and more of them, " * 20,
        "ä" * 300,
        "日本語" * 100,
        "👩🏽‍💻" * 60,
        "a" + "é" * 200,
        "ab" + "€" * 200,
        "abc" + "𝄞" * 200,
        "x" * 10_000,
    ],
)
def test_lines_have_at_most_75_octets_and_whole_characters(world: World, text: str) -> None:
    session = world.session(starts=TUESDAY, description=text)
    encoded = calendar_text(
        world.conn, session, name="Ñ" * 100, app_url=f"{APP_URL}/{'x' * 80}"
    ).encode()
    assert encoded.endswith(b"\r\nEND:VCALENDAR\r\n")
    lines = encoded.split(b"\r\n")[:-1]
    assert all(b"\r" not in line and b"\n" not in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    for line in lines:
        line.decode()  # fails where a character was cut
    assert event_of(encoded.decode())["DESCRIPTION"].startswith(text.strip())


@pytest.mark.parametrize("letter", ["x", "ä"])
def test_a_line_is_folded_alike_whatever_its_length(world: World, letter: str) -> None:
    """Most lines of an event are short, and folded without the function where that is known."""
    session = world.session(starts=TUESDAY)
    text = scalar(
        world.conn,
        """
        select private.ical_events(
            array(
                select jsonb_populate_record(
                    session, jsonb_build_object('title', words.of_it, 'description', words.of_it)
                )
                from generate_series(1, 80) as length
                cross join lateral (select repeat(%s, length) as of_it) as words
            ),
            null, null, %s, %s, is_feed => true
        )
        from public.success_sessions as session where id = %s
        """,
        letter,
        f"ORGANIZER:{letter * 80}",
        APP_URL,
        session,
    )
    refolded = scalar(
        world.conn,
        "select string_agg(private.ical_fold(line), e'\\r\\n' order by number)"
        " from unnest(%s::text[]) with ordinality as content (line, number)",
        unfolded(text),
    )
    assert text == refolded


@pytest.mark.parametrize("length", range(70, 80))
def test_no_line_is_folded_that_fits(conn: psycopg.Connection, length: int) -> None:
    folded = scalar(conn, "select private.ical_fold(%s)", "x" * length)
    assert folded == ("x" * length if length <= 75 else "x" * 75 + "\r\n " + "x" * (length - 75))


@pytest.mark.parametrize("length", [75 + 74, 75 + 74 + 1, 75 + 2 * 74, 75 + 2 * 74 + 1])
def test_continuations_count_their_space(conn: psycopg.Connection, length: int) -> None:
    lines = scalar(conn, "select private.ical_fold(%s)", "x" * length).split("\r\n")
    assert [len(line) for line in lines[:-1]] == [75] * (len(lines) - 1)
    assert 2 <= len(lines[-1]) <= 75
    assert len("".join(line.removeprefix(" ") for line in lines)) == length


def test_the_mail_s_calendar_is_this_one(world: World) -> None:
    anna = world.student("Anna", email="anna@example.test")
    session = world.session(starts=TUESDAY)
    world.invite(session, anna)
    (email,) = Outbox(world.conn).deliver()
    assert email.calendar is not None
    assert email.calendar_method == "REQUEST"
    expected = calendar_text(world.conn, session, name="Anna").split("\r\n")
    lines = email.calendar.split("\r\n")
    stamps = [line for line in lines if line.startswith("DTSTAMP:")]
    assert len(stamps) == 1
    assert [line for line in lines if line not in stamps] == [
        line for line in expected if not line.startswith("DTSTAMP:")
    ]


def test_an_invitation_withdrawn_and_renewed_carries_rising_stamps(world: World) -> None:
    """SEQUENCE stays, so DTSTAMP decides which object holds (RFC 5546, section 2.1.5)."""
    ben, session = world.student("Ben"), world.session(starts=TUESDAY)
    outbox = Outbox(world.conn)
    stamps, methods = [], []
    for statement in [
        "insert into public.session_participants (session_id, user_id)"
        " values (%(session)s, %(ben)s)",
        "delete from public.session_participants where user_id = %(ben)s",
    ] * 2:
        world.conn.execute(statement, {"session": session, "ben": ben})
        world.conn.execute("update notifier.events set created_at = to_timestamp(id * 60)")
        (email,) = outbox.deliver()
        assert email.calendar is not None
        stamps.append(event_of(email.calendar).decoded("DTSTAMP"))
        methods.append(email.calendar_method)
    assert methods == ["REQUEST", "CANCEL"] * 2
    assert stamps == sorted(set(stamps))
