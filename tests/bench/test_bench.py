"""The bench at a toy size: that it goes through, compares like with like, and says what it saw.

No test looks at a speed.
"""

from __future__ import annotations

import math
import random
import smtplib
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bench.__main__ import ROWS, main
from bench.calendar import CHECKED, Calendar, check_same
from bench.errors import BenchError
from bench.harness import Run, Samples, interleave
from bench.report import Bound, Figure, Section, Unit, table
from bench.request import Row
from bench.sink import open_sink
from bench.statistics import Summary
from devstack import ports
from devstack.databases import Database
from devstack.postgres import Server
from devstack.processes import Supervisor

BOUNDS = {
    "calendar": {"RLS ÷ owner": Bound(1.1)},
    "feed": {"feed ÷ view": Bound(1.25)},
    "analytics": {
        "200 students a session": Bound(100.0),
        "200 students a session ÷ 20": Bound(1.25),
    },
    "recurrence": {"preview_recurrence ÷ dateutil": Bound(2.0)},
    "reschedule": {"500 students ÷ 10 students": Bound(1.5)},
    "throughput": {"notifier ÷ aiosmtplib, prebuilt bytes": Bound(1.0, at_least=True)},
    "queues": {
        "notifier, mails not written ÷ pgqueuer": Bound(2.0, at_least=True),
        "notifier, mails not written ÷ procrastinate": Bound(40.0, at_least=True),
    },
    "memory": {
        "120 wait ÷ 20 wait": Bound(1.1),
        "120 wait, 30 sent ÷ 20 wait": Bound(1.1),
    },
    "idle": {"questions a minute": Bound(4.0)},
    "latency": {"idle notifier": Bound(5.0), "idle notifier, 99th percentile": Bound(20.0)},
    "urgent": {"the change to the mail recorded as sent, 99th percentile": Bound(100.0)},
    "webhooks": {"answer, 99th percentile": Bound(50.0)},
}
"""What the rows promise, as a person reads it in the table."""


def test_every_row_promises_something() -> None:
    assert set(ROWS) == set(BOUNDS)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_goes_through(name: str, template: Database) -> None:
    if name == "memory" and not Path("/proc/self/status").exists():
        pytest.skip("asks Linux")
    sections = ROWS[name](Run(lambda: template, quick=True, seed=1, say=lambda line: None))

    figures = [figure for section in sections for figure in section.figures]
    assert all(section.title.startswith(f"{name}: ") for section in sections)
    assert all(math.isfinite(figure.value) for figure in figures)
    assert all(figure.value > 0 for figure in figures if figure.spread is not None)
    bounds = {figure.label: figure.bound for figure in figures if figure.bound is not None}
    assert bounds == BOUNDS[name]


