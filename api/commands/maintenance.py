"""``citewell audit-index``, ``backup``, ``restore`` and ``adopt``."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.commands.shared.client import JsonObject, connect
from api.commands.shared.options import Url
from ingest.storage.folder_lock import FolderLock
from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json, Yes
from rag.terminal.output import confirmed, note, print_json, print_table, say

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup, e.g. monday.tar.gz.", dir_okay=False)]


def audit_index(
    url: Url = None,
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Repair what can be repaired.")] = False,
    read_everything: Annotated[
        bool, typer.Option("--read-everything", help="Hash every original and load every text.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare catalogue, index and files.

    The exit status is 1 while something differs.
    """
    with connect(load_settings(), url) as client:
        body = {"repair": repair, "read_everything": read_everything}
        report = client.request("POST", "/v1/maintenance/audit", json=body)
    if as_json:
        print_json(report)
    else:
        _print_report(report)
    if any(not difference["repaired"] for difference in report["differences"]):
        raise typer.Exit(ExitStatus.FAILED)


def _print_report(report: JsonObject) -> None:
    count = len(report["differences"]) or "none"
    say(
        f"{report['versions']} versions, {report['passages']} passages in the index, {report['originals']} originals: "
        f"differences: {count}."
    )
    if not report["differences"]:
        return
    rows = [
        (
            difference["kind"],
            difference["name"] or difference["identity"],
            difference["detail"],
            "done" if difference["repaired"] else difference["repair"] or "none",
        )
        for difference in report["differences"]
    ]
    print_table(("Kind", "Document", "Detail", "Repair"), rows)
    if any(difference["repair"] and not difference["repaired"] for difference in report["differences"]):
        note("'citewell audit-index --repair' repairs these.")


def backup(
    file: BackupFile,
    url: Url = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write all that the service has into one file.

    The service goes on; the file holds its state at the moment when the backup begins.
    """
    if file.exists() and not force:
        raise ConfigurationError(f"{file} is there already. Name another file, or add --force to replace it.")
    partial = file.with_name(f"{file.name}.partial")
    size = 0
    try:
        with connect(load_settings(), url) as client, partial.open("wb") as target:
            for block in client.download("POST", "/v1/maintenance/backup"):
                size += target.write(block)
            target.flush()
            os.fsync(target.fileno())  # the bytes must be on the disk before the name
        partial.replace(file)
    except OSError as error:
        raise ConfigurationError(f"The backup cannot be written to {file}: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        say(f"{file}: {size / 1_048_576:,.1f} MiB. 'citewell restore {file}' brings it back.")


def adopt(*, yes: Yes = False, as_json: Json = False) -> None:
    """Build a lost catalogue again from the data folder.

    Every original that the catalogue does not know is taken in again. No service may run on the folder.
    """
    from ingest.upkeep.adoption import adopt_originals

    settings = load_settings()
    question = f"Add every original in {settings.storage.folder} that the catalogue does not know?"
    if not confirmed(question, yes=yes):
        note("Nothing was changed.")
        raise typer.Exit(ExitStatus.FAILED)
    adoption = adopt_originals(settings)
    if as_json:
        print_json(asdict(adoption))
        return
    say(f"{adoption.versions} versions are taken in under their names. 'citewell serve' reads what has to be read.")
    if adoption.unnamed:
        say(
            f"{adoption.unnamed} originals had no label: they are in the collection 'default' as 'recovered-...'. "
            "Upload them under their names where you have them, and delete these."
        )
    if adoption.unreadable:
        say(f"{adoption.unreadable} originals are of no kind that is read here, and were left where they are.")


def restore(file: BackupFile, *, as_json: Json = False) -> None:
    """Fill an empty data folder from a backup.

    A folder that holds anything is refused. No service may run on it.
    """
    from ingest.backup import restore_backup

    folder = load_settings().storage.folder
    if folder.exists():
        lock = FolderLock(folder)
        lock.acquire()
        lock.release()
        lock.remove()
    try:
        with file.open("rb") as source:
            count = restore_backup(source, folder)
    except OSError as error:
        raise ConfigurationError(f"The backup {file} cannot be read: {error.strerror}.") from error
    if as_json:
        print_json({"folder": str(folder), "files": count})
    else:
        say(f"{count} files are back in {folder}. 'citewell serve' starts on them.")
