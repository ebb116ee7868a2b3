"""Command line: ``python -m notifier run|once|check|preview|report``, and what operators need.

Exit codes: 0 all is well, 1 it did not work, 2 the configuration or the command line is wrong. The
loop is uvloop's, in which mails take a tenth less.
"""

import argparse
import logging
import os
import re
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import uvloop

from notifier import commands, config, log, operate, service
from notifier.address import Mailbox
from notifier.message import MessageError
from notifier.model import TransportDownError
from notifier.outbox import OutboxError
from notifier.report import ReportError
from notifier.report_mail import last_week
from notifier.when import resolve_zone

EPILOG = """\
environment:
  DATABASE_URL                 connection string of role notifier
  SMTP_HOST SMTP_PORT SMTP_USERNAME SMTP_PASSWORD
  SMTP_SECURITY                starttls (default), tls or none
  RESEND_API_KEY               with SMTP_HOST too, Resend is the fail-over
  EMAIL_FROM                   Name <address>
  APP_URL                      where links in mails lead
  UNSUBSCRIBE_URL              the edge function unsubscribe; unset: mails offer none
optional:
  SMTP_CONNECTIONS (8)  RESEND_API_URL  RESEND_REQUESTS_PER_SECOND (5)
  FUNCTIONS_URL FUNCTIONS_KEY  have the edge function meetings work when it has to
  NOTIFIER_LEASE_SECONDS (4)  NOTIFIER_POLL_SECONDS (30)  NOTIFIER_GRACE_SECONDS (25)
  NOTIFIER_SUPPRESS_AFTER (3)  NOTIFIER_WEBHOOK_NETWORKS  NOTIFIER_MONITOR
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(words)
    _open_standard_streams()
    log.configure(debug=options.verbose)
    try:
        if any("\udc80" <= character <= "\udcff" for word in words for character in word):
            raise config.ConfigError("the command line is not in UTF-8")
        return _run_command(options)
    except config.ConfigError as error:
        print(f"notifier: {error}", file=sys.stderr)
        return 2
    except (OutboxError, ReportError, TransportDownError, MessageError, OSError) as error:
        print(f"notifier: {error}", file=sys.stderr)
        return 1
    except Exception:
        logging.getLogger(log.LOGGER_NAME).exception("died", extra={"fields": {}})
        return 1


def _open_standard_streams() -> None:
    """Fill the places of those that were closed: uvloop's loop aborts the process when it closes a
    connection that has got the number of one.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def _run_command(options: argparse.Namespace) -> int:
    match options.command:
        case "run":
            return uvloop.run(service.run(config.load_settings()))
        case "once":
            return uvloop.run(service.once(config.load_settings()))
        case "check":
            fine, lines = uvloop.run(commands.check(config.load_settings()))
            print("\n".join(lines))
            return 0 if fine else 1
        case "send-test":
            fine, line = uvloop.run(operate.send_test(config.load_settings(), options.address))
            print(line)
            return 0 if fine else 1
        case "preview":
            return _preview(options)
        case "report":
            return _report(options)
        case _:
            return _operate(options, config.load_database_url())


def _operate(options: argparse.Namespace, url: str) -> int:
    """The commands that need nothing but the database."""
    work: Coroutine[object, object, str | None]
    match options.command, getattr(options, "action", None):
        case "status", _:
            work = operate.status(url)
        case "dead", "list":
            work = operate.list_dead(url, options.limit)
        case "dead", "show":
            work = operate.show(url, options.mail)
        case "dead", "retry":
            work = operate.retry(url, None if options.all else options.mails)
        case "dead", _:
            work = operate.discard(url, None if options.all else options.mails)
        case "in-doubt", _:
            work = operate.list_in_doubt(url, options.limit)
        case "limit", "list":
            work = operate.list_limits(url)
        case "limit", "set":
            work = operate.set_limit(url, options.domain, options.per_minute)
        case "limit", _:
            work = operate.set_limit(url, options.domain, None)
        case "suppress", "list":
            work = operate.list_suppressed(url, options.address, options.limit)
        case "suppress", "add":
            work = operate.suppress(url, options.address)
        case "suppress", _:
            work = operate.unsuppress(url, options.address)
        case "replay", _:
            work = operate.replay(url, options.event)
        case _:
            work = operate.purge(url, options.older_than)
    text = uvloop.run(work)
    print("nothing is known of it" if text is None else text)
    return 1 if text is None else 0


def _preview(options: argparse.Namespace) -> int:
    """Without a configuration the samples say example.com."""
    app_url = config.load_app_url() if os.environ.get("APP_URL") else "https://app.example.com"
    sender = (
        config.load_email_from()
        if os.environ.get("EMAIL_FROM")
        else Mailbox("Live Sessions", "sessions@example.com")
    )
    kinds = commands.preview_kinds() if options.kind == "all" else (options.kind,)
    for path in commands.preview(kinds, options.output, app_url, sender, options.locale):
        print(path)
    return 0


