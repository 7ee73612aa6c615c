"""Believes what named proxies say of the clients for whom they call, and nothing that other clients say."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_FROM_PROXY = "citewell.from_proxy"


class Proxies:
    """Takes the client's address and protocol from X-Forwarded-For and -Proto where a named proxy calls."""

    def __init__(self, app: ASGIApp, *, addresses: Sequence[str]) -> None:
        self._app = app
        self._networks = tuple(map(ip_network, addresses))
        self._forwarded = ProxyHeadersMiddleware(app, trusted_hosts=list(addresses))  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and notes whether a proxy sent it."""
        client = scope.get("client")
        if scope["type"] == "http" and client is not None and self._is_named(str(client[0])):
            scope[_FROM_PROXY] = True
            await self._forwarded(scope, receive, send)  # type: ignore[arg-type]
            return
        await self._app(scope, receive, send)

    def _is_named(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


def comes_from_proxy(connection: HTTPConnection) -> bool:
    """Returns whether a named proxy sent the request."""
    return bool(connection.scope.get(_FROM_PROXY))


def address_of(connection: HTTPConnection) -> str:
    """Returns the address of the client, empty where it called through a socket file."""
    return connection.client.host if connection.client else ""
