"""The users and groups of the caller's tenant, and the links with which users choose a password."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request, status
from fastapi.requests import HTTPConnection

from api.access.cookies import public_address
from api.access.notes import note
from api.caller import Caller, CallerDependency
from api.dependencies import ServiceDependency, run_in_thread, run_in_writer_thread
from api.people.schemas import (
    GroupBody,
    GroupChange,
    GroupList,
    InvitedBody,
    NewGroup,
    NewUser,
    UserBody,
    UserChange,
    UserList,
)
from api.schemas.paging import Cursor, Limit, Pages
from ingest.service import Service
from rag.access.roles import TenantRole, rights_of
from rag.catalog.access.people import People, invitation_path
from rag.catalog.access.users import User
from rag.errors import ForbiddenError

router = APIRouter(prefix="/v1", tags=["users"])


@router.get("/users")
async def list_users(
    service: ServiceDependency, caller: CallerDependency, limit: Limit = 100, cursor: Cursor = None
) -> UserList:
    """Lists the users of the tenant, by name."""
    pages = Pages("users", caller.tenant)
    [after] = pages.start(cursor) or [""]
    found = await run_in_thread(service.storage.people.users.all, caller.tenant, after=after, limit=limit + 1)
    shown, next_cursor = pages.cut(found, limit, lambda user: (user.name,))
    return UserList(users=[UserBody.of(user) for user in shown], next_cursor=next_cursor)


@router.post("/users", status_code=status.HTTP_201_CREATED)
async def add_user(
    service: ServiceDependency, caller: CallerDependency, request: Request, body: NewUser
) -> InvitedBody:
    """Adds a user, and answers the link with which the user chooses a password."""
    _refuse_more_than_own(caller, body.roles)
    return await run_in_writer_thread(_add, service, caller, request, body)


@router.get("/users/{user_id}")
async def get_user(service: ServiceDependency, caller: CallerDependency, user_id: str) -> UserBody:
    """Returns a user."""
    return UserBody.of(await run_in_thread(service.storage.people.users.get, caller.tenant, user_id))


@router.patch("/users/{user_id}")
async def change_user(service: ServiceDependency, caller: CallerDependency, user_id: str, body: UserChange) -> UserBody:
    """Changes a user. It counts from the user's next request on; one who is disabled is logged out at once."""
    people = service.storage.people
    before = await run_in_thread(people.users.get, caller.tenant, user_id)
    _refuse_more_than_own(caller, [*before.roles, *(body.roles or ())])
    return await run_in_writer_thread(_change, people, before, body)


@router.delete("/users/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_user(service: ServiceDependency, caller: CallerDependency, user_id: str) -> None:
    """Removes a user with sessions, keys and memberships. What the user has uploaded stays."""
    users = service.storage.people.users
    before = await run_in_thread(users.get, caller.tenant, user_id)
    _refuse_more_than_own(caller, before.roles)
    note(text={"name": before.name})
    await run_in_writer_thread(users.remove, caller.tenant, user_id)


@router.post("/users/{user_id}/link", status_code=status.HTTP_201_CREATED)
async def make_link(
    service: ServiceDependency, caller: CallerDependency, request: Request, user_id: str
) -> InvitedBody:
    """Makes a new link with which a user chooses a password; an earlier one does not hold any more."""
    people = service.storage.people
    user = await run_in_thread(people.users.get, caller.tenant, user_id)
    _refuse_more_than_own(caller, user.roles)
    return await run_in_writer_thread(invited, service, request, user)


@router.get("/groups")
async def list_groups(service: ServiceDependency, caller: CallerDependency) -> GroupList:
    """Lists the groups of the tenant, by name."""
    found = await run_in_thread(service.storage.people.groups.all, caller.tenant)
    return GroupList(groups=[GroupBody.model_validate(group) for group in found])


@router.post("/groups", status_code=status.HTTP_201_CREATED)
async def add_group(service: ServiceDependency, caller: CallerDependency, body: NewGroup) -> GroupBody:
    """Adds a group."""
    people = service.storage.people
    await run_in_writer_thread(people.tenants.ensure, caller.tenant)
    added = await run_in_writer_thread(people.groups.add, caller.tenant, body.name, user_ids=body.user_ids)
    note(targets={"group": added.group_id}, details={"name": added.name})
    return GroupBody.model_validate(added)


@router.patch("/groups/{group_id}")
async def change_group(
    service: ServiceDependency, caller: CallerDependency, group_id: str, body: GroupChange
) -> GroupBody:
    """Changes the name or the members of a group."""
    change = service.storage.people.groups.change
    changed = await run_in_writer_thread(change, caller.tenant, group_id, name=body.name, user_ids=body.user_ids)
    return GroupBody.model_validate(changed)


@router.delete("/groups/{group_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_group(service: ServiceDependency, caller: CallerDependency, group_id: str) -> None:
    """Removes a group, and what was granted to it."""
    await run_in_writer_thread(service.storage.people.groups.remove, caller.tenant, group_id)


def invited(service: Service, connection: HTTPConnection, user: User) -> InvitedBody:
    """Makes a link for a user, and returns both."""
    note(targets={"user": user.user_id}, details={"roles": " ".join(sorted(user.roles))}, text={"name": user.name})
    token = service.storage.people.invitations.make(user.user_id)
    address = public_address(connection, service.settings.security.public_url)
    return InvitedBody(user=UserBody.of(user), link=address + invitation_path(token))


def _add(service: Service, caller: Caller, request: Request, body: NewUser) -> InvitedBody:
    people = service.storage.people
    people.tenants.ensure(caller.tenant)
    user = people.users.add(
        caller.tenant, body.name, display_name=body.display_name, roles=body.roles, group_ids=body.group_ids
    )
    return invited(service, request, user)


def _change(people: People, before: User, body: UserChange) -> UserBody:
    changed = people.users.change(
        before.tenant,
        before.user_id,
        roles=body.roles,
        display_name=body.display_name,
        disabled=body.disabled,
        group_ids=body.group_ids,
    )
    roles = " ".join(sorted(changed.roles))
    note(details={"roles": roles, "disabled": str(changed.disabled)}, text={"name": changed.name})
    return UserBody.of(changed)


def _refuse_more_than_own(caller: Caller, roles: Iterable[TenantRole]) -> None:
    """Refuses to give, take or use roles with rights that the caller lacks: only operators make operators.

    Raises:
        ForbiddenError: names such a right.
    """
    if lacking := sorted(rights_of(roles) - caller.rights):
        raise ForbiddenError(lacking[0])
