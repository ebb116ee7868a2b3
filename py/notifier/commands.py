"""The commands that try things out or look: ``check``, ``preview`` and ``report``."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from notifier.address import Mailbox
from notifier.compose import Composer
from notifier.config import Settings
from notifier.model import TransportDownError
from notifier.outbox import Outbox, OutboxError, describe_missing
from notifier.render import Renderer, known_kinds
from notifier.report import make_report
from notifier.samples import samples_of
from notifier.service import make_outbox, make_transports


async def check(settings: Settings) -> tuple[bool, list[str]]:
    """Try the configuration out without sending: whether all is well, and a line for each part."""
    findings = [await _check_database(settings)]
    for transport in make_transports(settings):
        try:
            findings.append((True, f"{transport.name}: {await transport.verify()}"))
        except TransportDownError as down:
            findings.append((False, f"{transport.name}: {down.reason}"))
        finally:
            await transport.close()
    lines = [f"{'ok  ' if fine else 'FAIL'} {text}" for fine, text in findings]
    return all(fine for fine, _ in findings), lines


def preview(
    kinds: Sequence[str], folder: Path, app_url: str, sender: Mailbox, locale: str = "en"
) -> list[Path]:
    """Write sample mails of these kinds to ``folder``, each as .eml, .html and .txt; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    composer = Composer(Renderer(app_url, sender.name), sender)
    written: list[Path] = []
    samples = {name: email for kind in kinds for name, email in samples_of(kind).items()}
    for name, email in samples.items():
        letter = composer.compose(replace(email, locale=locale))
        for suffix, content in (
            (".eml", letter.wire),
            (".html", letter.html.encode()),
            (".txt", f"{letter.edition.subject}\n\n{letter.text}".encode()),
        ):
            path = folder / f"{name}{suffix}"
            path.write_bytes(content)
            written.append(path)
    return written


async def report(database_url: str, first: date, last: date, timezone: str) -> str:
    """The report page of the days from ``first`` to ``last`` of an IANA zone.

    :raises OutboxError: the database cannot be reached or refuses.
    :raises ReportError: its answer is no report.
    """
    async with Outbox(database_url, worker="report", organizer="", app_url="") as outbox:
        return await make_report(outbox, first, last, timezone)


def preview_kinds() -> tuple[str, ...]:
    """What :func:`preview` can show."""
    return known_kinds()


async def _check_database(settings: Settings) -> tuple[bool, str]:
    outbox = make_outbox(settings)
    async with outbox:
        try:
            role, version = await outbox.whoami()
            missing = await outbox.missing_functions()
            is_read_only = await outbox.is_read_only()
        except OutboxError as error:
            return False, f"database: {error}"
    if missing:
        return False, f"database: {describe_missing(role, missing)}"
    if is_read_only:
        return False, "database: nothing can be written there: name the primary in DATABASE_URL"
    return True, f"database: {version}, as role {role}"
