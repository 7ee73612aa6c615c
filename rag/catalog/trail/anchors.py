"""Anchors of the audit trail: digests of rows, sealed by the installation's secret, in the catalogue and in a file."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from rag.catalog.endpoints.sealing import Seal
from rag.catalog.trail.chain import canonical
from rag.catalog.trail.rows import AUDIT_ANCHORS
from rag.errors import KeyFileError, UnusableFolderError

HEAD = "head"
PRUNED = "pruned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What a row's digest was at a time. ``name`` is a day, ``HEAD`` or ``PRUNED``."""

    name: str
    number: int
    digest: str
    made_at: datetime
    seal: str

    @classmethod
    def of(cls, row: Row[Any]) -> Anchor:
        """Returns the anchor of a row of the table."""
        return cls(name=row.name, number=row.number, digest=row.digest, made_at=row.made_at, seal=row.seal)

    @property
    def values(self) -> dict[str, Any]:
        """The columns of its row."""
        return asdict(self)

    @property
    def signed(self) -> str:
        """The text under the seal."""
        return canonical({name: value for name, value in asdict(self).items() if name != "seal"})

    def holds(self, seal: Seal) -> bool:
        """Returns whether the seal is that of this installation's secret over this anchor."""
        return hmac.compare_digest(self.seal, _signature(seal, self.signed))


def is_day(name: str) -> bool:
    """Returns whether an anchor's name is that of a day."""
    return name not in {HEAD, PRUNED}


def sealed(seal: Seal, *, name: str, number: int, digest: str, at: datetime) -> Anchor:
    """Returns a sealed anchor; without a readable secret its seal is empty."""
    bare = Anchor(name=name, number=number, digest=digest, made_at=at, seal="")
    return Anchor(**{**asdict(bare), "seal": _signature(seal, bare.signed)})


def anchors_in(connection: Connection) -> dict[str, Anchor]:
    """Returns the anchors of the catalogue by name."""
    return {row.name: Anchor.of(row) for row in connection.execute(select(AUDIT_ANCHORS))}


class AnchorFile:
    """The daily anchors as lines of JSON, in a file outside the catalogue. Lines are only added."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, anchor: Anchor) -> None:
        """Adds an anchor; it is on the disk when this returns.

        Raises:
            UnusableFolderError: the file cannot be written.
        """
        try:
            with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
                file.write(f"{canonical(anchor.values)}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UnusableFolderError(str(self.path), error) from error

    def read(self) -> Iterator[Anchor | str]:
        """Yields the anchors of the file; a line that is none as it stands. A missing file holds none."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise UnusableFolderError(str(self.path), error) from error
        for line in lines:
            try:
                held = json.loads(line)
                yield Anchor(**{**held, "made_at": datetime.fromisoformat(held["made_at"])})
            except (ValueError, TypeError, KeyError):
                yield line


def anchor_file(folder: Path) -> Path:
    """Returns the file of the anchors: beside the data folder, so that what replaces the folder does not replace it."""
    whole = folder.absolute()
    return whole.with_name(f"{whole.name}.anchors.jsonl")


def _signature(seal: Seal, text: str) -> str:
    try:
        return seal.sign(text)
    except KeyFileError:
        return ""
