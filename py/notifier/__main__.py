"""Command line: ``python -m notifier run|once|status|check|preview``.

Exit codes: 0 all is well, 1 it did not work, 2 the configuration or the command line is wrong.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from notifier import commands, config, log, service
from notifier.address import Mailbox
from notifier.model import TransportDownError
from notifier.outbox import OutboxError

EPILOG = """\
environment:
  DATABASE_URL                 connection string of role notifier
  SMTP_HOST SMTP_PORT SMTP_USERNAME SMTP_PASSWORD
  SMTP_SECURITY                starttls (default), tls or none
  RESEND_API_KEY               with SMTP_HOST too, Resend is the fail-over
  EMAIL_FROM                   Name <address>
  APP_URL                      where links in mails lead
optional:
  SMTP_CONNECTIONS (4)  RESEND_API_URL  RESEND_REQUESTS_PER_SECOND (5)
  NOTIFIER_LEASE_SECONDS (4)  NOTIFIER_POLL_SECONDS (10)  NOTIFIER_GRACE_SECONDS (25)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    log.configure(debug=options.verbose)
    try:
        return _run_command(options)
    except config.ConfigError as error:
        print(f"notifier: {error}", file=sys.stderr)
        return 2
    except (OutboxError, TransportDownError, OSError) as error:
        print(f"notifier: {error}", file=sys.stderr)
        return 1
    except Exception:
        logging.getLogger(log.LOGGER_NAME).exception("died", extra={"fields": {}})
        return 1


def _run_command(options: argparse.Namespace) -> int:
    match options.command:
        case "run":
            return asyncio.run(service.run(config.load_settings()))
        case "once":
            return asyncio.run(service.once(config.load_settings()))
        case "status":
            print(asyncio.run(commands.status(config.load_database_url())))
            return 0
        case "check":
            fine, lines = asyncio.run(commands.check(config.load_settings()))
            print("\n".join(lines))
            return 0 if fine else 1
        case _:
            return _preview(options)


def _preview(options: argparse.Namespace) -> int:
    """Without a configuration the samples say example.com."""
    app_url = config.load_app_url() if os.environ.get("APP_URL") else "https://app.example.com"
    sender = (
        config.load_email_from()
        if os.environ.get("EMAIL_FROM")
        else Mailbox("Live Sessions", "sessions@example.com")
    )
    kinds = commands.preview_kinds() if options.kind == "all" else (options.kind,)
    for path in commands.preview(kinds, options.output, app_url, sender):
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
    subparsers.add_parser("status", help="show the queue")
    subparsers.add_parser("check", help="try the configuration out, send nothing")
    preview = subparsers.add_parser("preview", help="write a sample mail to files")
    preview.add_argument("kind", choices=["all", *commands.preview_kinds()], metavar="KIND")
    preview.add_argument("-o", "--output", type=Path, default=Path("preview"), metavar="FOLDER")
    return parser


if __name__ == "__main__":
    sys.exit(main())
