"""Reads the answers that a service remembers out of its catalogue, whether it runs or not."""

from __future__ import annotations

from ingest.opening import CATALOG_FILE
from rag.catalog.answers import AnswerLog, JudgedAnswer
from rag.catalog.database.connection import Database
from rag.errors import ConfigurationError
from rag.settings import Settings


def read_answers(settings: Settings, *, experiment: str | None = None) -> list[JudgedAnswer]:
    """Returns the tenant's answers, or those of an experiment, in the order they were asked for.

    Raises:
        ConfigurationError: there is no catalogue in the data folder.
        CatalogUnavailableError: it does not answer.
    """
    url, file = settings.storage.catalog_url, settings.storage.folder / CATALOG_FILE
    if url is None and not file.exists():
        raise ConfigurationError(f"{file} does not exist. Set CITEWELL_STORAGE__FOLDER to the service's data folder.")
    database = Database.open(url.get_secret_value() if url else file)
    try:
        return AnswerLog(database).all_of(settings.tenant, experiment=experiment)
    finally:
        database.close()
