"""One address for everything, laid out as on Supabase: /rest/v1 and /auth/v1 behind an API key,
/functions/v1 as each function's `verify_jwt` says.

`supabase.create_client(url, anon_key)` and its siblings in other languages work against it
unchanged.
"""

import asyncio
import hmac
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

import jwt
from aiohttp import ClientError, ClientSession, ClientTimeout, web
from multidict import CIMultiDict
from yarl import URL

from devstack import keys
from devstack.auth import Auth, AuthError
from devstack.functions import FunctionNotFoundError, FunctionNotStartedError, Functions
from devstack.ports import LOOPBACK

_API_VERSION = "2024-01-01"
"""From this version on, Supabase Auth names its error in `code` instead of `error_code`."""

_VERSION_HEADER = "X-Supabase-Api-Version"

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, "
        f"Preference-Applied, Proxy-Status, Range-Unit, {_VERSION_HEADER}"
    ),
}

# RFC 9110, section 7.6.1, and what the two HTTP libraries set themselves.
_HOP_BY_HOP = {
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Routes:
    """Where the gateway sends what it does not answer itself.

    Attributes:
        rest: URL of PostgREST.
        functions: The edge functions; None when there are to be none.
    """

    rest: str
    functions: Functions | None = None


class Gateway:
    """Serves in a thread of its own, from entry to exit.

    Args:
        routes: The servers behind it, for the gateway's URL.
        auth: Who answers /auth/v1, for the URL it is reached at.
        port: The TCP port; 0 chooses a free one, `port` then tells which.
    """

    def __init__(
        self, routes: Callable[[str], Routes], auth: Callable[[str], Auth], port: int = 0
    ) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, port))
        self.url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        self._routes = routes(self.url)
        self._auth = auth(f"{self.url}/auth/v1")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        # PostgREST answers within its statement timeouts; only connecting to it may hang.
        timeout = ClientTimeout(total=None, sock_connect=5)
        async with ClientSession(timeout=timeout, auto_decompress=False) as client:
            runner = web.AppRunner(
                _application(self._routes, self._auth, client),
                access_log=None,
                shutdown_timeout=1,
                auto_decompress=False,  # what a body says of itself is for its reader to judge
            )
            await runner.setup()
            try:
                await web.SockSite(runner, self._socket).start()
                self._ready.set()
                await self._stop.wait()
            finally:
                await runner.cleanup()


def _application(routes: Routes, auth: Auth, client: ClientSession) -> web.Application:
    application = web.Application(middlewares=[_cors, _require_api_key], client_max_size=2**26)
    handlers = _AuthHandlers(auth)
    application.add_routes(
        [
            web.post("/auth/v1/token", handlers.token),
            web.get("/auth/v1/user", handlers.user),
            web.post("/auth/v1/logout", handlers.logout),
            web.get("/auth/v1/settings", handlers.settings),
            web.get("/auth/v1/health", handlers.health),
            web.get("/auth/v1/.well-known/jwks.json", handlers.public_keys),
            web.route("*", "/rest/v1{path:(/.*)?}", partial(_forward, client, routes.rest)),
        ]
    )
    if routes.functions is not None:
        application.router.add_route(
            "*",
            "/functions/v1/{name}{path:(/.*)?}",
            _FunctionHandler(client, routes.functions).answer,
        )
    return application


@web.middleware
async def _cors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    if _is_for_a_function(request):
        # Which pages may read its answers is for the function to say, here as on Supabase.
        return await handler(request)
    if request.method == "OPTIONS":
        asked = request.headers.get("Access-Control-Request-Headers", "*")
        return web.Response(
            status=204,
            headers={
                **_CORS,
                "Access-Control-Allow-Methods": "GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS",
                "Access-Control-Allow-Headers": asked,
                "Access-Control-Max-Age": "3600",
            },
        )
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        # A browser shows a page the reason only when the refusal, too, allows it to look.
        refusal.headers.update(_CORS)
        raise
    if not response.prepared:
        response.headers.update(_CORS)
    return response


@web.middleware
async def _require_api_key(request: web.Request, handler: _Handler) -> web.StreamResponse:
    if _is_for_a_function(request):
        return await handler(request)
    given = request.headers.get("apikey") or request.query.get("apikey")
    if given is None:
        return web.json_response(
            {
                "message": "No API key found in request",
                "hint": "No `apikey` request header or url param was found.",
            },
            status=401,
        )
    if not _is_api_key(given):
        return web.json_response(
            {
                "message": "Invalid API key",
                "hint": "Double check your Supabase `anon` or `service_role` API key.",
            },
            status=401,
        )
    return await handler(request)


def _is_api_key(given: str) -> bool:
    return any(hmac.compare_digest(given.encode(), key.encode()) for key in keys.TOKENS)


def _is_for_a_function(request: web.Request) -> bool:
    return request.path.startswith("/functions/v1/")


