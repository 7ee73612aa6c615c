"""Dependencies of routes, and threads for functions that block."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, NoReturn, ParamSpec, TypeVar, cast

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from fastapi import Depends, Header, Query, Request, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.requests import HTTPConnection

from api.caller import Caller
from api.job_followers import JobFollowers
from ingest.service import Service
from rag.access.grants import Level
from rag.catalog.access.reach import readable, writable
from rag.catalog.collections.collections import DEFAULT_COLLECTION
from rag.catalog.database.records import DocumentRecord, VersionRecord, VersionState
from rag.errors import (
    ConflictError,
    ReadOnlyError,
    StoredFileMissingError,
    UnknownCollectionError,
    UnknownDocumentError,
)
from rag.types import Scope

if TYPE_CHECKING:
    from evals.service.evaluations import Evaluations

_WRITERS = 8
_WRITER_LIMITER: RunVar[CapacityLimiter] = RunVar("writers")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def get_service(connection: HTTPConnection) -> Service:
    """Returns the running service."""
    return cast("Service", connection.app.state.service)


def get_evaluations(request: Request) -> Evaluations:
    """Returns the evaluations of the running service."""
    return cast("Evaluations", request.app.state.evaluations)


def get_followers(request: Request) -> JobFollowers:
    """Returns the clients that follow jobs."""
    return cast("JobFollowers", request.app.state.followers)


def wants_fresh(
    cache_control: Annotated[str, Header(description="`no-cache`: do not answer from the cache.")] = "",
) -> bool:
    """Returns whether the answer may not come from the cache."""
    return "no-cache" in {directive.strip().lower() for directive in cache_control.split(",")}


ServiceDependency = Annotated[Service, Depends(get_service)]
EvaluationsDependency = Annotated["Evaluations", Depends(get_evaluations)]
FollowersDependency = Annotated[JobFollowers, Depends(get_followers)]
Fresh = Annotated[bool, Depends(wants_fresh)]
VersionChoice = Annotated[str | None, Query(description="A version that is kept; by default the active one.")]


def refuse_unknown_parameters(request: Request) -> None:
    """Refuses query parameters that the route does not have, or that are given twice: they would have no effect.

    Raises:
        RequestValidationError: names them, and the parameters that the route has.
    """
    if not request.query_params:
        return
    parameters = get_flat_params(request.scope["route"].dependant)
    known = sorted(each.alias for each in parameters if isinstance(each.field_info, params.Query))
    given = [name for name, _ in request.query_params.multi_items()]
    faults = []
    for name in dict.fromkeys(given):
        fault = {"loc": ("query", name), "ctx": {"known": ", ".join(known) or "none"}}
        if name not in known:
            faults.append(fault | {"type": "unknown_parameter"})
        elif given.count(name) > 1:
            faults.append(fault | {"type": "repeated_parameter"})
    if faults:
        raise RequestValidationError(faults)


def known_scope(service: Service, caller: Caller, collection: str) -> Scope:
    """Returns the scope of a collection of the caller's that exists; the default one always does.

    Raises:
        UnknownCollectionError: there is no collection of this name.
    """
    scope = Scope(tenant=caller.tenant, collection=collection)
    if collection != DEFAULT_COLLECTION and not service.storage.collections.exists(scope, caller):
        raise UnknownCollectionError(collection, service.storage.collections.names(caller.tenant, caller))
    return scope


def refuse_unknown(service: Service, caller: Caller, collection: str) -> None:
    """Refuses a name that no collection has, for operators, who may name those that they may not read.

    Raises:
        UnknownCollectionError: it names only those that the caller may read.
    """
    collections, scope = service.storage.collections, Scope(tenant=caller.tenant, collection=collection)
    if collection != DEFAULT_COLLECTION and not collections.exists(scope):
        raise UnknownCollectionError(collection, collections.names(caller.tenant, caller))


def writable_scope(service: Service, caller: Caller, collection: str) -> Scope:
    """Returns the scope of a collection that exists and that the caller may add documents to.

    Raises:
        UnknownCollectionError: there is no collection of this name that the caller may read.
        ReadOnlyError: the caller may only read it.
    """
    scope = known_scope(service, caller, collection)
    if not service.storage.collections.allows(scope, caller, Level.WRITE):
        raise ReadOnlyError(collection)
    return scope


def writable_document(service: Service, caller: Caller, document_id: str) -> DocumentRecord:
    """Returns a document that the caller may change.

    Raises:
        UnknownDocumentError: there is no such document that the caller may read.
        ReadOnlyError: the caller may only read it.
    """
    document = service.storage.catalog.document(caller.tenant, document_id, *readable(caller))
    try:
        return service.storage.catalog.document(caller.tenant, document_id, *writable(caller))
    except UnknownDocumentError as error:
        raise ReadOnlyError(document.name) from error


def readable_version(
    service: Service, caller: Caller, document_id: str, version_id: str | None
) -> tuple[DocumentRecord, VersionRecord]:
    """Returns a document of the caller's and a version of it that has a text: the active one if none is named.

    Raises:
        UnknownDocumentError: there is no such document.
        UnknownVersionError: it has no such version.
        ConflictError: the version is not ready.
    """
    catalog, conditions = service.storage.catalog, readable(caller)
    document = catalog.document(caller.tenant, document_id, *conditions)
    version = catalog.version(caller.tenant, document_id, version_id or document.version_id, *conditions)
    if version.state is not VersionState.READY:
        raise ConflictError(
            f"Version {version.number} of '{document.name}' is {version.state}: it has no text to show."
        )
    return document, version


def raise_missing(
    service: Service, caller: Caller, document: DocumentRecord, version: VersionRecord, *, file: str
) -> NoReturn:
    """Tells apart a stored file that is lost from one whose version was deleted since it was looked up.

    Raises:
        UnknownDocumentError: the document was deleted.
        UnknownVersionError: the version was deleted.
        StoredFileMissingError: the data folder has lost the file.
    """
    service.storage.catalog.version(caller.tenant, document.document_id, version.version_id, *readable(caller))
    raise StoredFileMissingError(file, name=document.name, number=version.number)


async def run_in_thread(
    function: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Calls a function that blocks in a thread, and waits for it even when cancelled."""
    return await run_sync(partial(function, *args, **named))


async def run_in_writer_thread(
    function: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Calls a function that changes the catalogue in one of a few threads, and waits for it even when cancelled."""
    # A change may wait long for a locked database: kept apart, those that wait cannot use up the threads for reading.
    limiter = _WRITER_LIMITER.get(None)
    if limiter is None:
        limiter = CapacityLimiter(_WRITERS)
        _WRITER_LIMITER.set(limiter)
    return await run_sync(partial(function, *args, **named), limiter=limiter)
