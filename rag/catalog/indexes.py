"""The generations of the index: which one is active, and which encoder made it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Row, create_engine, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError

from rag.catalog.database.connection import Database, insert_if_absent
from rag.catalog.database.tables import INDEXES
from rag.models.known.facts import KNOWN
from rag.settings import EncoderBackend, EncoderSettings


class IndexState(StrEnum):
    """A generation's life; one is active."""

    BUILDING = "building"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One index, and the encoder that all its vectors come from."""

    number: int
    backend: EncoderBackend
    model: str

    def encoder(self, settings: EncoderSettings) -> EncoderSettings:
        """Returns the settings with this generation's encoder in place of the one they name.

        A model that Citewell knows gets its own revision and prefixes, for those in the settings belong to another.
        """
        if self.is_of(settings):
            return settings
        own = {"backend": self.backend, "model": self.model}
        if known := KNOWN.get(self.model):
            own |= {name: getattr(known, name) for name in ("revision", "question_prefix", "passage_prefix")}
        return settings.model_copy(update=own)

    def is_of(self, settings: EncoderSettings) -> bool:
        """Returns whether the settings name this generation's encoder."""
        return (self.backend, self.model) == (settings.backend, settings.model)


def read_active(catalog: Path) -> Generation | None:
    """Returns the active generation as a SQLite catalogue that no process has open names it; changes nothing.

    None where there is no file, or one of an older schema.
    """
    engine = create_engine(f"sqlite:///file:{catalog.absolute()}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            row = connection.execute(select(INDEXES).where(INDEXES.c.state == IndexState.ACTIVE)).first()
    except DatabaseError:
        return None
    finally:
        engine.dispose()
    return _generation(row) if row else None


class IndexRegister:
    """Lists the generations. Safe to call from several threads; every change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self, settings: EncoderSettings) -> Generation:
        """Returns the active generation. The first one gets the encoder that ``settings`` name."""
        now = self._database.now()
        first = {"generation": 1, "state": IndexState.ACTIVE, "created_at": now, "activated_at": now}
        encoder = {"encoder_backend": settings.backend, "encoder_model": settings.model}
        with self._database.write() as connection:
            row = connection.execute(select(INDEXES).where(INDEXES.c.state == IndexState.ACTIVE)).first()
            if row is None:
                insert_if_absent(connection, INDEXES, {**first, **encoder})
                return Generation(number=1, backend=settings.backend, model=settings.model)
        return _generation(row)

    def begin(self, settings: EncoderSettings) -> Generation:
        """Adds a generation that is being built, and removes one whose building was interrupted."""
        with self._database.write() as connection:
            newest = connection.execute(select(func.coalesce(func.max(INDEXES.c.generation), 0))).scalar_one()
            connection.execute(delete(INDEXES).where(INDEXES.c.state == IndexState.BUILDING))
            connection.execute(
                insert(INDEXES).values(
                    generation=newest + 1,
                    state=IndexState.BUILDING,
                    encoder_backend=settings.backend,
                    encoder_model=settings.model,
                    created_at=self._database.now(),
                )
            )
        return Generation(number=newest + 1, backend=settings.backend, model=settings.model)

    def left_over(self) -> tuple[int, ...]:
        """Returns the numbers of the generations that are not active: retired, or never finished."""
        with self._database.read() as connection:
            rows = connection.execute(select(INDEXES.c.generation).where(INDEXES.c.state != IndexState.ACTIVE))
            return tuple(rows.scalars())

    def activate(self, generation: Generation) -> None:
        """Makes a generation the active one and retires the one before, in one transaction."""
        with self._database.write() as connection:
            connection.execute(
                update(INDEXES).where(INDEXES.c.state == IndexState.ACTIVE).values(state=IndexState.RETIRED)
            )
            connection.execute(
                update(INDEXES)
                .where(INDEXES.c.generation == generation.number)
                .values(state=IndexState.ACTIVE, activated_at=self._database.now())
            )


def _generation(row: Row[Any]) -> Generation:
    return Generation(number=row.generation, backend=EncoderBackend(row.encoder_backend), model=row.encoder_model)
