"""Sign-in against auth.users, as Supabase Auth does it, for local use: passwords, tokens, their
refresh, the user.

The requests, answers, error codes and claims are those of Supabase Auth, so that the client
libraries work unchanged. Sign-up, mails, other providers and factors are not here.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import jwt
import psycopg
from psycopg.rows import dict_row

from devstack import keys

TOKEN_SECONDS = 3600
"""How long an access token is good for."""

REUSE_INTERVAL = timedelta(seconds=10)
"""A token spent a moment ago may be used again: two tabs refresh at the same time."""

LogoutScope = Literal["global", "local", "others"]


class AuthError(Exception):
    """A request that is refused.

    Attributes:
        status: HTTP status.
        code: Supabase Auth's error code.
        message: What went wrong, for a person.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Auth:
    """The sign-in service of one database.

    Attributes:
        auth_admin_url: URL of role `supabase_auth_admin`, which owns the tables.
        postgres_url: URL of role `postgres`, whose pgcrypto checks passwords.
        issuer: The `iss` claim of the tokens.
    """

    auth_admin_url: str
    postgres_url: str
    issuer: str

    async def sign_in(self, email: str, password: str) -> dict[str, Any]:
        """Open a session with a password.

        Raises:
            AuthError: Wrong password or unknown user (not told apart), banned, or not confirmed.
        """
        user_id = await self._check_password(email, password)
        async with await self._connect() as connection:
            session_id = uuid4()
            await connection.execute(
                "insert into auth.sessions (id, user_id, created_at, updated_at)"
                " values (%s, %s, now(), now())",
                (session_id, user_id),
            )
            await connection.execute(
                "update auth.users set last_sign_in_at = now(), updated_at = now() where id = %s",
                (user_id,),
            )
            refresh_token = await _add_refresh_token(connection, user_id, session_id)
            return await self._session(connection, user_id, session_id, refresh_token)

    async def refresh(self, refresh_token: str) -> dict[str, Any]:
        """Exchange a refresh token for a new pair; the old one is then spent.

        Raises:
            AuthError: Unknown, or spent: then the whole session ends, since it may have been
            stolen.
        """
        async with await self._connect() as connection:
            found = await connection.execute(
                """
                select user_id::uuid, session_id, revoked, updated_at
                from auth.refresh_tokens where token = %s for update
                """,
                (refresh_token,),
            )
            row = await found.fetchone()
            if row is None:
                raise AuthError(
                    400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found"
                )
            if not row["revoked"]:
                await connection.execute(
                    "update auth.refresh_tokens set revoked = true, updated_at = now()"
                    " where token = %s",
                    (refresh_token,),
                )
                new = await _add_refresh_token(
                    connection, row["user_id"], row["session_id"], parent=refresh_token
                )
            else:
                new = await self._reused(connection, refresh_token, row)
            await connection.execute(
                "update auth.sessions"
                " set refreshed_at = now() at time zone 'utc', updated_at = now() where id = %s",
                (row["session_id"],),
            )
            return await self._session(connection, row["user_id"], row["session_id"], new)

    async def user(self, token: str) -> dict[str, Any]:
        """Whom an access token belongs to.

        Raises:
            AuthError: The token is not good, or its session has ended.
        """
        claims = _claims(token)
        async with await self._connect() as connection:
            await _check_session(connection, claims)
            return await _user(connection, UUID(claims["sub"]))

    async def sign_out(self, token: str, scope: LogoutScope) -> None:
        """End the token's session (`local`), all others of its user (`others`), or all (`global`).

        Access tokens stay good with PostgREST until they expire, as with Supabase.

        Raises:
            AuthError: The token is not good, or its session has ended.
        """
        claims = _claims(token)
        async with await self._connect() as connection:
            await _check_session(connection, claims)
            await connection.execute(
                """
                delete from auth.sessions
                where
                    user_id = %(user)s
                    and case %(scope)s
                        when 'local' then id = %(session)s
                        when 'others' then id <> %(session)s
                        else true
                    end
                """,
                {"user": claims["sub"], "session": claims["session_id"], "scope": scope},
            )

    async def _check_password(self, email: str, password: str) -> UUID:
        async with await psycopg.AsyncConnection.connect(
            self.postgres_url, row_factory=dict_row
        ) as connection:
            found = await connection.execute(
                """
                select
                    id,
                    banned_until > now() as is_banned,
                    email_confirmed_at is not null as is_confirmed,
                    num_nulls(confirmation_token, recovery_token, email_change_token_new,
                    email_change) = 0
                        as is_readable
                from auth.users
                where
                    lower(email) = lower(%s)
                    and instance_id = '00000000-0000-0000-0000-000000000000'
                    and aud = 'authenticated'
                    and not is_sso_user
                    and deleted_at is null
                    and encrypted_password = extensions.crypt(%s, encrypted_password)
                """,
                (email, password),
            )
            row = await found.fetchone()
        if row is None:
            raise AuthError(400, "invalid_credentials", "Invalid login credentials")
        if not row["is_readable"]:
            # What Supabase Auth answers, too, and a riddle there: it cannot read null in these
            # columns.
            raise AuthError(
                500,
                "unexpected_failure",
                "Database error querying schema: insert '' instead of null"
                " for the token columns of auth.users",
            )
        if row["is_banned"]:
            raise AuthError(400, "user_banned", "User is banned")
        if not row["is_confirmed"]:
            raise AuthError(400, "email_not_confirmed", "Email not confirmed")
        user_id: UUID = row["id"]
        return user_id

    async def _reused(
        self, connection: psycopg.AsyncConnection[dict[str, Any]], spent: str, row: dict[str, Any]
    ) -> str:
        found = await connection.execute(
            "select token from auth.refresh_tokens"
            " where session_id = %s and not revoked and parent = %s",
            (row["session_id"], spent),
        )
        active = await found.fetchone()
        if active is not None and datetime.now(UTC) - row["updated_at"] < REUSE_INTERVAL:
            token: str = active["token"]
            return token
        await connection.execute("delete from auth.sessions where id = %s", (row["session_id"],))
        await connection.commit()
        raise AuthError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")

    async def _session(
        self,
        connection: psycopg.AsyncConnection[dict[str, Any]],
        user_id: UUID,
        session_id: UUID,
        refresh_token: str,
    ) -> dict[str, Any]:
        user = await _user(connection, user_id)
        now = int(time.time())
        access_token = keys.sign(
            {
                "iss": self.issuer,
                "sub": user["id"],
                "aud": user["aud"],
                "exp": now + TOKEN_SECONDS,
                "iat": now,
                "email": user["email"],
                "phone": user["phone"],
                "app_metadata": user["app_metadata"],
                "user_metadata": user["user_metadata"],
                "role": user["role"],
                "aal": "aal1",
                "amr": [{"method": "password", "timestamp": now}],
                "session_id": str(session_id),
                "is_anonymous": user["is_anonymous"],
            }
        )
        return {
            "access_token": access_token,
            "token_type": "bearer",
            "expires_in": TOKEN_SECONDS,
            "expires_at": now + TOKEN_SECONDS,
            "refresh_token": refresh_token,
            "user": user,
        }

    async def _connect(self) -> psycopg.AsyncConnection[dict[str, Any]]:
        return await psycopg.AsyncConnection.connect(self.auth_admin_url, row_factory=dict_row)