def _report(options: argparse.Namespace) -> int:
    """One file, named after its days unless told otherwise; or mails that nobody gets twice."""
    first, last = options.first, options.last
    if first is None and last is None:
        first, last = last_week(resolve_zone(options.timezone or "UTC"), datetime.now(UTC))
    elif first is None or last is None:
        raise config.ConfigError("report needs both --from and --to, or neither for last week")
    if options.mail:
        mailed = uvloop.run(
            service.mail_report_once(config.load_settings(), first, last, options.timezone)
        )
        print(f"sent={mailed.sent} failed={len(mailed.refusals)} held={mailed.held}")
        print("\n".join(mailed.refusals), end="\n" if mailed.refusals else "", file=sys.stderr)
        return 1 if mailed.refusals or mailed.held else 0
    page = uvloop.run(
        commands.report(config.load_database_url(), first, last, options.timezone or "UTC")
    )
    path: Path = options.output or Path(f"report-{first}-{last}.html")
    path.write_text(page, encoding="utf-8")
    print(path)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="notifier",
        description="Turns session events in the database into emails.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")
    subparsers = parser.add_subparsers(dest="command", required=True)
    subparsers.add_parser("run", help="work until SIGTERM")
    subparsers.add_parser("once", help="send what is due, then exit")
    subparsers.add_parser("check", help="try the configuration out, send nothing")
    preview = subparsers.add_parser("preview", help="write a sample mail to files")
    preview.add_argument("kind", choices=["all", *commands.preview_kinds()], metavar="KIND")
    preview.add_argument("-o", "--output", type=Path, default=Path("preview"), metavar="FOLDER")
    preview.add_argument("--locale", default="en", metavar="TAG", help="language, such as pl (en)")
    report = subparsers.add_parser(
        "report",
        help="write the report of some days as an HTML page, or mail it to those who asked for it",
    )
    for option, name, meaning in (
        ("--from", "first", "first day, such as 2027-03-01; with neither: last week"),
        ("--to", "last", "last day, included"),
    ):
        report.add_argument(option, dest=name, type=date.fromisoformat, metavar="DAY", help=meaning)
    report.add_argument(
        "--timezone", metavar="ZONE", help="IANA, of the days; UTC, with --mail the recipient's own"
    )
    how = report.add_mutually_exclusive_group()
    how.add_argument("-o", "--output", type=Path, metavar="FILE")
    how.add_argument(
        "--mail",
        action="store_true",
        help="mail it to the managers who want it and were not sent it",
    )
    send_test = subparsers.add_parser("send-test", help="send a sample mail to an address")
    send_test.add_argument("address", metavar="ADDRESS")
    _add_operators(subparsers)
    return parser


def _add_operators(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    subparsers.add_parser("status", help="show the queue")
    dead = subparsers.add_parser("dead", help="mails that were given up").add_subparsers(
        dest="action", required=True
    )
    _add_limit(dead.add_parser("list", help="show them, newest first"))
    show = dead.add_parser("show", help="everything the outbox knows of one mail")
    show.add_argument("mail", type=UUID, metavar="MAIL")
    for action, about in (("retry", "try them again"), ("discard", "put them away")):
        which = dead.add_parser(action, help=about).add_mutually_exclusive_group(required=True)
        which.add_argument("mails", nargs="*", type=UUID, metavar="MAIL", default=[])
        which.add_argument("--all", action="store_true", help="all that are dead now")
    _add_limit(subparsers.add_parser("in-doubt", help="mails that may have been sent already"))
    suppress = subparsers.add_parser(
        "suppress", help="addresses that nothing is sent to"
    ).add_subparsers(dest="action", required=True)
    listed = suppress.add_parser("list", help="show their hashes, or what is known of one")
    listed.add_argument("address", nargs="?", metavar="ADDRESS")
    _add_limit(listed)
    for action, about in (("add", "send nothing to it"), ("remove", "send to it again")):
        suppress.add_parser(action, help=about).add_argument("address", metavar="ADDRESS")
    limit = subparsers.add_parser("limit", help="mails a minute, over all workers").add_subparsers(
        dest="action", required=True
    )
    limit.add_parser("list", help="show the limits")
    set_limit = limit.add_parser("set", help="set one")
    set_limit.add_argument("domain", metavar="DOMAIN", help="what follows the @; * for all mail")
    set_limit.add_argument("per_minute", type=_number(1_000_000), metavar="MAILS")
    limit.add_parser("lift", help="lift one").add_argument("domain", metavar="DOMAIN")
    replay = subparsers.add_parser("replay", help="tell again what an event told")
    replay.add_argument("event", type=_number(2**63 - 1), metavar="EVENT")
    purge = subparsers.add_parser("purge", help="forget what is old")
    purge.add_argument(
        "--older-than",
        type=_duration,
        required=True,
        metavar="TIME",
        help="since the session's end: 90d, 52w or 48h",
    )


def _add_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=_number(2**31 - 1), default=50, metavar="N", help="rows at most (50)"
    )


def _number(high: int) -> Callable[[str], int]:
    """Reads a number from 1 to ``high``: for a higher one the database would know no function."""

    def number(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,19}", text) or not 1 <= int(text) <= high:
            raise argparse.ArgumentTypeError(
                f"{text[:50]!r} is not a whole number from 1 to {high}"
            )
        return int(text)

    return number


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: use 90d, 52w or 48h")
    unit = {"h": "hours", "d": "days", "w": "weeks"}[match[2]]
    return timedelta(**{unit: int(match[1])})


if __name__ == "__main__":
    sys.exit(main())
