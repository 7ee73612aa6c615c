"""``citewell doctor``: what is installed, what is in use, what is degraded."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingest.storage.folder_lock import running_service_address
from rag.errors import CitewellError
from rag.factory import build_encoder, build_index, load_cross_encoder
from rag.settings import EndpointSettings, GeneratorBackend, IndexBackend, OcrBackend, RerankerBackend, Settings
from rag.stages import Encoder

_PACKAGES = (
    "citewell",
    "qdrant-edge-py",
    "qdrant-client",
    "onnxruntime",
    "unstructured",
    "rapidocr-onnxruntime",
    "pypdfium2",
    "llama-index-core",
)
_PROBE_TIMEOUT_SECONDS = 3.0


class State(StrEnum):
    """How a part does."""

    OK = "ok"
    DEGRADED = "degraded"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found about one part, and what to do about it."""

    part: str
    state: State
    detail: str

    @property
    def broken(self) -> bool:
        """Whether the service cannot run like this."""
        return self.state is State.BROKEN


def examine(settings: Settings) -> list[Finding]:
    """Looks at every part that the settings ask for."""
    return [
        *_installed(),
        _checked("data folder", lambda: _folder(settings)),
        _checked("encoder and index", lambda: _encoder_and_index(settings)),
        _checked("reranker", lambda: _reranker(settings)),
        _generator(settings),
        _model_server(settings),
        _ocr(settings),
    ]


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Prints the findings as a table or as JSON."""
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
        return
    colours = {State.OK: "green", State.DEGRADED: "yellow", State.BROKEN: "bold red"}
    table = Table("Part", "State", "Detail")
    for finding in findings:
        table.add_row(finding.part, f"[{colours[finding.state]}]{finding.state}[/]", escape(finding.detail))
    Console().print(table)


def _installed() -> Iterator[Finding]:
    yield Finding(part="python", state=State.OK, detail=sys.version.split()[0])
    for package in _PACKAGES:
        try:
            yield Finding(part=package, state=State.OK, detail=version(package))
        except PackageNotFoundError:
            detail = f"Not installed: pip install --no-deps {package}"
            yield Finding(part=package, state=State.BROKEN, detail=detail)


def _checked(part: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except CitewellError as error:
        return Finding(part=part, state=State.BROKEN, detail=str(error))


def _folder(settings: Settings) -> Finding:
    folder = settings.storage.folder
    url = running_service_address(folder)
    detail = f"{folder.resolve()}, in use by the service at {url}" if url else f"{folder.resolve()}, free"
    return Finding(part="data folder", state=State.OK, detail=detail)


def _encoder_and_index(settings: Settings) -> Finding:
    encoder = build_encoder(settings.encoder, settings.models)
    if settings.index.backend is IndexBackend.EDGE:
        detail = f"{encoder.name}; Qdrant Edge inside the process"
    else:
        asyncio.run(_reach_index(settings, encoder))
        detail = f"{encoder.name}; Qdrant server at {settings.index.url}"
    return Finding(part="encoder and index", state=State.OK, detail=detail)


async def _reach_index(settings: Settings, encoder: Encoder) -> None:
    index = build_index(settings, encoder)
    try:
        await index.ping()
    finally:
        await index.close()


def _reranker(settings: Settings) -> Finding:
    if settings.reranker.backend is RerankerBackend.SENTENCE_TRANSFORMERS:
        load_cross_encoder(settings)
        return Finding(part="reranker", state=State.OK, detail=settings.reranker.model)
    detail = (
        f"{settings.reranker.backend}; no cross-encoder. With a hub or a local model: pip install "
        "'citewell[transformers]' and CITEWELL_RERANKER__BACKEND=sentence_transformers."
    )
    off = settings.reranker.backend is RerankerBackend.NONE
    return Finding(part="reranker", state=State.DEGRADED if off else State.OK, detail=detail)


def _generator(settings: Settings) -> Finding:
    chosen = settings.generation
    if chosen.backend is GeneratorBackend.EXTRACTIVE:
        return Finding(part="generator", state=State.OK, detail="extractive: quotes the documents, needs no model")
    found = {endpoint.url: _trouble(endpoint) for endpoint in chosen.all_endpoints}
    lines = [
        f"{url} {'is there' if trouble is None else f'does not answer ({trouble})'}" for url, trouble in found.items()
    ]
    missing = chosen.backend is GeneratorBackend.VLLM and any(found.values())
    if all(found.values()):
        lines.append("answers are extractive until one does")
    return Finding(part="generator", state=State.DEGRADED if missing else State.OK, detail="; ".join(lines))


def _trouble(endpoint: EndpointSettings) -> str | None:
    headers = {"Authorization": f"Bearer {endpoint.api_key.get_secret_value()}"} if endpoint.api_key else {}
    url = f"{endpoint.url.rstrip('/')}/models"
    try:
        httpx.get(url, headers=headers, timeout=_PROBE_TIMEOUT_SECONDS).raise_for_status()
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    return None


def _model_server(settings: Settings) -> Finding:
    url = settings.generation.url.rstrip("/")
    key = settings.generation.api_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    try:
        answer = httpx.get(f"{url}/models", headers=headers, timeout=_PROBE_TIMEOUT_SECONDS).raise_for_status()
        names = ", ".join(model["id"] for model in answer.json()["data"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return Finding(part="model server", state=State.OK, detail=f"none answers at {url}; 'make vllm' starts one")
    return Finding(part="model server", state=State.OK, detail=f"{names} at {url}")


def _ocr(settings: Settings) -> Finding:
    wanted = settings.ingestion.ocr
    program = shutil.which("tesseract")
    if wanted is OcrBackend.NONE:
        return Finding(part="text recognition", state=State.DEGRADED, detail="Off: scanned pages are refused.")
    if program is None or wanted is OcrBackend.RAPIDOCR:
        state = State.BROKEN if wanted is OcrBackend.TESSERACT else State.OK
        return Finding(
            part="text recognition",
            state=state,
            detail="rapidocr. For better English: apt-get install tesseract-ocr tesseract-ocr-chi-sim",
        )
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, check=False)  # noqa: S603 - found by which
    languages = listed.stdout.splitlines()[1:]
    return Finding(part="text recognition", state=State.OK, detail=f"tesseract: {' '.join(languages)}; rapidocr")
