"""``citewell doctor``: used when something is wrong."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import httpx
import typer

from ingest.storage.folder_lock import running_service_address
from rag.errors import CitewellError, ModelError
from rag.settings import (
    EncoderBackend,
    EndpointSettings,
    GeneratorBackend,
    IndexBackend,
    OcrBackend,
    RerankerBackend,
    Settings,
    fallback_notice,
    load_settings,
)
from rag.settings.layers import Layers
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table

if TYPE_CHECKING:
    from rag.catalog.indexes import Generation
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
    """The state of a part."""

    OK = "ok"
    DEGRADED = "degraded"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The state of one part, with what to do about it."""

    part: str
    state: State
    detail: str

    @property
    def broken(self) -> bool:
        """Returns whether the service cannot run because of this part."""
        return self.state is State.BROKEN


def doctor(*, as_json: Json = False) -> None:
    """Show what is installed, in use, and degraded.

    The exit status is 1 if a part is broken, so that the service cannot run.
    """
    findings = examine(load_settings())
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        colours = {State.OK: "green", State.DEGRADED: "yellow", State.BROKEN: "bold red"}
        rows = [(finding.part, (finding.state, colours[finding.state]), finding.detail) for finding in findings]
        print_table(("Part", "State", "Detail"), rows)
    if any(finding.broken for finding in findings):
        raise typer.Exit(ExitStatus.FAILED)


def examine(settings: Settings) -> list[Finding]:
    """Checks every part that the settings ask for."""
    return [
        *_installed(),
        _profile(settings),
        _checked("data folder", lambda: _folder(settings)),
        *_reading(settings),
        _checked("encoder and index", lambda: _encoder_and_index(settings)),
        _checked("reranker", lambda: _reranker(settings)),
        _generator(settings),
        _model_server(settings),
        _ocr(settings),
    ]


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


def _reading(settings: Settings) -> Iterator[Finding]:
    """Asks a running service how well its documents were read; without one the catalogue is not opened."""
    url = running_service_address(settings.storage.folder)
    if url is None:
        return
    try:
        answer = httpx.get(f"{url}/v1/maintenance/reparse", timeout=_PROBE_TIMEOUT_SECONDS).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        yield Finding(part="documents", state=State.DEGRADED, detail=f"The service does not count them: {error}")
        return
    detail = f"{answer['documents']}, read by parser {answer['parser_version']}"
    if answer["outdated"]:
        detail = (
            f"{answer['outdated']} of {answer['documents']} were read by an older parser: 'citewell reindex --reparse' "
            "reads them again"
        )
    yield Finding(part="documents", state=State.DEGRADED if answer["outdated"] else State.OK, detail=detail)


def _profile(settings: Settings) -> Finding:
    notice = fallback_notice(Layers.read({}))
    return Finding(part="profile", state=State.DEGRADED if notice else State.OK, detail=notice or settings.profile)


def _encoder_and_index(settings: Settings) -> Finding:
    from rag.catalog.indexes import Generation
    from rag.factory import build_encoder

    new = Generation(number=1, backend=settings.encoder.backend, model=settings.encoder.model)
    active = _active_index(settings) or new
    try:
        encoder = build_encoder(active.encoder(settings.encoder), settings.models)
    except ModelError as error:
        if active == new:
            raise
        return Finding(part="encoder and index", state=State.BROKEN, detail=f"The index needs its encoder. {error}")
    if settings.index.backend is IndexBackend.EDGE:
        detail = f"{encoder.name}; Qdrant Edge inside the process"
    else:
        asyncio.run(_reach_index(settings, encoder, active))
        detail = f"{encoder.name}; Qdrant server at {settings.index.url}"
    if active.is_of(settings.encoder):
        return Finding(part="encoder and index", state=State.OK, detail=detail)
    hint = f"the settings name {settings.encoder.model}: 'citewell reindex' goes over to it"
    return Finding(part="encoder and index", state=State.DEGRADED, detail=f"{detail}; {hint}")


def _active_index(settings: Settings) -> Generation | None:
    """Returns the active index, of a running service or of the catalogue's file; None if there is none yet."""
    from ingest.opening import CATALOG_FILE
    from rag.catalog.indexes import Generation, read_active

    url = running_service_address(settings.storage.folder)
    if url is None:
        return None if settings.storage.catalog_url else read_active(settings.storage.folder / CATALOG_FILE)
    try:
        answer = httpx.get(f"{url}/v1/maintenance/index", timeout=_PROBE_TIMEOUT_SECONDS).raise_for_status()
        active = answer.json()["active"]
        return Generation(number=active["number"], backend=EncoderBackend(active["backend"]), model=active["model"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


async def _reach_index(settings: Settings, encoder: Encoder, active: Generation) -> None:
    from rag.factory import build_index

    index = build_index(settings, encoder, generation=active.number)
    try:
        await index.ping()
    finally:
        await index.close()


def _reranker(settings: Settings) -> Finding:
    if settings.reranker.backend is RerankerBackend.SENTENCE_TRANSFORMERS:
        from rag.factory import load_cross_encoder

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