async def _forward(
    client: ClientSession, upstream: str, request: web.Request
) -> web.StreamResponse:
    path = request.rel_url.raw_path.split("/v1", 1)[1] or "/"
    query = "&".join(
        part
        for part in request.rel_url.raw_query_string.split("&")
        if part and not part.startswith("apikey=")
    )
    target = URL(f"{upstream}{path}{'?' + query if query else ''}", encoded=True)
    body = await request.read()
    try:
        async with client.request(
            request.method,
            target,
            headers=_request_headers(request),
            data=body or None,
            allow_redirects=False,
        ) as answer:
            return web.Response(
                status=answer.status,
                reason=answer.reason,
                headers=_passed_on(answer.headers, cors=_is_for_a_function(request)),
                body=await answer.read(),
            )
    except (ClientError, TimeoutError) as error:
        return web.json_response(
            {"message": f"The server behind the gateway does not answer: {error}"}, status=502
        )


@dataclass(frozen=True, slots=True)
class _FunctionHandler:
    """Answers as Supabase does where a function cannot."""

    client: ClientSession
    functions: Functions

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if request.method != "OPTIONS" and self.functions.needs_token(name):
            refusal = _token_refusal(request)
            if refusal is not None:
                return web.json_response({"code": 401, "message": refusal}, status=401)
        try:
            upstream = await self.functions.address(name)
        except FunctionNotFoundError:
            return web.json_response(
                {"code": "NOT_FOUND", "message": "Requested function was not found"}, status=404
            )
        except FunctionNotStartedError:
            return web.json_response(
                {
                    "code": "BOOT_ERROR",
                    "message": "Function failed to start (please check logs)",
                },
                status=503,
            )
        return await _forward(self.client, upstream, request)


def _token_refusal(request: web.Request) -> str | None:
    authorization = request.headers.get("Authorization")
    if authorization is None:
        given = request.headers.get("apikey")
        if given is None:
            return "Missing authorization header"
        return None if _is_api_key(given) else "Invalid API key"
    kind, _, token = authorization.partition(" ")
    try:
        keys.verify(token if kind.lower() == "bearer" else "")
    except jwt.InvalidTokenError:
        return "Invalid JWT"
    return None


def _request_headers(request: web.Request) -> CIMultiDict[str]:
    headers = _passed_on(request.headers)
    given = headers.popone("apikey", None) or request.query.get("apikey")
    if given is not None:
        # Whoever has not signed in is who the API key says.
        headers.setdefault("Authorization", f"Bearer {keys.TOKENS.get(given, given)}")
    return headers


def _passed_on(headers: Mapping[str, str], *, cors: bool = False) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in _HOP_BY_HOP
        and (cors or not name.lower().startswith("access-control-"))
    )


@dataclass(frozen=True, slots=True)
class _AuthHandlers:
    auth: Auth

    async def token(self, request: web.Request) -> web.StreamResponse:
        async def answer() -> dict[str, Any]:
            fields = await _fields(request)
            match request.query.get("grant_type"):
                case "password":
                    return await self.auth.sign_in(
                        _text(fields, "email"), _text(fields, "password")
                    )
                case "refresh_token":
                    return await self.auth.refresh(_text(fields, "refresh_token"))
                case other:
                    raise AuthError(400, "validation_failed", f"unsupported grant_type {other}")

        return await _answer(request, answer())

    async def user(self, request: web.Request) -> web.StreamResponse:
        async def answer() -> dict[str, Any]:
            return await self.auth.user(_bearer(request))

        return await _answer(request, answer())

    async def logout(self, request: web.Request) -> web.StreamResponse:
        async def answer() -> None:
            match request.query.get("scope", "global"):
                case "global" | "local" | "others" as scope:
                    await self.auth.sign_out(_bearer(request), scope)
                case scope:
                    raise AuthError(400, "validation_failed", f"Unsupported logout scope {scope!r}")

        return await _answer(request, answer())

    async def settings(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {
                "external": {"email": True, "phone": False, "anonymous_users": False},
                "disable_signup": True,
                "mailer_autoconfirm": False,
                "phone_autoconfirm": False,
                "saml_enabled": False,
            }
        )

    async def health(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {"name": "GoTrue", "version": "local", "description": "Sign-in of the local stack"}
        )

    async def public_keys(self, request: web.Request) -> web.StreamResponse:
        # Tokens are signed with a shared secret, so there is no public key to hand out.
        return web.json_response({"keys": []})


async def _answer(
    request: web.Request, result: Awaitable[dict[str, Any] | None]
) -> web.StreamResponse:
    try:
        body = await result
    except AuthError as error:
        if request.headers.get(_VERSION_HEADER, "") >= _API_VERSION:
            refusal = {"code": error.code, "message": error.message}
            return web.json_response(
                refusal, status=error.status, headers={_VERSION_HEADER: _API_VERSION}
            )
        legacy = {"code": error.status, "error_code": error.code, "msg": error.message}
        return web.json_response(legacy, status=error.status)
    return web.Response(status=204) if body is None else web.json_response(body)


async def _fields(request: web.Request) -> dict[str, Any]:
    try:
        fields = await request.json()
    except ValueError as error:
        raise AuthError(
            400, "bad_json", f"Could not parse request body as JSON: {error}"
        ) from error
    if not isinstance(fields, dict):
        raise AuthError(400, "bad_json", "The request body must be a JSON object")
    return fields


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise AuthError(400, "validation_failed", f"{name} is missing")
    return value


def _bearer(request: web.Request) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise AuthError(401, "no_authorization", "This endpoint requires a Bearer token")
    return token