def _claims(token: str) -> dict[str, Any]:
    try:
        claims = keys.verify(token)
    except jwt.InvalidTokenError as error:
        raise AuthError(
            403, "bad_jwt", f"invalid JWT: unable to parse or verify signature, {error}"
        ) from error
    if not claims.get("sub"):
        raise AuthError(403, "bad_jwt", "invalid claim: missing sub claim")
    return claims


async def _check_session(
    connection: psycopg.AsyncConnection[dict[str, Any]], claims: dict[str, Any]
) -> None:
    found = await connection.execute(
        "select from auth.sessions where id = %s and user_id = %s",
        (claims.get("session_id"), claims["sub"]),
    )
    if found.rowcount == 0:
        raise AuthError(
            403, "session_not_found", "Session from session_id claim in JWT does not exist"
        )


async def _add_refresh_token(
    connection: psycopg.AsyncConnection[dict[str, Any]],
    user_id: UUID,
    session_id: UUID,
    parent: str | None = None,
) -> str:
    token = secrets.token_urlsafe(16)
    await connection.execute(
        """
        insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at,
        updated_at, parent, session_id) values ('00000000-0000-0000-0000-000000000000', %s, %s,
        false, now(), now(), %s, %s)
        """,
        (token, str(user_id), parent, session_id),
    )
    return token


async def _user(
    connection: psycopg.AsyncConnection[dict[str, Any]], user_id: UUID
) -> dict[str, Any]:
    found = await connection.execute(
        """
        select
            id, aud, role, email, email_confirmed_at, coalesce(phone, '') as phone, confirmed_at,
            last_sign_in_at, coalesce(raw_app_meta_data, '{}') as app_metadata,
            coalesce(raw_user_meta_data, '{}') as user_metadata, created_at, updated_at,
            is_anonymous, (
                select coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id,
                            'identity_data', i.identity_data, 'provider', i.provider, 'email',
                            i.email, 'last_sign_in_at', i.last_sign_in_at, 'created_at',
                            i.created_at, 'updated_at', i.updated_at
                        )
                    ),
                    '[]'
                )
                from auth.identities as i
                where i.user_id = users.id
            ) as identities
        from auth.users
        where id = %s and deleted_at is null
        """,
        (user_id,),
    )
    row = await found.fetchone()
    if row is None:
        raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
    return {name: _json_value(value) for name, value in row.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value
