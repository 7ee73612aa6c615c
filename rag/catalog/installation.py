"""The installation id, which a catalogue shares with its data folder."""

from __future__ import annotations

from sqlalchemy import select

from rag.catalog.database.connection import Database, insert_if_absent, insert_or_update
from rag.catalog.database.tables import INSTALLATION

_ONLY_ROW = 1


class Installation:
    """Reads and writes the catalogue's installation id. Safe to call from several processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def id(self) -> str | None:
        """Returns the id; None where the catalogue belongs to no folder yet."""
        with self._database.read() as connection:
            return connection.execute(select(INSTALLATION.c.id)).scalar()

    def set_if_absent(self, proposed: str) -> str:
        """Gives the catalogue the id if it has none. Returns the id that it has afterwards."""
        with self._database.write() as connection:
            insert_if_absent(connection, INSTALLATION, {"row": _ONLY_ROW, "id": proposed})
            return str(connection.execute(select(INSTALLATION.c.id)).scalar_one())

    def replace(self, installation_id: str) -> None:
        """Makes the catalogue belong to another folder."""
        with self._database.write() as connection:
            insert_or_update(connection, INSTALLATION, {"row": _ONLY_ROW, "id": installation_id})
