"""Requests as PostgREST makes them: one transaction on a pooled connection, in the caller's role.

With libpq's own blocking calls, no driver on top, and prepared statements, as PostgREST has them:
four round trips, and next to no time of ours between them.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from psycopg.pq import ConnStatus, ExecStatus, PGconn, abc

from bench.errors import BenchError

_SETTINGS = b"""
select
    set_config('search_path', $1, true),
    set_config('role', $2, true),
    set_config('statement_timeout', $3, true),
    set_config('request.jwt.claims', $4, true),
    set_config('request.method', $5, true),
    set_config('request.path', $6, true),
    set_config('request.headers', $7, true),
    set_config('request.cookies', $8, true)
"""
_HEADERS = json.dumps({"host": "127.0.0.1", "accept": "*/*", "x-client-info": "bench"}).encode()

Row = tuple[bytes | None, ...]
"""A row as the server sent it: texts, null as None."""


@dataclass(frozen=True, slots=True)
class Request:
    """A kind of request on a connection of its own, prepared there.

    Attributes:
        connection: The connection.
        role: The role that the transaction takes on.
        begin: How the transaction begins.
        parameter_count: How many parameters its statement has.
        statement_timeout: After what the server gives up.
    """

    connection: abc.PGconn = field(repr=False)
    role: str
    begin: bytes
    parameter_count: int
    statement_timeout: str

    def seconds(self, user: UUID, *parameters: str) -> float:
        """Make the request once; how long the whole transaction took.

        Args:
            user: Who makes it, as the token says.
            *parameters: The statement's parameters, as texts.
        """
        settings = self._settings(user)
        values = [parameter.encode() for parameter in parameters]
        began = time.perf_counter()
        self._transaction(settings, values)
        return time.perf_counter() - began

    def committed_at(self, user: UUID, *parameters: str) -> float:
        """Make the request once; the monotonic clock, in seconds, when COMMIT was sent."""
        self._until_commit(self._settings(user), [parameter.encode() for parameter in parameters])
        sent_at = time.monotonic()
        self._commit()
        return sent_at

    def rows(self, user: UUID, *parameters: str) -> list[Row]:
        """Make the request once; what it answers."""
        values = [parameter.encode() for parameter in parameters]
        result = self._transaction(self._settings(user), values)
        return [
            tuple(result.get_value(row, column) for column in range(result.nfields))
            for row in range(result.ntuples)
        ]

    def _settings(self, user: UUID) -> list[bytes]:
        claims = {"sub": str(user), "role": "authenticated", "aud": "authenticated"}
        return [
            b'"public", "extensions"',
            self.role.encode(),
            self.statement_timeout.encode(),
            json.dumps(claims).encode(),
            b"GET",
            b"/success_sessions",
            _HEADERS,
            b"{}",
        ]

    def _transaction(self, settings: Sequence[bytes], values: Sequence[bytes]) -> abc.PGresult:
        result = self._until_commit(settings, values)
        self._commit()
        return result

    def _until_commit(self, settings: Sequence[bytes], values: Sequence[bytes]) -> abc.PGresult:
        connection = self.connection
        _done(connection, connection.exec_(self.begin))
        _done(connection, connection.exec_prepared(b"settings", settings))
        return _done(connection, connection.exec_prepared(b"statement", values))

    def _commit(self) -> None:
        _done(self.connection, self.connection.exec_(b"commit"))


@dataclass(frozen=True, slots=True)
class Requests:
    """Opens requests; use `open_requests`."""

    _exit: ExitStack

    def open(
        self,
        url: str,
        role: str,
        statement: str,
        *,
        writes: bool = False,
        statement_timeout: str = "8s",
    ) -> Request:
        """Prepare a request on a new connection.

        Args:
            url: Who logs in where.
            role: The role that the transaction takes on.
            statement: What it does, with parameters $1, $2 …
            writes: Whether the transaction may write.
            statement_timeout: After what the server gives up; by default as for API users.

        Raises:
            BenchError: The server refuses the connection or the statement.
        """
        connection = PGconn.connect(url.encode())
        self._exit.callback(connection.finish)
        if connection.status != ConnStatus.OK:
            raise BenchError(_message(connection))
        _done(connection, connection.prepare(b"settings", _SETTINGS))
        _done(connection, connection.prepare(b"statement", statement.encode()))
        described = _done(connection, connection.describe_prepared(b"statement"))
        access = b"read write" if writes else b"read only"
        begin = b"begin isolation level read committed " + access
        return Request(connection, role, begin, described.nparams, statement_timeout)


@contextmanager
def open_requests() -> Iterator[Requests]:
    """Requests whose connections are closed at the end."""
    with ExitStack() as stack:
        yield Requests(stack)


def _done(connection: abc.PGconn, result: abc.PGresult) -> abc.PGresult:
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise BenchError(_message(connection))
    return result


def _message(connection: abc.PGconn) -> str:
    return connection.error_message.decode(errors="replace").strip()
