"""Reads the public sets for measuring retrieval, which are not part of Citewell, and knows their test parts."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from evals.datasets.dataset import RetrievalSet, whole_document
from evals.datasets.readers.beir import read_beir
from evals.datasets.readers.parsed_files import parsed_chunks
from evals.datasets.readers.squad import read_squad
from rag.errors import ConfigurationError
from rag.types import Chunk

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_YEAR = re.compile(r"(?:19|20)\d\d|\d")
_SCIFACT, _FINANCEBENCH, _HOTPOTQA = "beir_scifact", "financebench", "hotpotqa_hipporag_100"
_NQ_ORACLE, _SQUAD_ARTICLES = "nq_open/nq-open-oracle.jsonl.gz", "squad_articles_txt"
SOURCES = {
    _SCIFACT: "BEIR's SciFact",
    _FINANCEBENCH: "FinanceBench",
    _HOTPOTQA: "HotpotQA",
    "nq_open": "NQ-oracle",
    _SQUAD_ARTICLES: "The set of SQuAD's articles",
    "squad2_cs224n_dev": "SQuAD 2.0",
    "cmrc2018": "CMRC 2018",
    "xquad": "XQuAD",
    "presidio_research": "The sentences of presidio-research",
}
"""The public set of each folder, for messages."""
_SPLIT_FILE = Path(__file__).parent / "training_split.json"
_HASH_LENGTH = 10


def read_financebench(folder: Path) -> RetrievalSet:
    """Reads FinanceBench: ``questions.jsonl`` and ``pdfs/``, parsed and chunked like in the service.

    A document is a page, ``{filing}#{page}``, counted from 1. The licence allows measuring only.
    """
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
    chunks = parsed_chunks(sorted((folder / "pdfs").glob("*.pdf")), media_type="application/pdf")
    return RetrievalSet(
        name="financebench",
        corpus=tuple(replace(chunk, document_id=f"{chunk.document_id}#{chunk.page}") for chunk in chunks),
        queries={row["financebench_id"]: row["question"] for row in rows},
        judgements={
            row["financebench_id"]: {
                f"{evidence['doc_name']}#{evidence['evidence_page_num'] + 1}": 1 for evidence in row["evidence"]
            }
            for row in rows
        },
        answers={row["financebench_id"]: answers for row in rows if (answers := _gold_number(row))},
    )


def _gold_number(row: dict[str, Any]) -> tuple[str, ...]:
    """Returns the answer's first number that the evidence contains, with and without commas; years do not count."""
    evidence = " ".join(each["evidence_text"] for each in row["evidence"])
    there = {number.replace(",", "") for number in _NUMBER.findall(evidence)}
    for number in _NUMBER.findall(row["answer"]):
        plain = number.replace(",", "").removesuffix(".00")
        if plain in there and not _YEAR.fullmatch(plain):
            return tuple(dict.fromkeys((plain, f"{int(plain):,}" if plain.isdigit() else plain)))
    return ()


def read_hotpotqa(folder: Path) -> RetrievalSet:
    """Reads HotpotQA in HippoRAG's layout, ``corpus.json`` and ``questions.json``; documents are paragraphs.

    Raises:
        OSError: a file is missing.
        ValueError: a file is not JSON.
        KeyError: a file has another form.
    """
    passages = json.loads((folder / "corpus.json").read_text("utf-8"))
    questions = json.loads((folder / "questions.json").read_text("utf-8"))
    return RetrievalSet(
        name="hotpotqa",
        corpus=tuple(whole_document(title, title=title, text="".join(text)) for title, text in passages.items()),
        queries={row["_id"]: row["question"] for row in questions},
        judgements={row["_id"]: {title: 1 for title, _ in row["supporting_facts"]} for row in questions},
        answers={row["_id"]: (row["answer"],) for row in questions},
    )


def is_test_passage(text: str) -> bool:
    """Returns whether a passage of NQ-oracle belongs to the test part, which is excluded from training."""
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH] in test_part()["nq_passages_sha256"]


def is_test_article(title: str) -> bool:
    """Returns whether an article of SQuAD 2.0 belongs to the test part, which is excluded from training."""
    return title in test_part()["squad2_articles"]


@cache
def test_part() -> dict[str, frozenset[str]]:
    """Returns the members of each set's test part, as chosen once in ``training_split.json``."""
    return {part: frozenset(members) for part, members in json.loads(_SPLIT_FILE.read_text("utf-8")).items()}


def public_file(data: Path, name: str) -> Path:
    """Returns the path of a file or folder of a public set below ``data``.

    Raises:
        ConfigurationError: it is missing.
    """
    path = data / name
    if not path.exists():
        raise ConfigurationError(
            f"{SOURCES[name.partition('/')[0]]} is not part of Citewell, and {path.absolute()} is missing. Set "
            "CITEWELL_DATA to the folder of the public sets; docs/benchmarks.md#data says which files it must have."
        )
    return path


def public_sets() -> tuple[str, ...]:
    return tuple(_READERS)


