"""Reports: who is told what, over which days. That each figure is right: tests/docs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from support.actors import as_anon, as_service, as_user, refused
from support.figures import FROM, Figures, History
from support.world import World

REPORTS = (
    "attendance_report",
    "mentor_performance",
    "session_effectiveness",
    "student_participation",
)
WITH_GRAIN = tuple(name for name in REPORTS if name != "session_effectiveness")
BAD_VALUE = psycopg.errors.InvalidParameterValue


@pytest.fixture
def history(conn: psycopg.Connection) -> History:
    return History.told(conn)


def of(rows: list[Figures], figure: str) -> list[Any]:
    return [row[figure] for row in rows]


# -- Who -------------------------------------------------------------------------------------------


def test_a_manager_sees_everybodys_figures_a_mentor_the_own(history: History) -> None:
    world = World(history.conn)
    milos = world.session(
        "Vacuum",
        batch=history.batch,
        mentor=history.people["Milo"],
        starts=datetime(2025, 3, 8, 18, tzinfo=UTC),
        status="completed",
    )
    world.attendance(milos, history.people["Dan"], "present")

    assert of(history.report("attendance_report"), "sessions") == [3]
    assert of(history.report("attendance_report", "Marta"), "sessions") == [2]
    assert of(history.report("attendance_report", "Milo"), "sessions") == [1]
    assert of(history.report("session_effectiveness", "Milo"), "session_id") == [milos]
    assert len(history.report("session_effectiveness")) == 3
    assert of(history.report("mentor_performance"), "mentor_name") == ["Marta", "Milo"]
    assert of(history.report("mentor_performance", "Milo"), "mentor_name") == ["Milo"]
    assert of(history.report("student_participation"), "full_name") == [
        *("Ann", "Bob", "Cem", "Dan", "Eve")
    ]
    assert of(history.report("student_participation", "Milo"), "full_name") == ["Dan"]
    [dan] = history.report("student_participation", "Milo", student_id=history.people["Dan"])
    assert dan["expected"] == 1, "not the one that he missed, which was Marta's"


def test_a_student_sees_the_own_participation_and_nobody_elses(history: History) -> None:
    [bob] = history.report("student_participation", "Bob")
    assert (bob["full_name"], bob["attended"]) == ("Bob", 2)
    assert history.report("student_participation", "Bob", student_id=history.people["Bob"]) == [bob]
    for other in (history.people["Ann"], uuid4()):
        with refused(history.conn, match="student_id must be your own id") as told:
            history.report("student_participation", "Bob", student_id=other)
        assert told.value.diag.message_hint == "Leave it out, or ask a manager."
    for report in REPORTS[:3]:
        with refused(history.conn, match="only managers and mentors may see these figures"):
            history.report(report, "Bob")


def test_a_mentor_who_takes_a_course_sees_the_own_participation_in_it(history: History) -> None:
    world, milo = World(history.conn), history.people["Milo"]
    world.enroll(milo, batch=history.batch)
    world.attendance(history.sessions["monday"], milo)

    [own] = history.report("student_participation", "Milo", student_id=milo)
    assert (own["full_name"], own["attended"]) == ("Milo", 1)
    assert history.report("student_participation", "Milo") == []


def test_another_mentor_cannot_be_asked_about_known_or_not(history: History) -> None:
    said = set()
    for report in REPORTS:
        for other in (history.people["Marta"], history.people["Ann"], uuid4()):
            with refused(history.conn, match="mentor_id must be your own id") as told:
                history.report(report, "Milo", mentor_id=other)
            said.add((told.value.diag.message_primary, told.value.diag.message_hint))
        assert history.report(report, "Marta", mentor_id=history.people["Marta"]) == (
            history.report(report, "Marta")
        )
    assert len(said) == 1


def test_whoever_lost_the_role_sees_nothing(history: History) -> None:
    history.conn.execute(
        "delete from public.user_roles where user_id = %s", (history.people["Marta"],)
    )
    with refused(history.conn):
        history.report("attendance_report", "Marta")
    assert history.report("student_participation", "Marta") == [], "no student either"


def test_nobody_calls_a_report_without_an_account(history: History) -> None:
    for acting in (as_anon, as_service):
        for report in REPORTS:
            with acting(history.conn), refused(history.conn):
                history.conn.execute(f"select public.{report}(current_date, current_date)".encode())


# -- Which sessions --------------------------------------------------------------------------------


def test_a_report_is_narrowed_by_course_batch_kind_and_mentor(history: History) -> None:
    world = World(history.conn)
    other = world.batch("Winter")
    coaching = world.session(
        "Coaching",
        batch=other,
        mentor=history.people["Milo"],
        starts=datetime(2025, 3, 5, 9, tzinfo=UTC),
        session_type="group_coaching",
        status="completed",
    )
    world.attendance(coaching, world.student("Fay", batch=other))

    def sessions(**narrowed: Any) -> int:
        [row] = history.report("attendance_report", **narrowed)
        counts: set[int] = {
            row["sessions"],
            len(history.report("session_effectiveness", **narrowed)),
            sum(of(history.report("mentor_performance", **narrowed), "sessions")),
        }
        assert len(counts) == 1
        return counts.pop()

    assert sessions() == 3
    assert sessions(course_id=history.course) == 2
    assert sessions(batch_id=other) == 1
    assert sessions(session_type="group_coaching") == 1
    assert sessions(session_type="mentorship") == 0
    assert sessions(mentor_id=history.people["Milo"]) == 1
    assert sessions(mentor_id=history.people["Milo"], course_id=history.course) == 0
    assert sessions(course_id=uuid4()) == sessions(batch_id=uuid4()) == 0
    students = history.report("student_participation", session_type="group_coaching")
    assert of(students, "full_name") == ["Fay"]

    ann = history.people["Ann"]
    world.attendance(coaching, ann)

    def attended(**narrowed: Any) -> list[int]:
        rows = history.report("student_participation", student_id=ann, **narrowed)
        return of(rows, "attended")

    assert attended() == [3]
    assert attended(course_id=history.course) == attended(batch_id=history.batch) == [2]
    assert attended(batch_id=other) == attended(mentor_id=history.people["Milo"]) == [1]
    assert attended(course_id=uuid4()) == []


def test_a_session_is_compared_with_those_of_its_kind_and_course(history: History) -> None:
    world = World(history.conn)
    for batch, kind in (
        (history.batch, "group_coaching"),
        (world.batch("Winter"), "success_session"),
    ):
        session = world.session(
            batch=batch,
            starts=datetime(2025, 3, 5, 9, tzinfo=UTC),
            session_type=kind,
            status="completed",
        )
        world.attendance(session, history.people["Ann"])
    rates = of(history.report("session_effectiveness"), "usual_attendance_rate")
    assert sorted(rates) == [Decimal("0.7143")] * 2 + [Decimal("1.0000")] * 2


def test_sessions_that_are_not_over_do_not_count(history: History) -> None:
    world = World(history.conn)
    live = world.session(batch=history.batch, starts=timedelta(minutes=-5), status="live")
    world.attendance(live, history.people["Ann"])
    today = datetime.now(UTC).date()
    days: dict[str, Any] = {
        "from_date": today - timedelta(days=1),
        "to_date": today + timedelta(days=1),
    }

    assert of(history.report("attendance_report", **days), "sessions") == [0]
    assert history.report("student_participation", **days) == []

    history.conn.execute(
        "update public.success_sessions set status = 'completed' where id = %s", (live,)
    )
    assert of(history.report("attendance_report", **days), "attended") == [1]


# -- Which days ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grain", "periods"),
    [
        (None, [(date(2025, 2, 24), date(2025, 3, 9))]),
        (
            "week",
            [(date(2025, 2, 24), date(2025, 3, 2)), (date(2025, 3, 3), date(2025, 3, 9))],
        ),
        (
            "month",
            [(date(2025, 2, 24), date(2025, 2, 28)), (date(2025, 3, 1), date(2025, 3, 9))],
        ),
        ("day", [(date(2025, 2, 24) + timedelta(days=n),) * 2 for n in range(14)]),
    ],
)
def test_days_are_cut_into_periods_without_gaps(
    history: History, grain: str | None, periods: list[tuple[date, date]]
) -> None:
    rows = history.report("attendance_report", from_date=date(2025, 2, 24), grain=grain)

    assert [(row["period_start"], row["period_end"]) for row in rows] == periods
    assert sum(of(rows, "sessions")) == 3, "the empty ones too, and each session once"


@pytest.mark.parametrize(
    ("from_date", "grain", "before"),
    [
        (date(2025, 3, 3), None, "0.5000"),  # seven days before are the week before
        (date(2025, 3, 3), "week", "0.5000"),
        (date(2025, 3, 4), None, "0.7500"),  # the six days before end with the third of March
        (date(2025, 3, 4), "day", "0.7500"),
        (date(2025, 3, 3), "month", "0.5000"),  # 3 February to 2 March
        (date(2025, 3, 2), "day", None),  # nothing to compare with
    ],
)
def test_the_first_period_is_compared_with_the_one_before(
    history: History, from_date: date, grain: str | None, before: str | None
) -> None:
    row = history.report("attendance_report", from_date=from_date, grain=grain)[0]

    assert row["previous_attendance_rate"] == (before and Decimal(before))


def test_periods_are_compared_one_with_another(history: History) -> None:
    rows = history.report("attendance_report", from_date=date(2025, 2, 24), grain="week")

    assert of(rows, "attendance_rate") == [Decimal("0.5000"), Decimal("0.7143")]
    assert of(rows, "previous_attendance_rate") == [None, Decimal("0.5000")]
    assert of(rows, "attendance_rate_change") == [None, Decimal("0.2143")]
    marta = history.report("mentor_performance", from_date=date(2025, 2, 24), grain="week")
    assert of(marta, "mentor_name") == ["Marta", "Marta", "Milo", "Milo"]
    assert of(marta, "previous_attendance_rate") == [None, Decimal("0.5000"), None, None]
    bob = history.report("student_participation", "Bob", from_date=date(2025, 2, 24), grain="week")
    assert of(bob, "attendance_rate") == [Decimal("0.0000"), Decimal("1.0000")]
    assert of(bob, "attendance_rate_change") == [None, Decimal("1.0000")]


def test_a_day_is_a_day_of_the_time_zone_clock_changes_included(history: History) -> None:
    world = World(history.conn)
    # In Berlin, where the 30th of March had 23 hours: its first minute, its last, the next day's.
    for begins in ("2025-03-29 23:00", "2025-03-30 21:59", "2025-03-30 22:00"):
        world.session(
            batch=history.batch,
            starts=datetime.fromisoformat(f"{begins}+00:00"),
            status="completed",
        )
    days: dict[str, Any] = {
        "from_date": date(2025, 3, 29),
        "to_date": date(2025, 3, 31),
        "grain": "day",
    }

    def sessions(who: str = "Ada", **zone: Any) -> list[int]:
        return of(history.report("attendance_report", who, **days, **zone), "sessions")

    assert sessions(timezone="Europe/Berlin") == [0, 2, 1]
    assert sessions(timezone="UTC") == [1, 2, 0]
    assert sessions(timezone="America/New_York") == [1, 2, 0]
    assert sessions() == [1, 2, 0], "the caller's zone"
    history.conn.execute(
        "update public.profiles set timezone = 'Europe/Berlin' where id = %s",
        (history.people["Ada"],),
    )
    assert sessions() == [0, 2, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"from_date": None}, "from_date must not be null"),
        ({"to_date": None}, "to_date must not be null"),
        ({"to_date": FROM - timedelta(days=1)}, "to_date must not be before from_date"),
        ({"from_date": date(1999, 12, 31)}, "from_date must be in the years 2000 to 2199"),
        ({"to_date": date(2200, 1, 1)}, "to_date must be in the years 2000 to 2199"),
        (
            {"to_date": FROM + timedelta(days=1096)},
            "to_date must be at most 1095 days after from_date",
        ),
        ({"timezone": "Mars/Olympus"}, "timezone 'Mars/Olympus' is unknown"),
        ({"grain": "year"}, "grain must be day, week or month, not 'year'"),
        (
            {"grain": "day", "to_date": FROM + timedelta(days=366)},
            "to_date must be at most 365 days after from_date for grain day",
        ),
    ],
    ids=str,
)
def test_a_bad_argument_is_named(history: History, arguments: dict[str, Any], message: str) -> None:
    for report in WITH_GRAIN if "grain" in arguments else REPORTS:
        with refused(history.conn, BAD_VALUE) as told:
            history.report(report, **arguments)
        assert told.value.diag.message_primary == message
        assert told.value.diag.message_hint


@pytest.mark.parametrize("word", ["infinity", "-infinity"])
def test_days_that_are_none_are_refused(history: History, word: str) -> None:
    for argument in ("from_date", "to_date"):
        with refused(history.conn, BAD_VALUE, match="must"):
            arguments: dict[str, Any] = {argument: word}
            history.report("attendance_report", **arguments)


def test_the_longest_reports_are_answered(history: History) -> None:
    assert len(history.report("attendance_report", to_date=FROM + timedelta(days=1095))) == 1
    days = history.report("attendance_report", to_date=FROM + timedelta(days=365), grain="day")
    assert len(days) == 366


def test_all_students_of_everywhere_are_reported_for_a_month_at_most(history: History) -> None:
    month, longer = FROM + timedelta(days=30), FROM + timedelta(days=31)

    assert len(history.report("student_participation", to_date=month)) == 5
    with refused(history.conn, BAD_VALUE, match="at most 30 days after from_date for all students"):
        history.report("student_participation", to_date=longer)
    narrowings: list[dict[str, Any]] = [
        {"course_id": history.course},
        {"batch_id": history.batch},
        {"mentor_id": history.people["Marta"]},
    ]
    for narrowed in narrowings:
        assert len(history.report("student_participation", to_date=longer, **narrowed)) == 5
    assert len(history.report("student_participation", "Marta", to_date=longer)) == 5
    assert len(history.report("student_participation", "Bob", to_date=longer)) == 1


# -- What ------------------------------------------------------------------------------------------


def test_nothing_divided_by_nothing_is_unknown_not_zero(history: History) -> None:
    [row] = history.report(
        "attendance_report", from_date=date(2025, 5, 1), to_date=date(2025, 5, 2)
    )

    counts = {name: value for name, value in row.items() if value is not None}
    assert set(counts) == {
        *("period_start", "period_end", "sessions", "cancelled_sessions", "expected", "attended"),
        *("present", "late", "partial", "absent", "excused", "no_shows", "registered", "seats"),
        "ratings",
    }
    assert {value for name, value in counts.items() if not name.startswith("period")} == {0}


def test_a_mark_by_hand_counts_but_has_no_minutes(history: History) -> None:
    [before] = history.report("attendance_report")
    history.conn.execute(
        "update public.session_attendance set status = 'present'"
        " where session_id = %s and student_id = %s",
        (history.sessions["monday"], history.people["Dan"]),
    )
    [row] = history.report("attendance_report")

    assert row["attended"] == before["attended"] + 1
    assert row["mean_minutes"] == before["mean_minutes"]


def test_percentiles_are_exact_but_for_the_step_they_are_counted_in(history: History) -> None:
    steps = [*range(5, 61, 5), 75, 90, 120, 180, 240, 1440]
    session, conn = history.sessions["monday"], history.conn
    conn.execute("delete from public.session_attendance where session_id = %s", (session,))
    minutes = [0, 0, 5, 6, 33, 59, 60, 61, 75, 76, 120, 121, 240, 241, 1440]
    for number, stayed in enumerate(minutes):
        student = World(conn).student(f"Student {number}")
        history.people[str(number)] = student
        history.attended("monday", str(number), "present", stayed)
    [row] = [row for row in history.report("session_effectiveness") if row["session_id"] == session]

    for name, fraction in (("minutes_p10", 0.1), ("minutes_p50", 0.5), ("minutes_p90", 0.9)):
        exact = conn.execute(
            "select percentile_disc(%s) within group (order by minutes)"
            " from unnest(%s::integer[]) as minutes",
            (fraction, minutes),
        ).fetchone()
        assert exact is not None
        assert row[name] == next(step for step in steps if step >= exact[0])


def test_a_mentor_is_told_a_mean_rating_once_three_have_rated(history: History) -> None:
    def rated(who: str) -> list[tuple[int, Decimal | None]]:
        figures = [
            *history.report("attendance_report", who),
            *history.report("mentor_performance", who, mentor_id=history.people["Marta"]),
            history.report("session_effectiveness", who)[0],
        ]
        return [(row["ratings"], row["mean_rating"]) for row in figures]

    assert rated("Marta") == rated("Ada") == [(3, Decimal("4.00"))] * 3
    history.conn.execute(
        "delete from public.session_ratings where student_id = %s", (history.people["Cem"],)
    )
    assert rated("Marta") == [(2, None)] * 3
    assert rated("Ada") == [(2, Decimal("4.50"))] * 3


def test_a_handover_counts_for_the_one_who_hosts_and_the_one_who_had_it(history: History) -> None:
    marta, milo = history.report("mentor_performance")
    assert (marta["taken_over"], marta["handed_over"]) == (1, 0)
    assert (milo["sessions"], milo["taken_over"], milo["handed_over"]) == (0, 0, 1)
    monday, wednesday = history.report("session_effectiveness")
    assert (monday["is_handed_over"], wednesday["is_handed_over"]) == (False, True)


def test_who_missed_what_and_was_there_last(history: History) -> None:
    rows = {row["full_name"]: row for row in history.report("student_participation")}
    cem, dan = rows["Cem"], rows["Dan"]
    assert (cem["no_shows"], dan["no_shows"], dan["absent"]) == (1, 0, 1)
    assert cem["last_attended_at"] == datetime(2025, 3, 3, 18, tzinfo=UTC)
    assert cem["stay_rate"] == Decimal("0.3333")
    monday, wednesday = history.report("session_effectiveness")
    assert (monday["absent"], monday["no_shows"], wednesday["no_shows"]) == (1, 0, 1)
    assert (monday["seats"], monday["fill_rate"]) == (None, None)


def test_seats_are_those_of_sessions_that_took_place_and_have_so_many(history: History) -> None:
    conn, world = history.conn, World(history.conn)
    for name, status, capacity in (("open", "completed", None), ("off", "cancelled", 10)):
        session = world.session(
            name,
            batch=history.batch,
            starts=datetime(2025, 3, 6, 18, tzinfo=UTC),
            registration_required=True,
            capacity=capacity,
        )
        world.registration(session, history.people["Ann"])
        conn.execute(
            "update public.success_sessions set status = %s where id = %s", (status, session)
        )
    [row] = history.report("attendance_report")
    assert (row["registered"], row["seats"], row["fill_rate"]) == (3, 4, Decimal("0.7500"))
    assert history.report("session_effectiveness")[2]["fill_rate"] is None


def test_a_session_whose_host_nobody_saw_says_nothing_of_punctuality(history: History) -> None:
    """Also where somebody came who was to host it once."""
    conn, marta, milo = history.conn, history.people["Marta"], history.people["Milo"]
    starts = datetime(2025, 3, 8, 18, tzinfo=UTC)
    history.sessions["unseen"] = World(conn).session(
        batch=history.batch, mentor=marta, starts=starts
    )
    seen = "select private.note_host_presence(%s, %s, %s)"
    conn.execute(seen, (history.sessions["unseen"], milo, starts))
    history.ends("unseen")
    conn.execute(seen, (history.sessions["unseen"], milo, starts - timedelta(minutes=1)))
    of_marta = history.report("mentor_performance")[0]
    assert (of_marta["sessions"], of_marta["not_seen"]) == (3, 1)
    assert of_marta["punctuality_rate"] == Decimal("0.5000")


def test_a_session_that_did_not_take_place_is_neither_handed_over_nor_missed(
    history: History,
) -> None:
    conn, mentors = history.conn, {name: history.people[name] for name in ("Marta", "Milo")}
    session = World(conn).session(
        batch=history.batch, mentor=mentors["Marta"], starts=datetime(2025, 3, 8, 18, tzinfo=UTC)
    )
    before = history.report("mentor_performance")
    conn.execute(
        "update public.success_sessions set mentor_id = %s where id = %s",
        (mentors["Milo"], session),
    )
    assert history.report("mentor_performance") == before


def test_a_session_given_back_in_the_end_is_not_handed_over(history: History) -> None:
    conn, world = history.conn, World(history.conn)
    session = world.session(
        "Views",
        batch=history.batch,
        mentor=history.people["Milo"],
        starts=datetime(2025, 3, 7, 18, tzinfo=UTC),
    )
    for mentor in (history.people["Marta"], None, history.people["Milo"]):
        conn.execute(
            "update public.success_sessions set mentor_id = %s where id = %s", (mentor, session)
        )
    history.sessions["views"] = session
    history.ends("views")
    handovers = conn.execute(
        "select from_mentor_id, to_mentor_id from private.mentor_handovers"
        " where session_id = %s order by id",
        (session,),
    ).fetchall()
    marta, milo_id = history.people["Marta"], history.people["Milo"]
    assert handovers == [(milo_id, marta), (marta, None)]

    milo = history.report("mentor_performance")[1]
    assert (milo["sessions"], milo["taken_over"], milo["handed_over"]) == (1, 0, 1)


def test_a_host_is_seen_by_joining_and_the_first_time_counts(history: History) -> None:
    conn, marta = history.conn, history.people["Marta"]
    session = World(conn).session(
        "Now", batch=history.batch, mentor=marta, starts=timedelta(minutes=-5)
    )
    history.sessions["now"] = session
    today = datetime.now(UTC).date()

    def came() -> tuple[object, ...]:
        [row] = history.report(
            "mentor_performance", "Marta", from_date=today - timedelta(days=1), to_date=today
        )
        return row["joined_in_time"], row["joined_late"], row["not_seen"]

    for who in ("Ann", "Ada", "Marta", "Marta"):
        _join(history, who, session)
    history.ends("now")
    assert came() == (0, 1, 0)
    # A platform may tell later that it was earlier.
    history.marta_came("now", minutes_after_start=3)
    assert came() == (0, 1, 0)
    history.marta_came("now", minutes_after_start=0)
    history.marta_came("now", minutes_after_start=10)
    assert came() == (1, 0, 0)


def _join(history: History, who: str, session: UUID) -> None:
    with as_user(history.conn, history.people[who]):
        history.conn.execute("select public.join_session(%s)", (session,))


def test_the_mentor_whom_a_platform_saw_is_seen(history: History) -> None:
    conn = history.conn
    World(conn).session(
        "Now",
        batch=history.batch,
        mentor=history.people["Marta"],
        starts=timedelta(minutes=-30),
        zoom_meeting_id="123 456 789",
        status="live",
    )
    with as_service(conn):
        conn.execute(
            "select public.record_presence('zoom', 'event 1', '123456789', 'join',"
            " now() - interval '31 minutes', participant_key => %s)",
            (str(history.people["Marta"]),),
        )
    conn.execute("update public.success_sessions set status = 'completed' where title = 'Now'")

    today = datetime.now(UTC).date()
    [row] = history.report(
        "mentor_performance", "Marta", from_date=today - timedelta(days=1), to_date=today
    )
    assert (row["joined_in_time"], row["not_seen"]) == (1, 0)
