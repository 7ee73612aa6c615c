"""Finds the document that is named on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from api.commands.shared.client import Client, JsonObject, ServiceError
from rag.errors import ConfigurationError, UnknownDocumentError


def document_named(client: Client, named: str, collection: str | None = None) -> JsonObject:
    """Returns the document with this id, else with this name, else with this name behind its folders.

    Raises:
        ServiceError: no document has the name, as the service says it of an unknown id.
        ConfigurationError: several documents have it.
    """
    found = _matching(list(client.listed("/v1/documents", collection=collection)), named)
    if not found:
        place = f"in the collection '{collection}'" if collection else "in any collection"
        detail = f"There is no document '{named}' {place}. 'citewell documents' lists those there are."
        raise ServiceError({"code": UnknownDocumentError.code, "status": HTTPStatus.NOT_FOUND, "detail": detail})
    if len(found) > 1:
        lines = "".join(f"\n  {each['id']}  {each['collection']}  {each['name']}" for each in found)
        raise ConfigurationError(
            f"'{named}' names {len(found)} documents. Nothing was done. Name one by its id, or by --collection and "
            f"its whole name:{lines}"
        )
    return found[0]


def _matching(documents: Sequence[JsonObject], named: str) -> list[JsonObject]:
    by_id = [each for each in documents if each["id"] == named]
    by_name = [each for each in documents if each["name"] == named]
    return by_id or by_name or [each for each in documents if each["name"].endswith(f"/{named}")]
