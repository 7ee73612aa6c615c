"""The tenants, and what bounds their use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select

from rag.catalog.access.rows import TENANT_QUOTAS
from rag.catalog.database.connection import Database, insert_if_absent, insert_or_update
from rag.catalog.database.rows import aware
from rag.catalog.database.tables import TENANTS
from rag.errors import ConflictError, UnknownTenantError

_NANOS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """Bounds of a tenant's use; None where there is none. Those of a day begin at midnight, UTC.

    ``cost_a_day`` is in the currency of the models' prices.
    """

    documents: int | None = None
    bytes: int | None = None
    questions_a_day: int | None = None
    tokens_a_day: int | None = None
    cost_a_day: float | None = None
    connections: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A tenant with its quotas."""

    name: str
    created_at: datetime
    quotas: Quotas


class Tenants:
    """Reads and writes tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[Tenant]:
        """Returns all tenants, by name."""
        joined = TENANTS.outerjoin(TENANT_QUOTAS, TENANT_QUOTAS.c.tenant == TENANTS.c.name)
        bounds = [column for column in TENANT_QUOTAS.c if column.name != "tenant"]
        with self._database.read() as connection:
            rows = connection.execute(
                select(TENANTS.c.name, TENANTS.c.created_at, *bounds).select_from(joined).order_by(TENANTS.c.name)
            ).all()
        return [
            Tenant(
                name=row.name,
                created_at=aware(row.created_at),
                quotas=Quotas(
                    documents=row.documents,
                    bytes=row.bytes,
                    questions_a_day=row.questions_a_day,
                    tokens_a_day=row.tokens_a_day,
                    cost_a_day=None if row.cost_nanos_a_day is None else row.cost_nanos_a_day / _NANOS,
                    connections=row.connections,
                ),
            )
            for row in rows
        ]

    def get(self, name: str) -> Tenant:
        """Returns a tenant.

        Raises:
            UnknownTenantError: there is none of this name.
        """
        found = next((tenant for tenant in self.all() if tenant.name == name), None)
        if found is None:
            raise UnknownTenantError(name)
        return found

    def add(self, name: str) -> Tenant:
        """Adds a tenant.

        Raises:
            ConflictError: there is one of this name.
        """
        with self._database.write() as connection:
            if not insert_if_absent(connection, TENANTS, {"name": name, "created_at": self._database.now()}):
                raise ConflictError(f"There is a tenant named '{name}' already. Choose another name.")
        return self.get(name)

    def ensure(self, name: str) -> None:
        """Adds a tenant unless it is there."""
        with self._database.write() as connection:
            insert_if_absent(connection, TENANTS, {"name": name, "created_at": self._database.now()})

    def set_quotas(self, name: str, quotas: Quotas) -> Tenant:
        """Replaces the quotas of a tenant.

        Raises:
            UnknownTenantError: there is none of this name.
        """
        self.get(name)
        values = asdict(quotas)
        cost = values.pop("cost_a_day")
        values |= {"tenant": name, "cost_nanos_a_day": None if cost is None else round(cost * _NANOS)}
        with self._database.write() as connection:
            insert_or_update(connection, TENANT_QUOTAS, values)
        return self.get(name)
