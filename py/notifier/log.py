"""Structured logs: one line per record, ``time level event key=value …``.

Values with spaces, quotes or ``=`` are JSON strings, so that a line is never ambiguous and never
breaks. Records carry ids, counts, durations and redacted server replies: no address, no secret.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TextIO
from uuid import UUID

LOGGER_NAME = "notifier"

_PLAIN = re.compile(r"[^\s\"'=\\]+")


class KeyValueFormatter(logging.Formatter):
    """Formats what :func:`event` recorded; other libraries' records become ``event=log``."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        fields: dict[str, object] | None = getattr(record, "fields", None)
        if fields is None:
            name, fields = "log", {"logger": record.name, "message": record.getMessage()}
        else:
            name = str(record.msg)
        if record.exc_info:
            fields = {**fields, "traceback": self.formatException(record.exc_info)}
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        pairs = "".join(f" {key}={_value(value)}" for key, value in fields.items())
        return f"{when[:-6]}Z {record.levelname.lower()} {name}{pairs}"


def event(level: int, name: str, /, **fields: object) -> None:
    """Log ``name`` with its fields; None values are left out."""
    logger = logging.getLogger(LOGGER_NAME)
    if logger.isEnabledFor(level):
        # Made here and not by Logger.log, which looks for the caller's line first.
        record = logging.LogRecord(LOGGER_NAME, level, "", 0, name, None, None)
        record.fields = {key: value for key, value in fields.items() if value is not None}
        logger.handle(record)


def configure(stream: TextIO = sys.stderr, *, debug: bool = False) -> None:
    """Send the process's log lines to ``stream``; call once, from the composition root."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(KeyValueFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # No line says them, and each record would ask the system for them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.getLogger(LOGGER_NAME).setLevel(logging.DEBUG if debug else logging.INFO)


def _value(value: object) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, int | UUID):
        return str(value)
    return _value(str(value))
