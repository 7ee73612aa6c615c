"""Brings a database to the newest schema. Alembic's door; it is imported only where something is to be done."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from rag.catalog.database.tables import SCHEMA_REVISION
from rag.errors import ConfigurationError

_MIGRATIONS = Path(__file__).parents[1] / "migrations"
_TABLE = "alembic_version"
_FIRST = "0001"


def bring_up_to_date(connection: Connection) -> None:
    """Runs the migrations that are missing, inside the transaction that ``connection`` is in.

    Raises:
        ConfigurationError: a newer Citewell made this database.
    """
    found = _revision(connection)
    if found == SCHEMA_REVISION:
        return
    if found is not None and found > SCHEMA_REVISION:
        raise ConfigurationError(
            f"The catalogue was made by a newer Citewell (schema {found}; this one knows {SCHEMA_REVISION}). "
            "Install the newer one, or restore a backup made by this one."
        )
    from alembic import command  # noqa: PLC0415 - a tenth of a second that a start without migrations need not wait
    from alembic.config import Config  # noqa: PLC0415

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if found is None and inspect(connection).has_table("documents"):
        command.stamp(config, _FIRST)  # version 0.1.0 made tables, and no note of it
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar()  # noqa: S608 - a constant
