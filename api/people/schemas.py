"""Bodies of logins, users, groups, API keys and tenants. Secrets are answered once, when they are made."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr, StrictBool, StringConstraints

from api.schemas.base import NEXT_CURSOR, Request, Response, WholeNumber
from rag.access.principal import Via
from rag.access.roles import Right, TenantRole
from rag.catalog.access.keys import ApiKey
from rag.catalog.access.users import MOST_CHARACTERS, User

UserName = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS), Field(examples=["anna@example.org"])
]
ShownName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_CHARACTERS)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Password = Annotated[SecretStr, Field(max_length=1_024)]
TenantName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
_MOST = 2**31 - 1
# Pydantic says no bounds in the schema of a number that may be null.
_BOUND = Field(default=None, ge=0, le=2**53, json_schema_extra={"minimum": 0, "maximum": 2**53})
_LINK = "Address of the link, to be given to the user. It is answered once, and holds for some days."


class Me(Response):
    """Who sends the request, and what that caller may do. ``logins``: whether this service has users."""

    user_id: str
    tenant: str
    name: str
    display_name: str
    roles: list[TenantRole]
    rights: list[Right]
    via: Via
    logins: bool
    has_password: bool


class LoginRequest(Request):
    """A user's name and password."""

    name: Annotated[str, StringConstraints(max_length=1_024)]
    password: Password


class PasswordChange(Request):
    """The password of today, and the next one."""

    current: Password
    password: Password


class SessionBody(Response):
    """A session of the user. ``is_own``: the request belongs to it."""

    id: str = Field(validation_alias="session_id")
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    is_own: bool = False


class SessionList(Response):
    """The sessions of the user, the one used last first."""

    sessions: list[SessionBody]


class LinkRequest(Request):
    """The last part of a link's address."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=128)]


class InvitedUser(Response):
    """Whom a link is for."""

    name: str
    display_name: str


class LinkAcceptance(LinkRequest):
    """The password that the user chooses."""

    password: Password


class UserBody(Response):
    """A user. ``has_password``: False until the link of the invitation is followed, or where the login is elsewhere."""

    id: str
    name: str
    display_name: str
    roles: list[TenantRole]
    group_ids: list[str]
    has_password: bool
    disabled: bool
    created_at: datetime
    last_login_at: datetime | None

    @classmethod
    def of(cls, user: User) -> UserBody:
        """Returns the body for a user."""
        return cls(
            id=user.user_id,
            roles=sorted(user.roles),
            group_ids=sorted(user.group_ids),
            **{
                name: getattr(user, name)
                for name in ("name", "display_name", "has_password", "disabled", "created_at", "last_login_at")
            },
        )


class UserList(Response):
    """A page of the tenant's users, by name."""

    users: list[UserBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)


class NewUser(Request):
    """A user to be added, who gets a link to choose a password."""

    name: UserName
    display_name: ShownName = ""
    roles: list[TenantRole] = Field(default=[TenantRole.READER], min_length=1)
    group_ids: list[str] = Field(default=[])


class UserChange(Request):
    """What is to change; the rest stays."""

    display_name: ShownName | None = None
    roles: list[TenantRole] | None = Field(default=None, min_length=1)
    group_ids: list[str] | None = None
    disabled: StrictBool | None = Field(default=None, description="A user who is disabled cannot log in; no key holds.")


class InvitedBody(Response):
    """A user, and the link with which the user chooses a password."""

    user: UserBody
    link: str = Field(description=_LINK)


class GroupBody(Response):
    """A group of users."""

    id: str = Field(validation_alias="group_id")
    name: str
    user_ids: list[str]


class GroupList(Response):
    """The groups of the tenant, by name."""

    groups: list[GroupBody]


class NewGroup(Request):
    """A group to be added."""

    name: Label
    user_ids: list[str] = Field(default=[])


class GroupChange(Request):
    """What is to change; the rest stays."""

    name: Label | None = None
    user_ids: list[str] | None = Field(default=None, description="All members, instead of those of today.")


class KeyBody(Response):
    """An API key without its secret. ``start`` are its first characters."""

    id: str
    name: str
    start: str
    rights: list[Right]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> KeyBody:
        """Returns the body for a key."""
        times = {name: getattr(key, name) for name in ("created_at", "expires_at", "last_used_at", "revoked_at")}
        return cls(id=key.key_id, name=key.name, start=key.start, rights=sorted(key.rights), **times)


class KeyList(Response):
    """The user's keys, the newest first."""

    keys: list[KeyBody]


class NewKey(Request):
    """An API key to be made."""

    name: Label = Field(description="What it is for.", examples=["nightly import"])
    rights: list[Right] = Field(
        default=[Right.READ], min_length=1, description="What it may do. It never may more than its user."
    )
    days: WholeNumber | None = Field(
        default=90,
        ge=1,
        le=3_650,
        description="Days for which it holds; null for a key without an end.",
        json_schema_extra={"minimum": 1, "maximum": 3_650},
    )


class MadeKey(Response):
    """A key that was just made. ``secret`` is answered this once."""

    key: KeyBody
    secret: str


class QuotasBody(Response):
    """Bounds of a tenant's use; null where there is none. Those of a day begin at midnight, UTC."""

    documents: int | None
    bytes: int | None
    questions_a_day: int | None
    tokens_a_day: int | None
    cost_a_day: float | None
    connections: int | None


class QuotasRequest(Request):
    """All bounds of a tenant's use; those that are left out are lifted."""

    documents: WholeNumber | None = _BOUND
    bytes: WholeNumber | None = _BOUND
    questions_a_day: WholeNumber | None = _BOUND
    tokens_a_day: WholeNumber | None = _BOUND
    cost_a_day: float | None = Field(
        default=None, strict=True, ge=0, le=9e9, description="In the currency of the models' prices."
    )
    connections: WholeNumber | None = Field(
        default=None, ge=1, le=_MOST, json_schema_extra={"minimum": 1, "maximum": _MOST}
    )


class TenantBody(Response):
    """A tenant."""

    name: str
    created_at: datetime
    quotas: QuotasBody


class TenantList(Response):
    """All tenants, by name."""

    tenants: list[TenantBody]


class NewTenant(Request):
    """A tenant to be made, with its first owner."""

    name: TenantName
    owner: UserName


class MadeTenant(Response):
    """A tenant that was made, its owner, and the link with which the owner chooses a password."""

    tenant: TenantBody
    owner: UserBody
    link: str = Field(description=_LINK)
