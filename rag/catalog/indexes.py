"""The generations of the index: which one is active, and which encoder made it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, func, insert, select, update

from rag.catalog.database.connection import Database, insert_if_absent
from rag.catalog.database.tables import INDEXES
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
        """Returns the settings with this generation's encoder in place of the one they name."""
        return settings.model_copy(update={"backend": self.backend, "model": self.model})


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
        return Generation(number=row.generation, backend=EncoderBackend(row.encoder_backend), model=row.encoder_model)

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
