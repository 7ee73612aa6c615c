"""Collections of the scripted server, and the lists of their documents."""

from __future__ import annotations

import json
from collections import Counter

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.support.servers.page_jobs import CREATED, JsonObject


def problem(status: int, code: str, detail: str, **values: str) -> JsonObject:
    """Returns a problem document (RFC 9457); ``values`` are what its detail is made of."""
    return {"type": f"urn:citewell:{code}", "title": code.replace("_", " ").capitalize(), "status": status} | {
        "code": code,
        "detail": detail,
        "values": values,
    }


def add_collection_routes(app: FastAPI, documents: dict[str, JsonObject], collections: dict[str, JsonObject]) -> None:
    """Adds the routes; a list is in the order of upload, the last one first, and a filter knows names only."""

    def known(name: str) -> JsonObject:
        count = sum(found["collection"] == name for found in documents.values())
        plain = {"name": name, "description": "", "settings": {}, "created_at": CREATED}
        return plain | collections.get(name, {}) | {"documents": count}

    def matching(collection: str, wanted: str) -> list[JsonObject]:
        name = json.loads(wanted).get("name", "").lower()
        held = [found for found in documents.values() if found["collection"] == collection]
        return [found for found in held if name in f"{found['name']} {found['title']}".lower()]

    @app.get("/v1/collections")
    async def list_collections() -> JsonObject:
        names = [*collections, *(found["collection"] for found in documents.values())]
        return {"collections": [known(name) for name in dict.fromkeys(names)], "next_cursor": None}

    @app.post("/v1/collections", response_model=None)
    async def create(request: Request) -> Response:
        wanted = await request.json()
        if wanted["name"] in collections:
            return JSONResponse(problem(409, "conflict", "There is a collection of this name. Choose another."), 409)
        collections[wanted["name"]] = wanted
        return JSONResponse(known(wanted["name"]), 201)

    @app.get("/v1/collections/{name}")
    async def get(name: str) -> JsonObject:
        return known(name)

    @app.get("/v1/collections/{name}/suggestions")
    async def suggestions(name: str) -> JsonObject:
        titles = [found["title"] for found in documents.values() if found["collection"] == name][:3]
        return {"suggestions": [{"question": f"What does “{title}” say?", "document_id": title} for title in titles]}

    @app.get("/v1/documents")
    async def list_documents(
        collection: str,
        sort: str,
        order: str,
        limit: int,
        filter: str = "{}",  # noqa: A002 - the API's name
    ) -> JsonObject:
        assert (sort, order, limit > 0) == ("date", "desc", True)
        return {"documents": matching(collection, filter)[::-1], "next_cursor": None}

    @app.get("/v1/documents/counts")
    async def counts(collection: str, filter: str = "{}") -> JsonObject:  # noqa: A002 - the API's name
        found = matching(collection, filter)
        states = Counter(each["state"] for each in found)
        return {"documents": len(found), "states": states, "types": {}, "tags": {}, "fields": []}
