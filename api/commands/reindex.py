"""``citewell reindex``: a new index from the stored documents, with the same encoder or another one."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.commands.shared.client import Client, JsonObject, ServiceError, connect
from api.commands.shared.options import Json, Url, print_json, progress_bars
from api.commands.shared.question_file import read_questions
from ingest.service import open_service
from ingest.storage.folder_lock import running_service_address
from ingest.upkeep.reindexing import BuildState
from rag.errors import ConfigurationError
from rag.settings import EncoderBackend, EncoderSettings, Settings, load_settings

_POLL_SECONDS = 0.2


def reindex(
    url: Url = None,
    *,
    encoder_backend: Annotated[EncoderBackend | None, typer.Option(help="Another encoder's backend.")] = None,
    encoder_model: Annotated[str | None, typer.Option(help="Another encoder's name or folder.")] = None,
    questions: Annotated[
        Path | None,
        typer.Option(help="JSON Lines to compare with: question, collection, documents (names that answer it)."),
    ] = None,
    discard: Annotated[
        bool, typer.Option("--discard", help="Throw away an index that is being built, or waits, before this one.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Go over to the new index without asking; so does --json.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Build the index anew from the stored documents.

    While a service runs, it goes on with the old index until the new one is ready, and changes over without a pause.
    Where none runs, the index, which may be damaged, is replaced.
    """
    settings = load_settings()
    if url is None and running_service_address(settings.storage.folder) is None:
        if questions is not None:
            raise ConfigurationError("Two indexes can only be compared while the service runs. Start it first.")
        encoder = settings.encoder.model_copy(update=_chosen(backend=encoder_backend, model=encoder_model))
        result = asyncio.run(_rebuild(settings, encoder, show_progress=not as_json))
    else:
        body = {
            "encoder_backend": encoder_backend,
            "encoder_model": encoder_model,
            "questions": read_questions(questions) if questions else [],
        }
        with connect(settings, url) as client:
            if discard:
                client.request("DELETE", "/v1/maintenance/index/build")
            result = _replace(client, body, ask=not (yes or as_json), show_progress=not as_json)
    if as_json:
        print_json(result)


def _chosen(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _replace(client: Client, body: JsonObject, *, ask: bool, show_progress: bool) -> JsonObject:
    client.request("POST", "/v1/maintenance/index/build", json=body)
    try:
        build = _built(client, show_progress=show_progress)
        if build["comparison"] and show_progress:
            _print_comparison(build["comparison"])
        if ask and not typer.confirm("Go over to the new index?"):
            raise typer.Abort
        changed = client.request("POST", "/v1/maintenance/index/switch")
    except BaseException:
        client.request("DELETE", "/v1/maintenance/index/build")
        raise
    if show_progress:
        typer.echo(f"The service answers from the new index (encoder {changed['active']['model']}).")
    return {"active": changed["active"], "comparison": build["comparison"]}


def _built(client: Client, *, show_progress: bool) -> JsonObject:
    with progress_bars(shown=show_progress) as progress:
        bar = progress.add_task("Indexing", total=None)
        while True:
            build: JsonObject = client.request("GET", "/v1/maintenance/index")["build"] or {}
            progress.update(bar, completed=build.get("versions_done", 0), total=build.get("versions_total") or None)
            if build.get("state") == BuildState.READY:
                return build
            if build.get("state") != BuildState.BUILDING:
                reason = build.get("failure") or "it was discarded"
                raise ServiceError({"code": "reindex_failed", "detail": f"The new index was not built: {reason}"})
            time.sleep(_POLL_SECONDS)


async def _rebuild(settings: Settings, encoder: EncoderSettings, *, show_progress: bool) -> JsonObject:
    async with open_service(settings, fresh_index=encoder) as service:
        board = service.storage.board
        total = board.unfinished()
        with progress_bars(shown=show_progress) as progress:
            bar = progress.add_task("Indexing", total=total)
            while waiting := await asyncio.to_thread(board.unfinished):
                progress.update(bar, completed=total - waiting)
                await asyncio.sleep(_POLL_SECONDS)
            progress.update(bar, completed=total)
        report = await service.auditor.audit(repair=False)
        if show_progress:
            typer.echo(f"The index holds {report.passages} passages; {len(report.differences) or 'no'} differences.")
        return {
            "active": {"number": service.engine.generation.number, "model": service.engine.generation.model},
            "passages": report.passages,
            "differences": len(report.differences),
        }


def _print_comparison(comparison: JsonObject) -> None:
    console = Console()
    console.print(f"{comparison['questions']} questions: {comparison['overlap']:.0%} of the passages are the same.")
    if comparison["hit_rate_now"] is not None:
        now, new = comparison["hit_rate_now"], comparison["hit_rate_new"]
        console.print(f"A document that answers was found for {now:.1%} before, and for {new:.1%} with the new index.")
