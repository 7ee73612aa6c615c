"""The cookie that holds the token of a session: what it is called, who reads it, and when it is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.catalog.access.sessions import LoggedIn

_COOKIES = "citewell.cookies"
_NAME = "citewell_session"


class SendCookies:
    """Adds to each answer the cookies that were set while it was made: a session may get a new token at any request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        cookies: list[str] = []
        scope[_COOKIES] = cookies

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start" and cookies:
                added = [(b"set-cookie", cookie.encode("latin-1")) for cookie in cookies]
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        await self._app(scope, receive, send_with_cookies)


def public_address(connection: HTTPConnection, public_url: str) -> str:
    """Returns the address under which the client reaches the service, without a slash at its end."""
    if public_url:
        return public_url.rstrip("/")
    return f"{connection.url.scheme}://{connection.url.netloc}"


def is_secure(connection: HTTPConnection, public_url: str) -> bool:
    """Returns whether the client reaches the service by https."""
    return urlsplit(public_address(connection, public_url)).scheme == "https"


def session_token(connection: HTTPConnection, public_url: str) -> str | None:
    """Returns the token of the session that a request shows."""
    return connection.cookies.get(_name(secure=is_secure(connection, public_url)))


def keep_session(connection: HTTPConnection, session: LoggedIn, public_url: str) -> None:
    """Sends the session's new token with the answer, where it has one."""
    if session.new_token is not None:
        seconds = max(0, int((session.expires_at - datetime.now(UTC)).total_seconds()))
        secure = is_secure(connection, public_url)
        set_cookie(connection, _name(secure=secure), session.new_token, seconds=seconds, secure=secure)


def forget_session(connection: HTTPConnection, public_url: str) -> None:
    """Makes the browser forget the cookie."""
    secure = is_secure(connection, public_url)
    set_cookie(connection, _name(secure=secure), "", seconds=0, secure=secure)


def set_cookie(connection: HTTPConnection, name: str, value: str, *, seconds: int, secure: bool) -> None:
    """Sends a cookie with the answer that no script can read, and no other site's form sends."""
    cookie = SimpleCookie({name: value})
    for attribute, said in (("path", "/"), ("max-age", str(seconds)), ("samesite", "Lax")):
        cookie[name][attribute] = said
    cookie[name]["httponly"] = True
    cookie[name]["secure"] = secure
    connection.scope[_COOKIES].append(cookie[name].OutputString())


def _name(*, secure: bool) -> str:
    """Browsers take a name with this prefix only by https, for all paths, and for no other host."""
    return f"__Host-{_NAME}" if secure else _NAME
