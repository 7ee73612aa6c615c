"""Measures the time that verification adds to each sentence of an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from evals.benchmarks.measure import SearchTimes, percentiles
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table
from evals.datasets.dataset import whole_document
from evals.datasets.readers.catalogue import SAMPLE_FOLDER
from rag.answering.compression import SentenceCompressor
from rag.answers import CitationMark
from rag.factory import build_encoder, build_tokenizer
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.evidence import EvidenceScorer
from rag.settings import load_settings
from rag.stages import Encoder
from rag.types import Hit, Passage
from rag.verification.checker import EncoderLikeness, PassageChecker, SupportChecker

_SENTENCES = 3
_PASSAGES = 8
_CACHED_VECTORS = 8_192
_SHORTEST = 40
_BUDGET_TOKENS = 380
_OWN_WORDS = "in the passage's words"
_OTHER_WORDS = "with other words, too"
_FOREIGN = "of another document"
_ENCODED = "only encoded, to compare"
_EXTRA = "Colleagues explain briefly, roughly speaking"


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Checks new sentences: verbatim from a passage, reworded, and from other documents."""
    settings = load_settings()
    encoder = build_encoder(settings.encoder, settings.models)
    encoder.encode(["warm"])
    reading = SearchTimes()
    checking = {kind: SearchTimes() for kind in (_OWN_WORDS, _OTHER_WORDS, _FOREIGN, _ENCODED)}
    found = _passages()
    answers = [found[at : at + _PASSAGES] for at in range(0, len(found), _PASSAGES)]
    for number, hits in enumerate(answers[: sizes.questions]):
        passages, checker = _read(hits, encoder, reading)
        own = [(sentence, passage.number) for passage in passages for sentence in passage.sentences]
        others = [_sentence_of(hit) for hit in answers[number - 1]]
        _time(checking[_OWN_WORDS], checker, own)
        _time(checking[_OTHER_WORDS], checker, [(f"{_EXTRA}: {text}", at) for text, at in own])
        _time(checking[_FOREIGN], checker, [(f"{_EXTRA}: {text}", None) for text in others])
        for text, _ in own:
            with _timed(checking[_ENCODED]):
                encoder.encode([f"In other words: {text}"])
    return (
        Table(
            title=f"Checking one sentence of an answer over {_PASSAGES} passages",
            rows=tuple({"sentence": kind, **_row(times)} for kind, times in checking.items()),
            notes=("cpu: processor time of all threads, which busy neighbours stretch less.",),
        ),
        Table(title="Reading the passages, once an answer", rows=(_row(reading),)),
    )


@contextmanager
def _timed(times: SearchTimes) -> Iterator[None]:
    start, processor_start = time.perf_counter(), time.process_time()
    yield
    times.wall.append((time.perf_counter() - start) * 1_000)
    times.processor.append((time.process_time() - processor_start) * 1_000)


def _row(times: SearchTimes) -> Row:
    return {**times.to_row(), "cpu_p50_ms": percentiles(times.processor)[0]}


def _read(hits: Sequence[Hit], encoder: Encoder, reading: SearchTimes) -> tuple[tuple[Passage, ...], PassageChecker]:
    """Compresses and reads the passages, like the service; compression encodes most of the kept sentences."""
    caching_encoder = CachingEncoder(encoder, capacity=_CACHED_VECTORS)
    compressor = SentenceCompressor(
        scorer=EvidenceScorer(caching_encoder), tokenizer=build_tokenizer(encoder), budget_tokens=_BUDGET_TOKENS
    )
    passages = compressor.compress(_sentence_of(hits[0]), hits).passages
    with _timed(reading):
        checker = SupportChecker(EncoderLikeness(caching_encoder)).over(passages)
    return passages, checker


def _time(times: SearchTimes, checker: PassageChecker, sentences: Sequence[tuple[str, int | None]]) -> None:
    for index, (text, number) in enumerate(sentences):
        marks = [CitationMark(number=number)] if number else []
        with _timed(times):
            checker.check(index, text, marks)


def _sentence_of(hit: Hit) -> str:
    return hit.chunk.text.split("\n")[0]


def _passages() -> list[Hit]:
    """Splits the sample sources into passages of a few sentences."""
    hits = []
    for source in sorted((SAMPLE_FOLDER / "sources").glob("*.md")):
        lines = [line for line in source.read_text(encoding="utf-8").splitlines() if len(line) >= _SHORTEST]
        for at in range(0, len(lines), _SENTENCES):
            text = "\n".join(lines[at : at + _SENTENCES])
            chunk = whole_document(f"{source.stem}-{at}", title=source.stem, text=text)
            hits.append(Hit(chunk=chunk, score=1.0, dense=None, bm25=None))
    return hits
