"""Finds out who sends a request: by an API key, by the header of a proxy, or by the session of a browser."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from api.access.cookies import keep_session, session_token
from api.access.proxies import comes_from_proxy
from rag.access.principal import Principal, Via
from rag.catalog.access.people import People
from rag.catalog.access.users import User
from rag.errors import CrossOriginError, LoginRequiredError, UnknownUserError
from rag.settings import SecuritySettings

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_PAGES = frozenset({"same-origin", "none"})
SESSION_KEY = "citewell.session"
"""In the scope of a request: the id of its session."""


def find_caller(connection: HTTPConnection, people: People, settings: SecuritySettings, *, tenant: str) -> Principal:
    """Returns the user who sends a request. It reads the catalogue. ``tenant``: that of users who are new.

    An API key goes first, so that a program is what its key says, whatever else it sends.

    Raises:
        LoginRequiredError: it does not say who sends it, or not in a way that holds. What is wrong is not told.
        CrossOriginError: it changes something, and a session's cookie came from a page that is not the service's own.
    """
    if "authorization" in connection.headers:
        return _by_key(connection.headers["authorization"], people)
    if settings.proxy_user_header and comes_from_proxy(connection):
        return _by_proxy(connection.headers.get(settings.proxy_user_header, ""), people, settings, tenant=tenant)
    return _by_session(connection, people, settings)


def arrive(people: People, settings: SecuritySettings, name: str, *, tenant: str, subject: str | None = None) -> User:
    """Returns the user of a name that a provider or a proxy vouches for; adds one where the settings allow it.

    Raises:
        LoginRequiredError: there is no such user, and none is added, or the user is disabled.
    """
    try:
        user = people.users.named(name)
    except UnknownUserError:
        if not settings.new_user_roles:
            raise LoginRequiredError from None
        home = settings.new_user_tenant or tenant
        people.tenants.ensure(home)
        user = people.users.add(home, name, roles=settings.new_user_roles, subject=subject)
    if user.disabled:
        raise LoginRequiredError
    return user


def _by_key(header: str, people: People) -> Principal:
    scheme, _, key = header.partition(" ")
    found = people.keys.find(key.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise LoginRequiredError
    return found


def _by_proxy(name: str, people: People, settings: SecuritySettings, *, tenant: str) -> Principal:
    if not name:
        raise LoginRequiredError
    return arrive(people, settings, name, tenant=tenant).principal(Via.PROXY)


def _by_session(connection: HTTPConnection, people: People, settings: SecuritySettings) -> Principal:
    token = session_token(connection, settings.public_url)
    session = people.sessions.find(token) if token else None
    if session is None:
        raise LoginRequiredError
    _refuse_foreign_page(connection)
    keep_session(connection, session, settings.public_url)
    connection.scope[SESSION_KEY] = session.session_id
    return session.user.principal(Via.SESSION)


def _refuse_foreign_page(connection: HTTPConnection) -> None:
    """Browsers name the page that changes something. ``SameOrigin`` has compared it; here it must be named at all."""
    named = "origin" in connection.headers or connection.headers.get("sec-fetch-site") in _OWN_PAGES
    if connection.scope["method"] not in _READS and not named:
        raise CrossOriginError