def read_public_set(name: str, data: Path) -> RetrievalSet:
    """Reads a set from its folder below ``data``.

    Sets that a model may be trained on have only the questions of their test part, but the whole corpus.

    Raises:
        ConfigurationError: there is no such set, or its files are missing.
    """
    if name not in _READERS:
        raise ConfigurationError(f"{name} is no known set. Known are {', '.join(_READERS)}, and any folder as BEIR's.")
    try:
        return _READERS[name](data)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationError(
            f"The set {name} cannot be read from {data} ({error!r}). See docs/benchmarks.md#data for its files."
        ) from error


def _scifact(data: Path) -> RetrievalSet:
    for file in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
        public_file(data, f"{_SCIFACT}/{file}")
    return replace(read_beir(data / _SCIFACT), name="scifact")


def _financebench(data: Path) -> RetrievalSet:
    for file in ("questions.jsonl", "pdfs"):
        public_file(data, f"{_FINANCEBENCH}/{file}")
    return read_financebench(data / _FINANCEBENCH)


def _hotpotqa(data: Path) -> RetrievalSet:
    for file in ("corpus.json", "questions.json"):
        public_file(data, f"{_HOTPOTQA}/{file}")
    return read_hotpotqa(data / _HOTPOTQA)


@dataclass(frozen=True, slots=True, kw_only=True)
class NqQuestion:
    """A question of NQ-oracle with its passage and answers."""

    question: str
    chunk: Chunk
    answers: tuple[str, ...]


def read_nq_passages(data: Path) -> tuple[NqQuestion, ...]:
    """Reads NQ-oracle, training and test part; questions about the same passage share a chunk.

    Raises:
        ConfigurationError: the file is missing.
        KeyError: a file has another form.
    """
    with gzip.open(public_file(data, _NQ_ORACLE), "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    passages = [(row["ctxs"][0]["title"], row["ctxs"][0]["text"]) for row in rows]
    chunks = {
        passage: whole_document(f"p{number}", title=passage[0], text=passage[1])
        for number, passage in enumerate(passages)
    }
    return tuple(
        NqQuestion(question=row["question"], chunk=chunks[passage], answers=tuple(row.get("answers", ())))
        for row, passage in zip(rows, passages, strict=True)
    )


def _nq(data: Path) -> RetrievalSet:
    rows = read_nq_passages(data)
    asked = {f"q{number}": row for number, row in enumerate(rows) if is_test_passage(row.chunk.text)}
    return RetrievalSet(
        name="nq",
        corpus=tuple({row.chunk.chunk_id: row.chunk for row in rows}.values()),
        queries={key: row.question for key, row in asked.items()},
        judgements={key: {row.chunk.document_id: 1} for key, row in asked.items()},
        answers={key: row.answers for key, row in asked.items()},
    )


def _squad(data: Path, *, name: str, corpus: str, questions: str | None = None) -> RetrievalSet:
    """Reads a set in the SQuAD layout; ``questions`` may name the same set in another language."""
    held = read_squad(public_file(data, corpus))
    asked = read_squad(public_file(data, questions)).questions if questions else held.questions
    answerable = {
        f"q{number}": question
        for number, question in enumerate(asked)
        if question.answers and (name != "squad2" or is_test_article(question.article))
    }
    return RetrievalSet(
        name=name,
        corpus=held.passages(),
        queries={key: question.text for key, question in answerable.items()},
        judgements={key: {f"p{question.paragraph}": 1} for key, question in answerable.items()},
        answers={key: question.answers for key, question in answerable.items()},
    )


def with_articles(paragraphs: RetrievalSet, data: Path, *, others: int) -> RetrievalSet:
    """Returns SQuAD 2.0's questions over the whole articles of its paragraphs, and ``others`` more articles."""
    folder = public_file(data, _SQUAD_ARTICLES)
    files = sorted(folder.glob("*.txt"))
    titles = {chunk.title for chunk in paragraphs.corpus}
    own = [path for path in files if path.stem.replace("_", " ") in titles]
    chosen = [*own, *[path for path in files if path not in own][:others]]
    if len(own) != len(titles):
        raise ConfigurationError(f"{folder} does not hold the articles of SQuAD 2.0.")
    corpus = tuple(parsed_chunks(chosen, media_type="text/plain"))
    return replace(paragraphs, name="squad2-articles", corpus=corpus, judgements={})


SQUAD2 = "squad2_cs224n_dev/dev-v2.0.json"
_CMRC = "cmrc2018/cmrc2018_dev.json"
XQUAD_EN, XQUAD_ZH = "xquad/xquad.en.json", "xquad/xquad.zh.json"
_READERS: dict[str, Callable[[Path], RetrievalSet]] = {
    "scifact": _scifact,
    "hotpotqa": _hotpotqa,
    "nq": _nq,
    "squad2": partial(_squad, name="squad2", corpus=SQUAD2),
    "financebench": _financebench,
    "cmrc": partial(_squad, name="cmrc", corpus=_CMRC),
    "xquad-en": partial(_squad, name="xquad-en", corpus=XQUAD_EN),
    "xquad-zh": partial(_squad, name="xquad-zh", corpus=XQUAD_ZH),
    "xquad-en-zh": partial(_squad, name="xquad-en-zh", corpus=XQUAD_ZH, questions=XQUAD_EN),
}