def test_the_command_prints_one_table_of_the_chosen_rows(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PG", server.superuser_url)

    assert main(["reschedule", "--quick"]) == 0

    heading, gap, title, *lines = capsys.readouterr().out.splitlines()
    assert heading.split("  ")[-1].strip() == "bound"
    assert (gap, title) == ("", "reschedule: an admin moves a session of one batch")
    labels = ["500 students", "10 students", "500 students ÷ 10 students"]
    assert [line.startswith(f"  {label}  ") for label, line in zip(labels, lines, strict=True)]
    assert lines[-1].split()[-1] in ("kept", "MISSED")


def test_a_row_that_fails_fails_the_run_but_not_the_other_rows(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PG", server.superuser_url)

    def broken(run: Run) -> list[Section]:
        raise BenchError("there is nothing to measure")

    def missed(run: Run) -> list[Section]:
        return [Section("slow: a title", [Figure("late", 11.0, Unit.RATIO, 1, bound=Bound(10.0))])]

    assert main([], {"broken": broken, "slow": missed}) == 1
    shown = capsys.readouterr()
    assert "broken could not be measured: there is nothing to measure" in shown.err
    assert "MISSED" in shown.out

    assert main(["slow"], {"broken": broken, "slow": missed}) == 0, "a missed bound is no error"


def test_a_row_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["calender"])

    assert ended.value.code == 2
    assert "'calender'" in capsys.readouterr().err


def test_each_round_gives_every_variant_the_same_input_in_changing_order() -> None:
    calls: list[tuple[str, int]] = []

    def variant(name: str, given: int) -> float:
        calls.append((name, given))
        return float(given)

    names = "abc"
    samples = interleave(
        {name: partial(variant, name) for name in names},
        range(40),
        unit=Unit.MILLISECONDS,
        chance=random.Random(1),
        warm_up=4,
    )

    rounds = [calls[at : at + len(names)] for at in range(0, len(calls), len(names))]
    for number, turn in enumerate(rounds):
        assert sorted(turn) == [(name, number) for name in names]
    assert len({"".join(name for name, _ in turn) for turn in rounds}) == 6, "all the orders"
    expected = [float(number) for number in range(4, 40)]
    assert samples.by_variant == dict.fromkeys(names, expected)


def test_a_run_that_is_all_warm_up_is_refused() -> None:
    with pytest.raises(BenchError, match="no round was left"):
        interleave({"a": float}, range(3), unit=Unit.RATIO, chance=random.Random(1), warm_up=3)


def test_ratios_are_taken_within_a_round() -> None:
    # A machine that is ten times slower in one round slows both.
    samples = Samples({"a": [2.0, 20.0, 4.0], "b": [1.0, 10.0, 4.0]}, Unit.MILLISECONDS)

    figure = samples.ratio("a ÷ b", "a", "b", Bound(1.5))

    assert (figure.value, figure.count, figure.misses_its_bound) == (2.0, 3, True)


def test_the_cost_of_an_empty_transaction_can_be_taken_off() -> None:
    samples = Samples({"a": [5.0], "b": [3.0], "none": [1.0]}, Unit.MILLISECONDS)

    assert samples.ratio_beyond("a ÷ b", "a", "b", "none").value == 2.0


def test_a_summary_tells_the_middle_how_sure_it_is_and_the_spread() -> None:
    summary = Summary.of([float(number) for number in range(101)])

    assert (summary.median, summary.p10, summary.p90, summary.count) == (50.0, 10.0, 90.0, 101)
    assert (summary.low, summary.high) == (40.0, 60.0)


def test_few_measurements_are_not_taken_for_sure() -> None:
    summary = Summary.of([3.0, 1.0, 2.0])

    assert (summary.median, summary.low, summary.high) == (2.0, 1.0, 3.0)


@pytest.mark.parametrize(
    ("value", "bound", "verdict"),
    [
        (1.10, Bound(1.10), "kept"),
        (1.11, Bound(1.10), "MISSED"),
        (0.50, Bound(0.50, at_least=True), "kept"),
        (0.49, Bound(0.50, at_least=True), "MISSED"),
    ],
)
def test_a_bound_is_kept_or_missed(value: float, bound: Bound, verdict: str) -> None:
    shown = table([Section("x: a title", [Figure("a", value, Unit.RATIO, 9, bound=bound)])])

    assert shown.splitlines()[-1].endswith(verdict)


def test_variants_that_fetch_different_rows_are_not_compared() -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    calendars = [Calendar(uuid.uuid4(), tomorrow, tomorrow) for _ in range(CHECKED)]
    odd_one = calendars[-1]

    def one(calendar: Calendar) -> list[Row]:
        return [(b"1", None)]

    def other(calendar: Calendar) -> list[Row]:
        return [(b"1", b"x" if calendar is odd_one else None)]

    assert check_same([[one, one]], iter(calendars).__next__) == 1.0
    with pytest.raises(BenchError, match=f"not fetch the same rows for {odd_one.user}"):
        check_same([[one, one], [one, other]], iter(calendars).__next__)
    with pytest.raises(BenchError, match="empty"):
        check_same([[lambda _: [], lambda _: []]], iter(calendars).__next__)


def test_the_sink_takes_mails_as_they_were_handed_in() -> None:
    content = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\n" + b"x" * 100_000 + b"\r\nthe end\r\n"
    with Supervisor() as supervisor, open_sink(supervisor) as sink:
        with smtplib.SMTP(ports.LOOPBACK, sink.port, timeout=10) as client:
            for _ in range(3):
                client.sendmail("from@example.test", ["to@example.test"], content)

        times = sink.control.times(3, seconds=10)
        assert times == sorted(times)
        assert len(times) == 3
        [mail, *_] = sink.control.kept()
        assert (mail.sender, mail.recipient) == ("from@example.test", "to@example.test")
        assert mail.content == content
        sink.control.forget()
        assert sink.control.kept() == []
        with pytest.raises(BenchError, match="no answer to XAWAIT 1"):
            sink.control.times(1, seconds=0.1)
