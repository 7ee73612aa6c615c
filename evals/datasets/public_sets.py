"""The public sets that retrieval is measured on, read from one folder; none of them is part of Citewell."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from evals.datasets.beir import read_beir
from evals.datasets.financebench import read_financebench
from evals.datasets.parsed_files import parsed_chunks
from evals.datasets.retrieval_set import RetrievalSet, whole_document
from evals.datasets.squad import read_squad
from evals.datasets.training_split import is_test_article, is_test_passage
from rag.errors import ConfigurationError


def public_sets() -> tuple[str, ...]:
    """Returns the names of the sets."""
    return tuple(_READERS)


def read_public_set(name: str, data: Path) -> RetrievalSet:
    """Reads a set from its folder below ``data``.

    Of the sets that a model may be trained on only the questions of the test part are asked; the corpus is whole.

    Raises:
        ConfigurationError: there is no such set, or its files are not there.
    """
    if name not in _READERS:
        raise ConfigurationError(f"{name} is no known set. Known are {', '.join(_READERS)}, and any folder as BEIR's.")
    try:
        return _READERS[name](data)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationError(
            f"The set {name} cannot be read from {data} ({error!r}). Set CITEWELL_DATA to the folder that holds it."
        ) from error


def _scifact(data: Path) -> RetrievalSet:
    return read_beir(data / "beir_scifact")


def _hotpotqa(data: Path) -> RetrievalSet:
    folder = data / "hotpotqa_hipporag_100"
    passages = json.loads((folder / "corpus.json").read_text("utf-8"))
    questions = json.loads((folder / "questions.json").read_text("utf-8"))
    return RetrievalSet(
        name="hotpotqa",
        corpus=tuple(whole_document(title, title=title, text="".join(text)) for title, text in passages.items()),
        queries={row["_id"]: row["question"] for row in questions},
        judgements={row["_id"]: {title: 1 for title, _ in row["supporting_facts"]} for row in questions},
        answers={row["_id"]: (row["answer"],) for row in questions},
    )


def _nq(data: Path) -> RetrievalSet:
    with gzip.open(data / "nq_open" / "nq-open-oracle.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    gold = [(row["question"], row["ctxs"][0]["title"], row["ctxs"][0]["text"]) for row in rows]
    ids = {(title, text): f"p{number}" for number, (_, title, text) in enumerate(gold)}
    asked = {f"q{number}": row for number, row in enumerate(gold) if is_test_passage(row[2])}
    return RetrievalSet(
        name="nq",
        corpus=tuple(whole_document(key, title=title, text=text) for (title, text), key in ids.items()),
        queries={key: question for key, (question, _, _) in asked.items()},
        judgements={key: {ids[title, text]: 1} for key, (_, title, text) in asked.items()},
    )


def _squad(data: Path, *, name: str, corpus: str, questions: str | None = None) -> RetrievalSet:
    """A set in the layout of SQuAD; ``questions`` may come from the same set in another language."""
    held = read_squad(data / corpus)
    asked = read_squad(data / questions).questions if questions else held.questions
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
    """Returns SQuAD 2.0's questions over the whole articles that hold its paragraphs, and ``others`` beside them."""
    files = sorted((data / "squad_articles_txt").glob("*.txt"))
    titles = {chunk.title for chunk in paragraphs.corpus}
    own = [path for path in files if path.stem.replace("_", " ") in titles]
    chosen = [*own, *[path for path in files if path not in own][:others]]
    if len(own) != len(titles):
        raise ConfigurationError(f"{data / 'squad_articles_txt'} does not hold the articles of SQuAD 2.0.")
    corpus = tuple(parsed_chunks(chosen, media_type="text/plain"))
    return replace(paragraphs, name="squad2-articles", corpus=corpus, judgements={})


SQUAD2 = "squad2_cs224n_dev/dev-v2.0.json"
_CMRC = "cmrc2018/cmrc2018_dev.json"
_XQUAD_EN, XQUAD_ZH = "xquad/xquad.en.json", "xquad/xquad.zh.json"
_READERS: dict[str, Callable[[Path], RetrievalSet]] = {
    "scifact": _scifact,
    "hotpotqa": _hotpotqa,
    "nq": _nq,
    "squad2": partial(_squad, name="squad2", corpus=SQUAD2),
    "financebench": read_financebench,
    "cmrc": partial(_squad, name="cmrc", corpus=_CMRC),
    "xquad-en": partial(_squad, name="xquad-en", corpus=_XQUAD_EN),
    "xquad-zh": partial(_squad, name="xquad-zh", corpus=XQUAD_ZH),
    "xquad-en-zh": partial(_squad, name="xquad-en-zh", corpus=XQUAD_ZH, questions=_XQUAD_EN),
}
