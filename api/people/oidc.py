"""The way to the OpenID Connect provider, and back."""

from __future__ import annotations

import logging
from functools import partial
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from api.access.cookies import is_secure, keep_session, public_address, set_cookie
from api.access.identify import arrive
from api.access.oidc import ATTEMPT_SECONDS, Arrival, Attempt, Provider
from api.caller import become, default_tenant
from api.dependencies import ServiceDependency, run_in_thread, run_in_writer_thread
from ingest.service import Service
from rag.access.principal import Via
from rag.catalog.access.sessions import LoggedIn
from rag.catalog.endpoints.sealing import Seal
from rag.errors import LoginRequiredError, NotFoundError, OidcError, SealedKeyError

router = APIRouter(prefix="/login/oidc", include_in_schema=False)

_LOG = logging.getLogger(__name__)
_COOKIE = "citewell_oidc"
_MOST_CHARACTERS = 1_024
_FAILED = "/login?failed=oidc"


@router.get("")
async def begin_oidc(service: ServiceDependency, request: Request, to: str = "/") -> RedirectResponse:
    """Sends the browser to the provider."""
    provider = _provider(service)
    attempt = Attempt.new(_own_path(to))
    try:
        address = await run_in_thread(provider.begin, attempt, return_to=_return_to(service, request))
    except OidcError as error:
        return _failed(error)
    sealed = await run_in_thread(partial(_seal(service).seal, attempt.dump(), bound_to=_COOKIE))
    _set(service, request, sealed, seconds=ATTEMPT_SECONDS)
    return _to(address)


@router.get("/return")
async def finish_oidc(
    service: ServiceDependency, request: Request, state: str = "", code: str = "", error: str = ""
) -> RedirectResponse:
    """Begins a session for the user with whom the provider sends the browser back."""
    provider = _provider(service)
    sealed = request.cookies.get(_COOKIE, "")
    _set(service, request, "", seconds=0)
    try:
        if error:
            raise OidcError(f"it answered {error[:64]!r}")
        attempt = Attempt.load(await run_in_thread(partial(_seal(service).open, sealed, bound_to=_COOKIE)))
        return_to = _return_to(service, request)
        finish = partial(provider.finish, attempt, state=state, code=code, return_to=return_to)
        arrival = await run_in_thread(finish)
        session = await run_in_writer_thread(_begin, service, arrival)
    except (OidcError, SealedKeyError, LoginRequiredError) as failure:
        return _failed(failure)
    keep_session(request, session, service.settings.security.public_url)
    become(request, session.user.principal(Via.SESSION))
    return _to(attempt.onward)


def _begin(service: Service, arrival: Arrival) -> LoggedIn:
    """Finds the user by the subject, which the provider gives to one user for good, else by the name."""
    people = service.storage.people
    user = people.users.of_subject(arrival.subject)
    if user is None:
        security = service.settings.security
        user = arrive(people, security, arrival.name, tenant=default_tenant(service), subject=arrival.subject)
        if user.subject not in {None, arrival.subject}:
            raise OidcError("the user of this name logs in with another account of the provider")
        people.users.set_subject(user.user_id, arrival.subject)
    if user.disabled:
        raise LoginRequiredError
    if arrival.groups is not None:
        people.groups.take_over(user.tenant, user.user_id, arrival.groups)
    return people.sessions.begin(user.user_id)


def _provider(service: Service) -> Provider:
    """Returns the provider of the settings.

    Raises:
        NotFoundError: they name none, or there are no logins.
    """
    security = service.settings.security
    if not (security.logins and security.oidc.issuer):
        raise NotFoundError("This service has no OpenID Connect provider. CITEWELL_SECURITY__OIDC__ISSUER names one.")
    return Provider(security.oidc)


def _return_to(service: Service, request: Request) -> str:
    return public_address(request, service.settings.security.public_url) + "/login/oidc/return"


def _seal(service: Service) -> Seal:
    return Seal(service.settings.storage)


def _set(service: Service, request: Request, value: str, *, seconds: int) -> None:
    secure = is_secure(request, service.settings.security.public_url)
    set_cookie(request, _COOKIE, value, seconds=seconds, secure=secure)


def _own_path(wanted: str) -> str:
    """Returns a path of this service: that which is wanted, or the first page."""
    is_path = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_path and len(wanted) <= _MOST_CHARACTERS else "/"


def _failed(error: Exception) -> RedirectResponse:
    _LOG.warning("A login at the OpenID Connect provider did not succeed: %s", error)
    return _to(_FAILED)


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
