"""Writes all that one tenant has into a compressed tar file, takes it in again, and removes a tenant.

A service may run beside it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ingest.opening import BIN_FOLDER, ORIGINALS_FOLDER, open_catalogue
from ingest.storage.bin import Bin
from ingest.storage.blobs import BlobStore
from rag.catalog.access.tenant_rows import TenantRows
from rag.catalog.database.records import VersionLabel
from rag.catalog.trail.trail import Trail, TrailFilter
from rag.errors import ConfigurationError
from rag.settings import Settings

_LIST = "export.json"
_MEMBER = re.compile(r"tables/[a-z_]+\.jsonl|audit\.jsonl|originals/[0-9a-f]{64}|export\.json")
_DEFAULT_TENANT = "default"


def export_tenant(settings: Settings, tenant: str, target: Path) -> int:
    """Writes ``tables/NAME.jsonl``, ``audit.jsonl``, ``originals/HASH``, and last a list of them with their hashes.

    Secrets are left out: hashes of passwords, keys, sessions, tokens of links. Returns the number of files.

    Raises:
        UnknownTenantError: there is none of this name.
        OSError: the file cannot be written.
    """
    folder = settings.storage.folder
    blobs = BlobStore(folder / ORIGINALS_FOLDER, litter_bin=Bin(folder / BIN_FOLDER))
    with open_catalogue(settings) as database, tarfile.open(target, "x:gz", compresslevel=1) as archive:
        rows, trail = TenantRows(database), Trail.of(database, settings)
        trail.append([trail.own_event("tenant.exported", target=f"tenant:{tenant}")])
        listed = {}
        for table, found in groupby(rows.all(tenant), key=lambda each: each[0]):
            name = f"tables/{table}.jsonl"
            listed[name] = _add(archive, name, (row for _, row in found))
        events = trail.all(TrailFilter(tenant=tenant))
        listed["audit.jsonl"] = _add(archive, "audit.jsonl", map(asdict, events))
        for sha256 in rows.blobs(tenant):
            if (path := blobs.path(sha256)).is_file():
                archive.add(path, f"originals/{sha256}", recursive=False)
                listed[f"originals/{sha256}"] = sha256
        _add(archive, _LIST, [{"citewell_tenant": 1, "tenant": tenant, "files": listed}])
    return len(listed)


def erase_tenant(settings: Settings, tenant: str) -> int:
    """Removes a tenant: rows, evaluations, and texts of the audit trail, whose chain goes on without them.

    The worker then purges index and originals, as after any delete. Returns how many documents there were.

    Raises:
        UnknownTenantError: there is none of this name.
    """
    with open_catalogue(settings) as database:
        count = TenantRows(database).erase(tenant)
        _remove_evaluations(settings.storage.folder / "evals", tenant)
        trail = Trail.of(database, settings)
        trail.erase(tenant=tenant)
        trail.append([trail.own_event("tenant.erased", target=f"tenant:{tenant}")])
    return count


def import_tenant(settings: Settings, source: Path) -> int:
    """Takes in what ``export_tenant`` has written, but for the events. Returns how many documents there are.

    Its documents are read again by the repair of the next start, or of ``citewell audit-index --repair``.

    Raises:
        ConfigurationError: the file is damaged, or no export.
        ConflictError: the tenant, an id, or the name of a user is here already.
    """
    folder = settings.storage.folder
    with tempfile.TemporaryDirectory(dir=folder, prefix=".import-") as unpacked, open_catalogue(settings) as database:
        try:
            tenant, names = _unpack(source, Path(unpacked))
        except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"{source} is no export of a tenant, or not a whole one: {error}.") from error
        blobs = BlobStore(folder / ORIGINALS_FOLDER, litter_bin=Bin(folder / BIN_FOLDER))

        def keep(labels: Sequence[VersionLabel]) -> None:
            for label in labels:
                path = Path(unpacked) / "originals" / label.sha256
                with path.open("rb") as original, blobs.stage(original) as staged:
                    blobs.keep(staged, label)

        rows = _rows_in(Path(unpacked), names)
        count = TenantRows(database).add(tenant, rows, keep_originals=keep)
        trail = Trail.of(database, settings)
        trail.append([trail.own_event("tenant.imported", target=f"tenant:{tenant}")])
    return count


def _unpack(source: Path, folder: Path) -> tuple[str, list[str]]:
    """Unpacks an export. Returns the tenant and the names of its files.

    Raises:
        ValueError: a file is none of an export's, is changed or is missing.
    """
    found: dict[str, str] = {}
    about: dict[str, Any] = {}
    with tarfile.open(source, "r|gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if _MEMBER.fullmatch(member.name) else None
            if content is None:
                raise ValueError(f"it holds {member.name!r}")
            if member.name == _LIST:
                about = json.load(content)
                continue
            path = folder / member.name
            path.parent.mkdir(exist_ok=True)
            with path.open("wb") as written:
                shutil.copyfileobj(content, written)
            with path.open("rb") as written:
                found[member.name] = hashlib.file_digest(written, "sha256").hexdigest()
    if about["files"] != found or any(
        digest != Path(name).name for name, digest in found.items() if "originals" in name
    ):
        raise ValueError("its files are not those it lists")
    return str(about["tenant"]), sorted(found)


def _rows_in(folder: Path, names: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields table and row, but for versions whose original is not in the file."""
    for name in names:
        if not name.startswith("tables/"):
            continue
        with (folder / name).open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if "sha256" not in row or f"originals/{row['sha256']}" in names:
                    yield Path(name).stem, row


def _remove_evaluations(folder: Path, tenant: str) -> None:
    for run in sorted(folder.glob("*/run.json")):
        if json.loads(run.read_text("utf-8")).get("tenant") == tenant:
            shutil.rmtree(run.parent)
    datasets = folder / "datasets"
    if tenant != _DEFAULT_TENANT:
        shutil.rmtree(datasets / f"tenant-{quote(tenant, safe='')}", ignore_errors=True)
        return
    for path in datasets.glob("*.jsonl"):
        path.unlink()


def _add(archive: tarfile.TarFile, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Adds a file with a line of JSON for each row. Returns the hash of its bytes."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as lines:
        for row in rows:
            line = f"{json.dumps(row, default=_written)}\n".encode()
            digest.update(line)
            lines.write(line)
        member = tarfile.TarInfo(name)
        member.size = lines.tell()
        member.mode = 0o600
        lines.seek(0)
        archive.addfile(member, lines)
    return digest.hexdigest()


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
