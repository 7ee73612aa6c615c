"""``citewell audit-index``, ``backup``, ``restore`` and ``adopt``."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.shared.client import JsonObject, connect
from api.commands.shared.options import Json, Url, print_json
from ingest.backup import restore_backup
from ingest.storage.folder_lock import FolderLock
from ingest.upkeep.adoption import adopt_originals
from rag.errors import ConfigurationError
from rag.settings import load_settings

BackupFile = Annotated[Path, typer.Argument(help="The backup, e.g. monday.tar.gz.", dir_okay=False)]


def audit_index(
    url: Url = None,
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    read_everything: Annotated[
        bool, typer.Option("--read-everything", help="Hash every original and load every text.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare catalogue, index and files; the exit status is 1 while something differs."""
    with connect(load_settings(), url) as client:
        body = {"repair": repair, "read_everything": read_everything}
        report = client.request("POST", "/v1/maintenance/audit", json=body)
    if as_json:
        print_json(report)
    else:
        _print_report(report)
    if any(not difference["repaired"] for difference in report["differences"]):
        raise typer.Exit(1)


def _print_report(report: JsonObject) -> None:
    console = Console()
    console.print(
        f"{report['versions']} versions, {report['passages']} passages in the index, {report['originals']} originals: "
        f"differences: {len(report['differences']) or 'none'}.",
        highlight=False,
    )
    if not report["differences"]:
        return
    table = Table("What", "Document", "Detail", "Repair")
    for difference in report["differences"]:
        done = "done" if difference["repaired"] else difference["repair"] or "none"
        table.add_row(
            difference["kind"], escape(difference["name"] or difference["identity"]), escape(difference["detail"]), done
        )
    console.print(table)
    if any(difference["repair"] and not difference["repaired"] for difference in report["differences"]):
        console.print("citewell audit-index --repair mends these.", highlight=False)


def backup(
    file: BackupFile,
    url: Url = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write everything that the service has at this moment into one file, while it goes on."""
    if file.exists() and not force:
        raise ConfigurationError(f"{file} is there already. Name another file, or add --force to replace it.")
    partial = file.with_name(f"{file.name}.partial")
    size = 0
    try:
        with connect(load_settings(), url) as client, partial.open("wb") as target:
            for block in client.download("POST", "/v1/maintenance/backup"):
                size += target.write(block)
            target.flush()
            os.fsync(target.fileno())  # the name must not reach the disk before what it stands for
        partial.replace(file)
    except OSError as error:
        raise ConfigurationError(f"The backup cannot be written to {file}: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        typer.echo(f"{file}: {size / 1_048_576:,.1f} MiB. 'citewell restore {file}' brings it back.")


def adopt(*, as_json: Json = False) -> None:
    """Build the catalogue from the originals in the data folder, where it was lost. No service may run on it."""
    settings = load_settings()
    adoption = adopt_originals(settings)
    if as_json:
        print_json(asdict(adoption))
        return
    typer.echo(
        f"{adoption.versions} versions are taken in under their names. 'citewell serve' reads what has to be read."
    )
    if adoption.unnamed:
        typer.echo(
            f"{adoption.unnamed} originals had no label: they are in the collection 'default' as 'recovered-...'. "
            "Upload them under their names where you have them, and delete these."
        )
    if adoption.unreadable:
        typer.echo(f"{adoption.unreadable} originals are of no kind that is read here, and were left where they are.")


def restore(file: BackupFile, *, as_json: Json = False) -> None:
    """Fill an empty data folder from a backup. No service may run on it."""
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
        typer.echo(f"{count} files are back in {folder}. 'citewell serve' starts on them.")
