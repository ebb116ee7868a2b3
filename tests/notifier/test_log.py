"""A log line is one line, whatever is in it, and can be read back."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from notifier import log


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged; the process's own handlers come back afterwards."""
    root, mine = logging.getLogger(), logging.getLogger(log.LOGGER_NAME)
    handlers, level, my_level = root.handlers[:], root.level, mine.level
    stream = io.StringIO()
    log.configure(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    mine.setLevel(my_level)


def test_an_event_is_time_level_name_and_fields(lines: io.StringIO) -> None:
    log.event(logging.INFO, "mail", id="x1", ms=1.25, resend=True, error=None)

    stamp, rest = lines.getvalue().split(" ", 1)
    assert stamp.endswith("Z")
    assert rest == "info mail id=x1 ms=1.25 resend=true\n"


@pytest.mark.parametrize(
    "value", ["two words", "a=b", 'say "hi"', "line\nbreak", "", "back\\slash"]
)
def test_an_odd_value_is_quoted_and_never_breaks_the_line(lines: io.StringIO, value: str) -> None:
    log.event(logging.WARNING, "odd", value=value, after="here")

    assert lines.getvalue().count("\n") == 1
    assert '"' in lines.getvalue()
    assert lines.getvalue().endswith(" after=here\n")


def test_debug_is_silent_unless_asked_for(lines: io.StringIO) -> None:
    log.event(logging.DEBUG, "detail")

    assert lines.getvalue() == ""


def test_other_libraries_and_tracebacks_take_one_line_too(lines: io.StringIO) -> None:
    logging.getLogger("somewhere").warning("two\nlines")
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        logging.getLogger(log.LOGGER_NAME).exception("died", extra={"fields": {}})

    assert lines.getvalue().count("\n") == 2
    assert "ValueError" in lines.getvalue()
