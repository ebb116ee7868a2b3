"""The mail catcher: takes every mail, delivers none, shows them in a web inbox."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack import http, node, ports
from devstack.processes import Supervisor


@dataclass(frozen=True, slots=True)
class MailCatcher:
    """A running maildev.

    Attributes:
        web_url: The inbox, for a browser.
        smtp_host: Where mails are handed in.
        smtp_port: The port there; no encryption, no sign-in.
    """

    web_url: str
    smtp_host: str
    smtp_port: int

    def mails(self) -> list[dict[str, Any]]:
        """All mails caught so far, the oldest first, as maildev's REST API tells them.

        Among their keys are `subject`, `to` and `from` (lists of `address` and `name`), `headers`
        (names in lowercase), `text`, `html`, and `attachments`.
        """
        mails: list[dict[str, Any]] = http.get_json(f"{self.web_url}/api/email")
        return mails

    def clear(self) -> None:
        """Throw away all mails."""
        http.delete(f"{self.web_url}/api/email/all")


def start_maildev(
    supervisor: Supervisor,
    log_folder: Path,
    *,
    smtp_port: int | None = None,
    web_port: int | None = None,
) -> MailCatcher:
    """Start maildev and wait until it takes mails.

    Args:
        supervisor: Who starts and stops it.
        log_folder: Where its output and the mails go.
        smtp_port: Where it takes mails; None chooses a free port.
        web_port: Where it shows them; None chooses a free port.

    Raises:
        StackError: Node or maildev is missing, or it does not start.
    """
    program = [str(node.node()), str(node.script("maildev/dist/bin/maildev.js"))]
    # Its own default for mails is one folder in /tmp, which all instances of all users would share.
    mails = log_folder / "mails"
    with ports.asked_for_or_reserved(web_port) as web:
        web_url = f"http://{ports.LOOPBACK}:{web}"
        options = ["--ip", ports.LOOPBACK, "--web-ip", ports.LOOPBACK, "--web", str(web)]
        options += ["--mail-directory", str(mails)]
        _, smtp = supervisor.serve(
            "maildev",
            lambda port: [*program, *options, "--smtp", str(port)],
            lambda port: http.answers_ok(f"{web_url}/api/healthz") and ports.answers(port),
            port=smtp_port,
            log=log_folder / "maildev.log",
            # Without this it looks for a configuration file in our working directory and above.
            folder=log_folder,
        )
    return MailCatcher(web_url, ports.LOOPBACK, smtp)
