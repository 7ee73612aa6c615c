"""``citewell sync``: makes a collection equal to a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer

from api.commands.shared.client import Client, JsonObject, ServiceError, connect
from api.commands.shared.files import NamedFile, Skipped, files_of
from api.commands.shared.meant import meant_by
from api.commands.shared.options import Collection, Filter, Tag, Url, filter_of
from api.commands.shared.uploads import (
    UploadResult,
    description_of,
    fields_as_json,
    skipped_of,
    skipped_words,
    upload_files,
)
from ingest.intake.beside import is_no_document
from ingest.intake.file_types import identify
from rag.errors import (
    ConfigurationError,
    DocumentError,
    UnknownCollectionError,
    UnknownDocumentError,
    UnknownFieldError,
    UnsupportedTypeError,
    WrongFieldError,
)
from rag.fields.values import fold
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json, Yes
from rag.terminal.output import confirmed, note, print_json, say

_COUNTED = ("added", "updated", "described", "unchanged", "deleted", "refused")
_NAMED_IN_QUESTION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A document whose sidecar file says other tags and fields than it has; ``change`` makes them the same."""

    name: str
    change: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refused file; the document that it would have replaced stays as it was."""

    name: str
    code: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The difference between a collection and a folder; ``extra`` holds the ids of documents to delete by name.

    ``kept`` names documents whose files exist and are skipped, so that they are not deleted. ``described`` holds the
    changes of tags and fields, by the ids of documents whose files did not change.
    """

    added: Sequence[NamedFile]
    updated: Sequence[NamedFile]
    unchanged: Sequence[NamedFile]
    extra: Mapping[str, str]
    kept: Sequence[str] = ()
    described: Mapping[str, Described] = field(default_factory=dict)
    refused: Sequence[Refusal] = ()

    @property
    def empties(self) -> bool:
        """Returns whether the plan deletes every document and keeps or adds none."""
        return bool(self.extra) and not (self.added or self.updated or self.unchanged or self.kept)

    def narrowed(self, extra: Mapping[str, str]) -> Plan:
        """Returns the plan that deletes only these documents, and says nothing of those that are kept."""
        return replace(self, extra=extra, kept=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The names of the documents that were changed, or would be; ``receipts`` holds the receipt's id of each delete."""

    added: list[str]
    updated: list[str]
    unchanged: list[str]
    deleted: list[str]
    refused: list[Refusal] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    receipts: dict[str, str] = field(default_factory=dict)


def sync(  # noqa: PLR0913 - each is an option
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that the collection is to equal.")],
    collection: Collection = "default",
    url: Url = None,
    *,
    chosen: Filter = "",
    tags: Tag = [],  # noqa: B006 - typer's way to say that none is needed
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what would be done.")] = False,
    delete_all: Annotated[bool, typer.Option("--delete-all", help="Allow an empty folder to empty it.")] = False,
    as_json: Json = False,
) -> None:
    """Make a collection equal to a folder.

    New files are added, changed ones updated, and documents without a file are deleted. Where there are such
    documents, it asks first, or needs --yes without a terminal. A file NAME.meta.yaml (or .yml, .json) beside the file
    NAME holds its tags and fields; a change of those alone has nothing read again.

    With --filter or --tag only the files that it means are synced, by their names, types, sidecar files and front
    matter; other files and documents stay as they are.
    """
    settings = load_settings()
    found = files_of(folder)
    narrowed = filter_of(chosen, tags)
    files = meant_by(narrowed, found.files) if narrowed else found.files
    with connect(settings, url) as client:
        documents = _documents(client, collection)
        plan = compare(files, documents, folder=folder)
        if narrowed:
            there = {file.name for file in found.files}
            meant = {document["id"] for document in _documents(client, collection, narrowed)}
            plan = plan.narrowed({name: key for name, key in plan.extra.items() if key in meant and name not in there})
        if plan.empties and not delete_all and not narrowed:
            raise ConfigurationError(
                f"The folder {folder} holds no files: all documents of '{collection}' ({len(plan.extra)}) would be "
                "deleted. If that is meant, add --delete-all."
            )
        allowed = yes or dry_run or (plan.empties and not narrowed) or not plan.extra
        if not confirmed(_question(plan, folder, collection), yes=allowed):
            note("Nothing was changed.")
            raise typer.Exit(ExitStatus.FAILED)
        results = foresee(plan) if dry_run else []
        receipts: dict[str, str] = {}
        if not dry_run:
            results, receipts = carry_out(client, plan, collection, show_progress=not as_json)
    skipped = [*found.skipped, *skipped_of(results)]
    report = replace(_report(plan, results, skipped), receipts=receipts)
    if as_json:
        print_json(asdict(report))
    else:
        _print(report, skipped, dry_run=dry_run)
    if report.refused:
        raise typer.Exit(ExitStatus.FAILED)


def compare(files: Sequence[NamedFile], documents: Sequence[JsonObject], *, folder: Path) -> Plan:
    """Compares files and documents by name and content. A document that is not ready counts as changed."""
    # The service may be about to publish other bytes than it shows; to upload the same bytes again costs it nothing.
    known = {document["name"]: document for document in documents}
    added = [file for file in files if file.name not in known]
    unchanged = [file for file in files if file.name in known and _is_current(file, known[file.name])]
    same = {file.name for file in (*added, *unchanged)}
    described, wrong = _described(unchanged, known)
    others = known.keys() - {file.name for file in files}
    kept = {name for name in others if is_no_document(name) and (folder / name).is_file()}
    return Plan(
        added=added,
        updated=[file for file in files if file.name not in same],
        unchanged=unchanged,
        extra={name: document["id"] for name, document in known.items() if name in others - kept},
        kept=sorted(kept),
        described=described,
        refused=wrong,
    )


def carry_out(
    client: Client, plan: Plan, collection: str, *, show_progress: bool
) -> tuple[list[UploadResult], dict[str, str]]:
    """Uploads first and deletes last, so that a renamed file can be searched all the time.

    Returns the results of the uploads, and the receipt's id of each deleted document by its name.
    """
    results = upload_files(client, [*plan.added, *plan.updated], collection, show_progress=show_progress)
    for document_id, described in plan.described.items():
        client.request("PATCH", f"/v1/documents/{document_id}", json=described.change)
    receipts = {}
    for name, document_id in plan.extra.items():
        try:
            receipts[name] = str(client.request("DELETE", f"/v1/documents/{document_id}")["id"])
        except ServiceError as error:
            if error.problem.get("code") != UnknownDocumentError.code:  # deleted since it was listed
                raise
    return results, receipts


def foresee(plan: Plan) -> list[UploadResult]:
    """Returns the files that the service would refuse at once, for what their content is: nothing is sent."""
    refused = []
    for file in (*plan.added, *plan.updated):
        try:
            identify(file.path, file.name)
            description_of(file)
        except (DocumentError, WrongFieldError) as error:
            is_skipped = file.in_folder and error.code == UnsupportedTypeError.code
            refused.append(
                UploadResult(
                    path=str(file.path),
                    name=file.name,
                    document_id=None,
                    chunks=0,
                    code=error.code,
                    error=str(error),
                    skipped=is_skipped,
                )
            )
    return refused


def _described(
    files: Sequence[NamedFile], known: Mapping[str, JsonObject]
) -> tuple[dict[str, Described], list[Refusal]]:
    """Returns the changes of tags and fields that sidecar files ask for, and those files that cannot be read.

    The tags of a sidecar file are all that the document has; fields that came from the file itself stay.
    """
    changes: dict[str, Described] = {}
    wrong: list[Refusal] = []
    for file in files:
        try:
            said = description_of(file)
        except WrongFieldError as error:
            wrong.append(Refusal(name=file.name, code=error.code, detail=str(error)))
            continue
        if said is None:
            continue
        document = known[file.name]
        given = {each["name"]: each for each in document["fields"] if each["source"] == "given"}
        wanted = fields_as_json(said)
        fields: JsonObject = {
            name: value
            for name, value in wanted.items()
            if name not in given or {"type": given[name]["type"], "value": given[name]["value"]} != value
        }
        fields |= dict.fromkeys(given.keys() - wanted.keys())
        change: JsonObject = {"fields": fields} if fields else {}
        if {fold(tag) for tag in document["tags"]} != {fold(tag) for tag in said.tags}:
            change["tags"] = list(said.tags)
        if change:
            changes[document["id"]] = Described(name=file.name, change=change)
    return changes, wrong


def _question(plan: Plan, folder: Path, collection: str) -> str:
    count, names = len(plan.extra), list(plan.extra)
    which = f"1 document of '{collection}' is" if count == 1 else f"{count} documents of '{collection}' are"
    shown = ", ".join(names[:_NAMED_IN_QUESTION]) + (", …" if count > _NAMED_IN_QUESTION else "")
    return f"{which} not in {folder} and will be deleted: {shown}. Look at all changes with --dry-run. Go on?"


def _is_current(file: NamedFile, document: JsonObject) -> bool:
    if document["state"] != "ready" or document["size_bytes"] != file.path.stat().st_size:
        return False
    with file.path.open("rb") as content:
        return bool(hashlib.file_digest(content, "sha256").hexdigest() == document["sha256"])


def _documents(client: Client, collection: str, narrowed: JsonObject | None = None) -> list[JsonObject]:
    wanted = json.dumps(narrowed) if narrowed else None
    try:
        return list(client.listed("/v1/documents", collection=collection, filter=wanted))
    except ServiceError as error:
        if error.problem.get("code") not in {UnknownCollectionError.code, UnknownFieldError.code}:
            raise
        return []


def _report(plan: Plan, results: Sequence[UploadResult], skipped: Sequence[Skipped]) -> Report:
    without = {result.name for result in results if result.error}
    refused = [
        Refusal(name=result.name, code=result.code, detail=result.error or "")
        for result in results
        if result.has_failed
    ]
    refused += plan.refused
    return Report(
        added=[file.name for file in plan.added if file.name not in without],
        updated=[file.name for file in plan.updated if file.name not in without],
        unchanged=[file.name for file in plan.unchanged],
        deleted=list(plan.extra),
        refused=refused,
        kept=list(plan.kept),
        skipped=[entry.name for entry in skipped],
        described=[described.name for described in plan.described.values()],
    )


def _print(report: Report, skipped: Sequence[Skipped], *, dry_run: bool) -> None:
    by_kind = asdict(report)
    if not any(by_kind.values()):
        say("Nothing to do: the folder holds no files, and the collection no documents.")
        return
    counts = ", ".join(f"{len(by_kind[kind])} {kind}" for kind in _COUNTED)
    say(f"Would be, if every file can be read: {counts}." if dry_run else f"{counts.capitalize()}.")
    for mark, names in (("+", report.added), ("~", report.updated), ("#", report.described), ("-", report.deleted)):
        for name in names:
            receipt = report.receipts.get(name) if mark == "-" else None
            say(f"  {mark} {name}", f" (receipt {receipt})" if receipt else "")
    for refusal in report.refused:
        say((f"  ! {refusal.name}: {refusal.detail}", "yellow"))
    for name in report.kept:
        say(f"  = {name}: stays as it is, for files of such names are skipped; 'citewell delete' removes it")
    if skipped:
        note(skipped_words(skipped))
