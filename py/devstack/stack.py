"""The whole local stack, or the parts of it that a test needs, as one context manager."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from devstack import keys
from devstack.auth import Auth
from devstack.config import Config
from devstack.databases import Database
from devstack.functions import Functions
from devstack.gateway import Gateway, Routes
from devstack.maildev import MailCatcher, start_maildev
from devstack.postgrest import start_postgrest
from devstack.processes import Child, Supervisor
from devstack.zoom import ZoomServer

T = TypeVar("T")

EMAIL_FROM = "Live Sessions <sessions@live-sessions.test>"
"""The sender of the local notifier's mails."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts listen; None chooses a free port.

    Attributes:
        api: The gateway.
        mail_web: The inbox.
        smtp: The mail catcher.
    """

    api: int | None = None
    mail_web: int | None = None
    smtp: int | None = None


class Stack:
    """PostgREST and the gateway in front of a database; with mail also the catcher and the
    notifier, with functions also the edge functions.

    Everything runs from entry to exit. The database is somebody else's: `devstack.databases` makes
    them, and `python -m devstack up` shows all of it together.

    Args:
        database: A migrated database.
        mail: Whether to run the mail catcher and the notifier.
        functions: Whether /functions/v1 is served.
        function_secrets: What the functions find in their environment, beside what Supabase sets.
        zoom: What stands in for Zoom; the functions find it, and it finds them.
        ports: Where the parts listen.
        app_url: The frontend's address, which buttons in mails lead to.
    """

    def __init__(
        self,
        database: Database,
        *,
        mail: bool = True,
        functions: bool = False,
        function_secrets: Mapping[str, str] | None = None,
        zoom: ZoomServer | None = None,
        ports: Ports | None = None,
        app_url: str = "http://127.0.0.1:3000",
    ) -> None:
        self.database = database
        self.anon_key = keys.ANON_KEY
        self.service_role_key = keys.SERVICE_ROLE_KEY
        self.app_url = app_url
        self._with_mail = mail
        self._with_functions = functions
        self._function_secrets = {
            "MEETINGS_WORK_KEY": "local-key-worth-nothing-elsewhere",
            **({} if zoom is None else zoom.secrets()),
            **(function_secrets or {}),
        }
        self._ports = ports or Ports()
        self._exit = contextlib.ExitStack()
        self._zoom = zoom
        self._gateway: Gateway | None = None
        self._functions: Functions | None = None
        self._mail: MailCatcher | None = None
        self._supervisor: Supervisor | None = None
        self._notifier: Child | None = None

    @property
    def api_url(self) -> str:
        """What `supabase.create_client` takes as URL."""
        return _running(self._gateway).url

    @property
    def db_url(self) -> str:
        """URL of role `postgres` in the database."""
        return self.database.url

    @property
    def mail(self) -> MailCatcher:
        """The mail catcher: its inbox and its SMTP address."""
        return _running(self._mail)

    @property
    def mail_url(self) -> str:
        """The inbox, for a browser."""
        return self.mail.web_url

    @property
    def notifier(self) -> Child:
        """The notifier's process and log."""
        return _running(self._notifier)

    @property
    def zoom(self) -> ZoomServer:
        """What stands in for Zoom."""
        return _running(self._zoom)

    @property
    def functions(self) -> Functions:
        """The edge functions: their processes and logs."""
        return _running(self._functions)

    @property
    def supervisor(self) -> Supervisor:
        """Who runs the children; says which have ended."""
        return _running(self._supervisor)

    def notifier_environment(self) -> dict[str, str]:
        """The settings of a notifier that works for this stack, on top of our own environment."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "SMTP_", "RESEND_", "FUNCTIONS_"))
        }
        return inherited | {
            "DATABASE_URL": self.database.notifier_url,
            "SMTP_HOST": self.mail.smtp_host,
            "SMTP_PORT": str(self.mail.smtp_port),
            "SMTP_SECURITY": "none",
            "EMAIL_FROM": EMAIL_FROM,
            "APP_URL": self.app_url,
            "UNSUBSCRIBE_URL": (
                f"{self.api_url}/functions/v1/unsubscribe" if self._with_functions else ""
            ),
            "PYTHONUNBUFFERED": "1",
            **self._functions_for_the_notifier(),
        }

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._supervisor = stack.enter_context(Supervisor())
            logs = self._supervisor.own(Path(tempfile.mkdtemp(prefix="live-sessions-logs-")))
            rest_url = start_postgrest(self._supervisor, self.database, logs)
            self._gateway = stack.enter_context(
                Gateway(
                    lambda url: Routes(rest_url, self._make_functions(logs, url)),
                    self._auth,
                    self._ports.api or 0,
                )
            )
            if self._zoom is not None:
                self._zoom.webhook_url = f"{self.api_url}/functions/v1/zoom-webhook"
            if self._with_mail:
                self._mail = start_maildev(
                    self._supervisor,
                    logs,
                    smtp_port=self._ports.smtp,
                    web_port=self._ports.mail_web,
                )
                self._start_notifier(logs)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._exit.__exit__(exception_type, exception, traceback)

    def _make_functions(self, logs: Path, api_url: str) -> Functions | None:
        if self._with_functions:
            self._functions = Functions(
                self.supervisor,
                logs,
                api_url,
                self._function_secrets,
                Config.read().open_functions,
            )
        return self._functions

    def _functions_for_the_notifier(self) -> dict[str, str]:
        if not self._with_functions:
            return {}
        return {
            "FUNCTIONS_URL": f"{self.api_url}/functions/v1",
            "FUNCTIONS_KEY": self._function_secrets["MEETINGS_WORK_KEY"],
        }

    def _auth(self, issuer: str) -> Auth:
        return Auth(self.database.auth_admin_url, self.database.url, issuer)

    def _start_notifier(self, logs: Path) -> None:
        self._notifier = self.supervisor.spawn(
            "the notifier",
            [sys.executable, "-m", "notifier", "run"],
            log=logs / "notifier.log",
            environment=self.notifier_environment(),
        )


def _running(part: T | None) -> T:
    if part is None:
        raise RuntimeError("this part of the stack is not running")
    return part
