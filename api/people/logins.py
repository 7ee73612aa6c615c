"""Log in and out, say who one is, and keep one's own password and sessions."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request, status

from api.access.cookies import forget_session, keep_session
from api.access.identify import SESSION_KEY
from api.access.notes import note
from api.access.proxies import address_of
from api.caller import Caller, CallerDependency, PersonDependency, become
from api.dependencies import ServiceDependency, run_in_thread, run_in_writer_thread
from api.people.schemas import (
    InvitedUser,
    LinkAcceptance,
    LinkRequest,
    LoginRequest,
    Me,
    PasswordChange,
    SessionBody,
    SessionList,
)
from ingest.service import Service
from rag.access import passwords
from rag.access.principal import Via
from rag.catalog.access.users import User
from rag.errors import UnknownUserError

router = APIRouter(prefix="/v1", tags=["logins"])


@router.get("/me")
async def get_me(service: ServiceDependency, caller: CallerDependency) -> Me:
    """Says who sends the request, and what that caller may do."""
    return await _me(service, caller)


@router.post("/login")
async def login(service: ServiceDependency, request: Request, body: LoginRequest) -> Me:
    """Begins a session: the answer sets its cookie. Failures are slowed down for each account and each address."""
    check = service.storage.people.logins.check
    password = body.password.get_secret_value()
    await run_in_thread(_note_account, service, body.name)
    user = await run_in_writer_thread(check, body.name, password, address=address_of(request))
    return await _begin(service, request, user)


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
async def logout(service: ServiceDependency, caller: PersonDependency, request: Request) -> None:
    """Ends the session, and makes the browser forget its cookie."""
    if caller.via is Via.SESSION:
        end = service.storage.people.sessions.end
        await run_in_writer_thread(end, caller.user_id, request.scope[SESSION_KEY])
    forget_session(request, service.settings.security.public_url)


@router.put("/password", status_code=status.HTTP_204_NO_CONTENT)
async def change_password(
    service: ServiceDependency, caller: PersonDependency, request: Request, body: PasswordChange
) -> None:
    """Changes the caller's password. All other sessions end, and this one gets a new cookie."""
    people, password = service.storage.people, body.password.get_secret_value()
    passwords.refuse_weak(password, name=caller.name)
    current = body.current.get_secret_value()
    user = await run_in_writer_thread(people.logins.check, caller.name, current, address=address_of(request))
    password_hash = await run_in_thread(passwords.hash_of, password)
    await run_in_writer_thread(people.users.set_password_hash, user.user_id, password_hash)
    await _begin(service, request, user)


@router.get("/sessions")
async def list_sessions(service: ServiceDependency, caller: PersonDependency, request: Request) -> SessionList:
    """Lists where the caller is logged in."""
    found = await run_in_thread(service.storage.people.sessions.of, caller.user_id)
    own = request.scope.get(SESSION_KEY)
    bodies = [SessionBody.model_validate(each) for each in found]
    return SessionList(sessions=[body.model_copy(update={"is_own": body.id == own}) for body in bodies])


@router.delete("/sessions", status_code=status.HTTP_204_NO_CONTENT)
async def end_other_sessions(service: ServiceDependency, caller: PersonDependency, request: Request) -> None:
    """Ends all sessions of the caller but the one of this request."""
    end = service.storage.people.sessions.end_others
    await run_in_writer_thread(end, caller.user_id, but=request.scope.get(SESSION_KEY, ""))


@router.delete("/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_session(service: ServiceDependency, caller: PersonDependency, session_id: str) -> None:
    """Ends a session of the caller."""
    await run_in_writer_thread(service.storage.people.sessions.end, caller.user_id, session_id)


@router.post("/invitations/user")
async def get_invited_user(service: ServiceDependency, body: LinkRequest) -> InvitedUser:
    """Says whom a link is for. It is a POST, so that the token stands in no address, which logs would hold."""
    user = await run_in_thread(service.storage.people.invitations.user_of, body.token)
    return InvitedUser(name=user.name, display_name=user.display_name)


@router.post("/invitations/accept")
async def accept_invitation(service: ServiceDependency, request: Request, body: LinkAcceptance) -> Me:
    """Sets the password of the user of a link, and logs the user in. The link does not hold any more."""
    invitations, password = service.storage.people.invitations, body.password.get_secret_value()
    user = await run_in_thread(invitations.user_of, body.token)
    passwords.refuse_weak(password, name=user.name)
    password_hash = await run_in_thread(passwords.hash_of, password)
    user = await run_in_writer_thread(invitations.take, body.token, password_hash=password_hash)
    return await _begin(service, request, user)


def _note_account(service: Service, name: str) -> None:
    """Notes whose account is tried. A name that is no user's is not kept: it may be a password in the wrong field."""
    with suppress(UnknownUserError):
        user = service.storage.people.users.named(name)
        note(targets={"user": user.user_id}, tenant=user.tenant)


async def _begin(service: Service, request: Request, user: User) -> Me:
    session = await run_in_writer_thread(service.storage.people.sessions.begin, user.user_id)
    keep_session(request, session, service.settings.security.public_url)
    caller = session.user.principal(Via.SESSION)
    become(request, caller)
    return await _me(service, caller)


async def _me(service: Service, caller: Caller) -> Me:
    user = None
    if caller.user_id:
        user = await run_in_thread(service.storage.people.users.get, caller.tenant, caller.user_id)
    return Me(
        user_id=caller.user_id,
        tenant=caller.tenant,
        name=caller.name,
        display_name=user.display_name if user else "",
        roles=sorted(caller.roles),
        rights=sorted(caller.rights),
        via=caller.via,
        logins=service.settings.security.logins,
        has_password=user is not None and user.has_password,
    )
