"""The connected model servers: rows of the catalogue, and the settings that they become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from rag.catalog.database.connection import Database, new_id
from rag.catalog.database.tables import MODEL_ENDPOINTS
from rag.catalog.endpoints.sealing import Seal
from rag.errors import ConflictError, SealedKeyError, UnknownEndpointError
from rag.settings import EndpointSettings

_PLAIN = ("name", "url", "model", "prompt_price", "completion_price", "currency", "enabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEndpoint:
    """A connected model server. ``sealed_key`` is None where the server asks for no key.

    Prices are those of a million tokens. One that is not ``enabled`` writes no answers, but can be tested and tried.
    """

    endpoint_id: str
    name: str
    url: str
    model: str
    sealed_key: str | None
    prompt_price: float | None
    completion_price: float | None
    currency: str
    enabled: bool
    created_at: datetime


class StoredEndpoints:
    """Reads and writes the connected model servers. Safe to call from several processes."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    def all(self) -> tuple[StoredEndpoint, ...]:
        """Returns all of them, the oldest first."""
        order = (MODEL_ENDPOINTS.c.created_at, MODEL_ENDPOINTS.c.id)
        with self._database.read() as connection:
            return tuple(map(_record, connection.execute(select(MODEL_ENDPOINTS).order_by(*order))))

    def get(self, endpoint_id: str) -> StoredEndpoint:
        """Returns one of them.

        Raises:
            UnknownEndpointError: there is none with this id.
        """
        with self._database.read() as connection:
            row = connection.execute(select(MODEL_ENDPOINTS).where(MODEL_ENDPOINTS.c.id == endpoint_id)).first()
        if row is None:
            raise UnknownEndpointError(endpoint_id)
        return _record(row)

    def usable(self) -> tuple[EndpointSettings, ...]:
        """Returns the settings of those that are to write answers, without those whose key cannot be read."""
        found = []
        for stored in self.all():
            if stored.enabled:
                try:
                    found.append(self.settings_of(stored))
                except SealedKeyError:
                    continue  # the list of endpoints says so
        return tuple(found)

    def settings_of(self, stored: StoredEndpoint) -> EndpointSettings:
        """Returns the settings of an endpoint, with its key.

        Raises:
            SealedKeyError: the key cannot be read.
        """
        key = None if stored.sealed_key is None else self._seal.open(stored.sealed_key, bound_to=stored.url)
        return EndpointSettings(
            name=stored.name,
            url=stored.url,
            api_key=SecretStr(key) if key is not None else None,
            model=stored.model,
            prompt_price=stored.prompt_price,
            completion_price=stored.completion_price,
            currency=stored.currency,
        )

    def add(self, settings: EndpointSettings, *, enabled: bool) -> StoredEndpoint:
        """Stores an endpoint.

        Raises:
            ConflictError: there is one of this name.
            KeyFileError: its key cannot be encrypted.
        """
        values = self._values(settings, enabled=enabled) | {"created_at": self._database.now()}
        endpoint_id = new_id()
        try:
            with self._database.write() as connection:
                connection.execute(insert(MODEL_ENDPOINTS).values(id=endpoint_id, **values))
        except IntegrityError as error:
            raise _taken(settings.name) from error
        return self.get(endpoint_id)

    def replace(self, endpoint_id: str, settings: EndpointSettings, *, enabled: bool) -> StoredEndpoint:
        """Replaces an endpoint, its key included.

        Raises:
            UnknownEndpointError: there is none with this id.
            ConflictError: another one has this name.
            KeyFileError: its key cannot be encrypted.
        """
        values = self._values(settings, enabled=enabled)
        try:
            with self._database.write() as connection:
                chosen = update(MODEL_ENDPOINTS).where(MODEL_ENDPOINTS.c.id == endpoint_id)
                connection.execute(chosen.values(**values))
        except IntegrityError as error:
            raise _taken(settings.name) from error
        return self.get(endpoint_id)

    def remove(self, endpoint_id: str) -> None:
        """Removes an endpoint with its key.

        Raises:
            UnknownEndpointError: there is none with this id.
        """
        with self._database.write() as connection:
            removed = connection.execute(delete(MODEL_ENDPOINTS).where(MODEL_ENDPOINTS.c.id == endpoint_id))
        if removed.rowcount == 0:
            raise UnknownEndpointError(endpoint_id)

    def _values(self, settings: EndpointSettings, *, enabled: bool) -> dict[str, Any]:
        # Bound to the address: a row that someone points at another server does not open.
        key = settings.api_key and self._seal.seal(settings.api_key.get_secret_value(), bound_to=settings.url)
        plain = {name: enabled if name == "enabled" else getattr(settings, name) for name in _PLAIN}
        return plain | {"sealed_key": key}


def _taken(name: str) -> ConflictError:
    return ConflictError(f"There is a model named '{name}' already. Choose another name, or change that one.")


def _record(row: Row[Any]) -> StoredEndpoint:
    held = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return StoredEndpoint(endpoint_id=held.pop("id"), **held)
