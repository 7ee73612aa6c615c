"""Reads the stored chunks of a collection, also while a service runs."""

from __future__ import annotations

from ingest.factory import extracted_folder
from ingest.jobs.indexing import build_chunks
from ingest.opening import CATALOG_FILE
from ingest.storage.extracted_text import load_extracted
from rag.catalog.database.connection import Database
from rag.catalog.documents import Catalog
from rag.errors import ConfigurationError
from rag.settings import Settings
from rag.types import Chunk, Scope


def stored_chunks(
    settings: Settings, collection: str, *, tenant: str | None = None, document_ids: frozenset[str] | None = None
) -> tuple[Chunk, ...]:
    """Returns the chunks of the collection's visible versions, document by document. Changes nothing.

    The collection is that of ``tenant``, by default the settings' own. With ``document_ids`` only those count.

    Raises:
        ConfigurationError: there is no catalogue, or the collection is empty.
        CatalogUnavailableError: the catalogue does not answer.
    """
    folder, url = settings.storage.folder, settings.storage.catalog_url
    if url is None and not (folder / CATALOG_FILE).is_file():
        raise ConfigurationError(
            f"There are no documents in {folder}. Set CITEWELL_STORAGE__FOLDER to the service's data folder."
        )
    database = Database.open(url.get_secret_value() if url else folder / CATALOG_FILE)
    try:
        kept = Catalog(database).inventory()
    finally:
        database.close()
    scope = Scope(tenant=tenant or settings.tenant, collection=collection)
    wanted = [version for version in kept if version.is_active and version.scope == scope]
    if document_ids is not None:
        wanted = [version for version in wanted if version.document_id in document_ids]
    chunks: list[Chunk] = []
    for version in sorted(wanted, key=lambda version: version.name):
        extracted, spans = load_extracted(extracted_folder(folder) / version.version_id)
        chunks.extend(build_chunks(version, extracted, spans))
    if not chunks:
        raise ConfigurationError(f"The collection {collection} holds nothing. Name another, or upload documents first.")
    return tuple(chunks)
