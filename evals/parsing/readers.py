"""Reads documents with Citewell, in its sandbox, and with other libraries, each in an environment of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.parsing.measured_parser import Figures
from evals.parsing.measures import Content, Rows, words
from evals.parsing.truth import read_html, read_markdown
from ingest.intake.file_types import identify
from ingest.sandbox.process import ProcessEndedError, SandboxProcess
from ingest.sandbox.sandbox import Sandbox
from ingest.storage.extracted_text import load_tables
from rag.errors import ConfigurationError, DocumentError, ModelServerError, UnsupportedTypeError
from rag.factory import build_encoder
from rag.model_server.environment import Environment
from rag.settings import IngestionSettings, Settings
from rag.types import ElementKind, ExtractedText, Table

_SCRIPT = Path(__file__).parent / "peer_script.py"
_PINS = Path(__file__).parent / "peer_constraints.txt"
_PACKAGES: dict[str, tuple[str, ...]] = {
    "markitdown": ("markitdown[docx,outlook,pdf,pptx,xls,xlsx]==0.1.9",),
    "pdfplumber": ("pdfplumber==0.11.10",),
    # Its extra for PDF wants torch. Reading text layers needs only these of it; the script stands in for the rest.
    "unstructured": (
        "unstructured[csv,docx,epub,md,odt,org,pptx,rst,rtf,tsv,xlsx]==0.27.35",
        "pdfminer.six",
        "pi-heif",
        "pikepdf",
    ),
}
PEERS = tuple(_PACKAGES)
_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader made of a file: its content, or the reason why there is none.

    ``content`` is None where the reader does not know the format; after a failure it is empty.
    """

    content: Content | None
    seconds: float = 0.0
    page_count: int | None = None
    words_held: int | None = None
    warnings: tuple[str, ...] = ()
    error: str = ""


class Reader(Protocol):
    """Reads one file after the other."""

    name: str

    def read(self, path: Path) -> Reading:
        """Reads a file, within the limits of the sandbox."""
        ...

    def close(self) -> None:
        """Ends its process."""
        ...


class Citewell:
    """Reads like the service."""

    name = "citewell"

    def __init__(self, settings: Settings) -> None:
        encoder = build_encoder(settings.encoder, settings.models)
        self._sandbox = Sandbox(
            settings.ingestion,
            tokenizer_file=encoder.tokenizer_file,
            max_tokens=encoder.max_tokens,
            parser="evals.parsing.measured_parser:MeasuredParser",
        )

    def read(self, path: Path) -> Reading:
        """See ``Reader``."""
        try:
            media_type = identify(path, path.name)
            with tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder:
                parsed = self._sandbox.parse(path, name=path.name, media_type=media_type, output_folder=Path(folder))
                tables = load_tables(Path(folder))
        except UnsupportedTypeError as error:
            return Reading(content=None, error=str(error))
        except DocumentError as error:
            return Reading(content=Content(words=()), error=str(error))
        extracted = parsed.extracted
        figures = Figures.model_validate_json(extracted.warnings[-1])
        return Reading(
            content=Content(
                words=words(_with_headings(extracted)), tables=tuple(_rows(table, extracted.text) for table in tables)
            ),
            seconds=figures.seconds,
            page_count=extracted.page_count,
            words_held=figures.words_held,
            warnings=extracted.warnings[:-1],
        )

    def close(self) -> None:
        """Ends the sandbox."""
        self._sandbox.close()


def _with_headings(extracted: ExtractedText) -> str:
    """Returns the text with the headings that stand only beside it, such as the names of sheets."""
    text = extracted.text
    shown = {text[each.span.start : each.span.end] for each in extracted.elements if each.kind is ElementKind.HEADING}
    pieces, at = [], 0
    for element in extracted.elements:
        for heading in element.heading_path:
            if heading not in shown:
                shown.add(heading)
                pieces += [text[at : element.span.start], heading]
                at = element.span.start
    return "\n".join([*pieces, text[at:]])


def _rows(table: Table, text: str) -> Rows:
    grid = [[""] * table.column_count for _ in range(table.row_count)]
    for cell in table.cells(text):
        for row in grid[cell.row : cell.row + cell.row_span]:
            row[cell.column : cell.column + cell.column_span] = [cell.text] * cell.column_span
    return tuple(map(tuple, grid))


class _Reply(BaseModel):
    """What the script writes about one file; ``rows`` are tables, ``html`` tables as HTML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = ""
    is_markdown: bool = False
    rows: list[list[list[str | None]]] = []
    html: list[str] = []
    seconds: float
    error: str = ""
    is_unknown: bool = False


class Peer:
    """Reads with another library, in a process with that library's own Python.

    Its process has the time limit of the sandbox, its memory limit, an empty environment and a private folder, but
    not its isolation from the network.
    """

    def __init__(self, name: str, python: Path, limits: IngestionSettings) -> None:
        self.name = name
        self._limits = limits
        self._command = (str(python), "-P", str(_SCRIPT), name, str(limits.parse_memory_bytes))
        self._process: SandboxProcess | None = None

    def read(self, path: Path) -> Reading:
        """See ``Reader``."""
        with tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder:
            answer = Path(folder) / "answer.json"
            request = json.dumps({"path": str(path.resolve()), "answer": str(answer)}).encode() + b"\n"
            try:
                next(self._running().ask(request, self._limits.parse_timeout_seconds))
                reply = _Reply.model_validate_json(answer.read_bytes())
            except TimeoutError:
                error = f"it took longer than {self._limits.parse_timeout_seconds:g} seconds"
            except (ProcessEndedError, ValidationError, OSError) as failure:
                error = " ".join(str(failure).split())[-200:]
            else:
                return _reading(reply)
        self.close()
        return Reading(content=Content(words=()), error=error)

    def close(self) -> None:
        """Ends the process; the next file starts another one."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _running(self) -> SandboxProcess:
        if self._process is None:
            self._process = SandboxProcess(self._command)
            next(self._process.ask(b"", _START_SECONDS))
        return self._process


def _reading(reply: _Reply) -> Reading:
    if reply.is_unknown:
        return Reading(content=None, error=reply.error)
    if reply.is_markdown:
        content = read_markdown(reply.text)
    else:
        written = (table for each in reply.html for table in read_html(each).tables or ())
        rows = (tuple(tuple(cell or "" for cell in row) for row in table) for table in reply.rows)
        content = Content(words=words(reply.text), tables=(*written, *rows))
    return Reading(content=content, seconds=reply.seconds, error=reply.error)


def install_peer(name: str, settings: Settings) -> Peer:
    """Returns a peer, whose library is installed the first time.

    Raises:
        ConfigurationError: there is no such reader, or pip failed.
    """
    if name not in _PACKAGES:
        raise ConfigurationError(f"{name} is no known reader. Known are {', '.join(PEERS)}.")
    folder = settings.models.cache_folder / "peers" / name
    environment = Environment(folder=folder, steps=(("install", *_PACKAGES[name]),), constraints=_PINS)
    try:
        environment.install()
    except ModelServerError as error:
        raise ConfigurationError(f"{name} could not be installed. pip's own words stand above.") from error
    return Peer(name, environment.python, settings.ingestion)


class Readers:
    """Citewell and its peers, whose processes end together."""

    def __init__(self, settings: Settings, peers: Sequence[str]) -> None:
        self.peers = tuple(install_peer(name, settings) for name in peers)
        self.citewell = Citewell(settings)

    def __iter__(self) -> Iterator[Reader]:
        return iter((self.citewell, *self.peers))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for reader in self:
            reader.close()
