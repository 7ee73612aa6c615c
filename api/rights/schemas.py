"""Bodies of rights: who may read or change a collection or a document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import Field

from api.schemas.base import Request, Response
from rag.access.grants import Grant, Level, SubjectKind
from rag.catalog.access.grants import Basis, Explanation, Named

_MOST_GRANTS = 500


class GivenGrant(Request):
    """A right to give, to a user or a group by name. ``write`` includes ``read``."""

    kind: SubjectKind
    name: str = Field(min_length=1, max_length=254, examples=["legal"])
    level: Level = Level.READ


class GrantsChange(Request):
    """The rights that replace those there are. Without any, a collection is open to all users of the tenant.

    A document without any has those of its collection. Owners may read and change everything in any case.
    """

    grants: list[GivenGrant] = Field(max_length=_MOST_GRANTS)

    def to_value(self) -> Named:
        """Returns the rights as the catalogue takes them."""
        return [(grant.kind, grant.name, grant.level) for grant in self.grants]


class GrantBody(Response):
    """A right of a user or a group. ``name`` is null where that was removed since."""

    kind: SubjectKind
    id: str
    name: str | None
    level: Level

    @classmethod
    def of(cls, grant: Grant) -> Self:
        """Returns the body for a grant."""
        return cls(kind=grant.kind, id=grant.subject_id, name=grant.name, level=grant.level)

    @classmethod
    def all_of(cls, grants: Iterable[Grant]) -> list[Self]:
        """Returns the bodies for grants."""
        return [cls.of(grant) for grant in grants]


_MAY_CHANGE = (
    "Whether the caller may change them, and is shown those of others. Without logins there are none to change."
)


class CollectionGrants(Response):
    """The rights of a collection; without any, all users of the tenant reach it by their roles."""

    collection: str
    grants: list[GrantBody]
    may_change: bool = Field(description=_MAY_CHANGE)


class DocumentGrants(Response):
    """The rights of a document: its own and those of its collection, which hold where it has none of its own."""

    document_id: str
    grants: list[GrantBody]
    inherited: list[GrantBody]
    may_change: bool = Field(description=_MAY_CHANGE)


class AccessExplanation(Response):
    """Why a user may read or change a document, or not."""

    user: str
    document_id: str
    document: str
    collection: str
    roles: list[str]
    may_read: bool
    may_write: bool
    basis: Basis = Field(
        description="What decides: the role `owner`, a role that reads nothing (`no_role`), a `disabled` user, the "
        "rights of the `document` or of the `collection`, or that there are none (`open`)."
    )
    deciding: list[GrantBody] = Field(description="The rights that the user has by itself or by a group.")
    reason: str = Field(description="The same in words.")

    @classmethod
    def of(cls, found: Explanation) -> Self:
        """Returns the body for an explanation."""
        return cls(
            user=found.user,
            document_id=found.document_id,
            document=found.document,
            collection=found.collection,
            roles=[role.value for role in found.roles],
            may_read=found.may_read,
            may_write=found.may_write,
            basis=found.basis,
            deciding=GrantBody.all_of(found.deciding),
            reason=_reason(found),
        )


def _reason(found: Explanation) -> str:
    """Returns an explanation in words."""
    may = "may read and change" if found.may_write else "may read" if found.may_read else "may not read"
    given = ", ".join(f"{each.level} to {each.kind} {each.name or each.subject_id}" for each in found.deciding)
    rights = f"it gives {given}" if given else "it gives this user nothing"
    because = {
        Basis.OWNER: "owners read and change everything of their tenant",
        Basis.NO_ROLE: "no role of this user reads documents",
        Basis.DISABLED: "the user is disabled",
        Basis.DOCUMENT: f"the document has rights of its own, and {rights}",
        Basis.COLLECTION: f"the collection '{found.collection}' has rights, and {rights}",
        Basis.OPEN: f"neither the document nor its collection '{found.collection}' has rights, so the role decides",
    }[found.basis]
    return f"{found.user} {may} '{found.document}': {because}."
