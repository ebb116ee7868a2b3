"""The keys of the local project: what signs tokens, and its API keys, old (tokens) and new (names).

They are the same on every machine, so that a frontend's settings survive a restart. They guard
nothing: the stack listens on the loopback interface only, and production has keys of its own.
"""

from typing import Any

import jwt

JWT_SECRET = "live-sessions-local-secret-worth-nothing-elsewhere"  # noqa: S105
"""Signs all tokens of the local stack (HS256)."""

_YEAR_2100 = 4102444800


def sign(claims: dict[str, Any]) -> str:
    """A token with these claims."""
    return jwt.encode(claims, JWT_SECRET, algorithm="HS256")


def verify(token: str) -> dict[str, Any]:
    """The claims of a token that is ours and has not expired, whatever its audience.

    Raises:
        jwt.InvalidTokenError: It is neither.
    """
    options: Any = {"verify_aud": False}
    claims: dict[str, Any] = jwt.decode(token, JWT_SECRET, algorithms=["HS256"], options=options)
    return claims


def _api_key(role: str) -> str:
    # Without iat: a key must not change with the day on which it was made.
    return sign({"iss": "live-sessions-local", "role": role, "exp": _YEAR_2100})


ANON_KEY = _api_key("anon")
"""What a frontend sends as `apikey` before anybody has signed in, and along with it afterwards."""

SERVICE_ROLE_KEY = _api_key("service_role")
"""What a trusted backend sends: row-level security does not apply to it."""

PUBLISHABLE_KEY = "sb_publishable_of_the_local_stack"
"""What has taken the place of the anon key: no token, so it says nothing as a bearer."""

SECRET_KEY = "sb_secret_of_the_local_stack"  # noqa: S105
"""What has taken the place of the service role's key."""

TOKENS = {
    ANON_KEY: ANON_KEY,
    SERVICE_ROLE_KEY: SERVICE_ROLE_KEY,
    PUBLISHABLE_KEY: ANON_KEY,
    SECRET_KEY: SERVICE_ROLE_KEY,
}
"""Every API key, with the token that the gateway passes on in its place."""
