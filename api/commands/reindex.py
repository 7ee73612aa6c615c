"""``citewell reindex``: builds the index again from the stored documents, or reads these again."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.commands.shared.client import Client, JsonObject, ServiceError, connect
from api.commands.shared.options import Url
from ingest.storage.folder_lock import running_service_address
from rag.catalog.database.records import VersionState
from rag.errors import ConfigurationError
from rag.settings import EncoderBackend, EncoderSettings, Settings, load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json
from rag.terminal.output import confirmed, print_json, print_table, progress_bars, say
from rag.text.validation_messages import words_for

_POLL_SECONDS = 0.2


def reindex(  # noqa: PLR0913 - the options of the command
    url: Url = None,
    *,
    encoder_backend: Annotated[EncoderBackend | None, typer.Option(help="Another encoder's backend.")] = None,
    encoder_model: Annotated[str | None, typer.Option(help="Another encoder's name or folder.")] = None,
    questions: Annotated[
        Path | None,
        typer.Option(help="JSON Lines to compare with: question, collection, documents (names that answer it)."),
    ] = None,
    discard: Annotated[
        bool, typer.Option("--discard", help="First discard an index that is being built, or waits to be used.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Change over to the new index without asking; so does --json.")
    ] = False,
    reparse: Annotated[
        bool, typer.Option("--reparse", help="Instead read the originals again that an older parser read.")
    ] = False,
    collection: Annotated[str | None, typer.Option(help="With --reparse: only this collection.")] = None,
    as_json: Json = False,
) -> None:
    """Build the index again from the stored documents.

    A running service goes on with the old index until the new one is ready, and changes over without a pause.
    Where none runs, the index, which may be damaged, is replaced.

    With --reparse the index stays. Each document changes over to its new text when that is ready, and the old text is
    kept for citations of it. The exit status is 1 if a file is refused; its old text then stays in use.
    """
    settings = load_settings()
    if reparse:
        if discard or questions or encoder_backend or encoder_model:
            raise ConfigurationError("--reparse goes with --collection and --json alone. Leave the others out.")
        with connect(settings, url) as client:
            _reparse(client, collection, as_json=as_json)
        return
    if collection is not None:
        raise ConfigurationError("The index is built for all collections. Leave --collection out, or add --reparse.")
    if url is None and running_service_address(settings.storage.folder) is None:
        if questions is not None:
            raise ConfigurationError("Two indexes can only be compared while the service runs. Start it first.")
        encoder = settings.encoder.model_copy(update=_chosen(backend=encoder_backend, model=encoder_model))
        result = asyncio.run(_rebuild(settings, encoder, show_progress=not as_json))
    else:
        if not (yes or as_json or sys.stdin.isatty()):
            raise ConfigurationError("Without a terminal you cannot be asked about the new index. Add --yes.")
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


def read_questions(path: Path) -> list[JsonObject]:
    """Returns the questions in the form of the API. Empty lines, and fields that the API does not know, are left out.

    Raises:
        ConfigurationError: the file cannot be read, or a line is no question; the message names it.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except OSError as error:
        raise ConfigurationError(f"The questions in {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"The questions in {path} are not UTF-8 text. Save the file as UTF-8.") from error
    return [_question(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]


def _question(line: str, place: str) -> JsonObject:
    from api.schemas.maintenance import ComparedQuestionBody
    from api.schemas.requests import FORMS

    try:
        row = json.loads(line)
        if isinstance(row, dict):
            row = {name: row[name] for name in ComparedQuestionBody.model_fields if name in row}
        ComparedQuestionBody.model_validate(row)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{place} is not valid JSON. Write one question as an object a line.") from error
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        subject = f"{place}: {field}" if field else place
        raise ConfigurationError(f"{subject} {words_for(fault, forms=FORMS)}.") from error
    checked: JsonObject = row
    return checked


def _chosen(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _replace(client: Client, body: JsonObject, *, ask: bool, show_progress: bool) -> JsonObject:
    client.request("POST", "/v1/maintenance/index/build", json=body)
    try:
        build = _built(client, show_progress=show_progress)
        if build["comparison"] and show_progress:
            _print_comparison(build["comparison"])
        if not confirmed("Change over to the new index?", yes=not ask):
            raise typer.Abort
        changed = client.request("POST", "/v1/maintenance/index/switch")
    except BaseException:
        client.request("DELETE", "/v1/maintenance/index/build")
        raise
    if show_progress:
        say(f"The service answers from the new index (encoder {changed['active']['model']}).")
    return {"active": changed["active"], "comparison": build["comparison"]}


def _built(client: Client, *, show_progress: bool) -> JsonObject:
    from ingest.upkeep.reindexing import BuildState

    with progress_bars(shown=show_progress) as report:
        while True:
            build: JsonObject = client.request("GET", "/v1/maintenance/index")["build"] or {}
            report("Indexing", build.get("versions_done", 0), build.get("versions_total") or None)
            if build.get("state") == BuildState.READY:
                return build
            if build.get("state") != BuildState.BUILDING:
                reason = build.get("failure") or "it was discarded"
                raise ServiceError({"code": "reindex_failed", "detail": f"The new index was not built: {reason}"})
            time.sleep(_POLL_SECONDS)


def _reparse(client: Client, collection: str | None, *, as_json: bool) -> None:
    before = {document["id"]: document for document in client.listed("/v1/documents", collection=collection)}
    state = _read_again(client, {"collection": collection} if collection else {}, show_progress=not as_json)
    newest = state["parser_version"]
    pairs = [
        (before[now["id"]], now)
        for now in client.listed("/v1/documents", collection=collection)
        if now["id"] in before and now["state"] != VersionState.FAILED
    ]
    outdated = [(was, now) for was, now in pairs if was["parser_version"] < newest]
    read = [(was, now) for was, now in outdated if now["parser_version"] >= newest]
    others = [now for _, now in outdated if now["parser_version"] < newest]
    result = {
        "parser_version": newest,
        "read": len(read),
        "changed": sum(was["version_id"] != now["version_id"] for was, now in read),
        "failed": [_named(each, **each["error"]) for each in others if each["error"]],
        "left": sum(each["error"] is None for each in others),
        "new_warnings": [
            _named(now, warning=warning)
            for was, now in read
            for warning in now["warnings"]
            if warning not in was["warnings"]
        ],
    }
    if as_json:
        print_json(result)
    else:
        _print_reparsed(result)
    if result["failed"]:
        raise typer.Exit(ExitStatus.FAILED)


def _read_again(client: Client, about: dict[str, str], *, show_progress: bool) -> JsonObject:
    state = client.request("POST", "/v1/maintenance/reparse", params=about)
    total = state["in_work"]
    with progress_bars(shown=show_progress) as report:
        while state["in_work"]:
            total = max(total, state["in_work"])
            report("Reading", total - state["in_work"], total)
            time.sleep(_POLL_SECONDS)
            state = client.request("GET", "/v1/maintenance/reparse", params=about)
        report("Reading", total, total)
    return state


def _named(document: JsonObject, **more: object) -> JsonObject:
    return {"name": document["name"], "collection": document["collection"], **more}


def _print_reparsed(result: JsonObject) -> None:
    if not any(result[each] for each in ("read", "left", "failed")):
        say("There was nothing to do: all documents were read by the present parser.")
        return
    say(f"{result['read']} documents were read again; the text of {result['changed']} has changed.")
    if result["left"]:
        say(f"{result['left']} were left, for they had another job, or theirs was cancelled. Call it again for them.")
    if result["failed"]:
        rows = [(each["name"], each["detail"]) for each in result["failed"]]
        print_table(("Document", "Reason"), rows, title="Not read again: the old text stays in use")
    if result["new_warnings"]:
        rows = [(each["name"], each["warning"]) for each in result["new_warnings"]]
        print_table(("Document", "Warning"), rows, title="Read with new warnings")


async def _rebuild(settings: Settings, encoder: EncoderSettings, *, show_progress: bool) -> JsonObject:
    from ingest.service import open_service

    async with open_service(settings, fresh_index=encoder) as service:
        board = service.storage.board
        total = board.unfinished()
        with progress_bars(shown=show_progress) as report_progress:
            while waiting := await asyncio.to_thread(board.unfinished):
                report_progress("Indexing", total - waiting, total)
                await asyncio.sleep(_POLL_SECONDS)
            report_progress("Indexing", total, total)
        report = await service.auditor.audit(repair=False)
        if show_progress:
            say(f"The index holds {report.passages} passages; {len(report.differences) or 'no'} differences.")
        return {
            "active": {"number": service.engine.generation.number, "model": service.engine.generation.model},
            "passages": report.passages,
            "differences": len(report.differences),
        }


def _print_comparison(comparison: JsonObject) -> None:
    say(f"{comparison['questions']} questions: {comparison['overlap']:.0%} of the passages are the same.")
    if comparison["hit_rate_now"] is not None:
        now, new = comparison["hit_rate_now"], comparison["hit_rate_new"]
        say(f"A document that answers was found for {now:.1%} before, and for {new:.1%} with the new index.")
