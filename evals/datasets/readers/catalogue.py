"""Reads and writes datasets: the samples, the public sets, and the user's own files in several layouts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
from pathlib import Path

from evals.datasets.dataset import Dataset, RetrievalSet, whole_document
from evals.datasets.edits import sentence_containing
from evals.datasets.questions import EvalQuestion, GoldPassage, read_questions, write_questions
from evals.datasets.readers.beir import read_beir
from evals.datasets.readers.public_sets import (
    SQUAD2,
    XQUAD_ZH,
    is_test_article,
    public_file,
    public_sets,
    read_financebench,
    read_hotpotqa,
    read_public_set,
    with_articles,
)
from evals.datasets.readers.squad import SquadDataset, SquadQuestion, read_squad
from rag.errors import ConfigurationError
from rag.types import Chunk

SAMPLE_FOLDER = Path(__file__).parents[1] / "sample"
_OTHER_ARTICLES = 40
SAMPLES = {"sample": "questions.jsonl", "challenge": "challenge.jsonl"}


def dataset_names() -> tuple[str, ...]:
    """Returns the names that ``read_dataset`` accepts besides files and folders."""
    return (*SAMPLES, *dict.fromkeys((*public_sets(), *_SQUAD_LAYOUT)))


def read_dataset(name: str, data: Path) -> Dataset:
    """Reads a dataset: by its name, a ``.jsonl`` of questions, or a folder.

    A folder contains ``questions.jsonl`` and ``documents/`` or ``corpus.jsonl``, or has the BEIR layout. The questions
    of a file are asked of an existing collection.

    Raises:
        ConfigurationError: there is no such dataset, or it cannot be read.
    """
    path = Path(name)
    if name in SAMPLES:
        return _with_documents(name, read_questions(SAMPLE_FOLDER / SAMPLES[name]), SAMPLE_FOLDER)
    if name in _SQUAD_LAYOUT:
        return _SQUAD_LAYOUT[name](data)
    if name in public_sets():
        return from_retrieval_set(read_public_set(name, data))
    if path.is_file():
        return Dataset(name=path.stem, questions=read_questions(path))
    if (path / "questions.jsonl").is_file():
        return _with_documents(path.name, read_questions(path / "questions.jsonl"), path)
    if (path / "queries.jsonl").is_file() or (path / "qrels").is_dir():
        return from_retrieval_set(read_beir(path))
    if path.is_dir():
        raise ConfigurationError(
            f"{path} holds no questions. A folder must have questions.jsonl, with the documents in documents/ or "
            "corpus.jsonl beside it, or the BEIR layout: corpus.jsonl, queries.jsonl and qrels/test.tsv."
        )
    raise ConfigurationError(f"There is no dataset {name}. Name a file, a folder, or {', '.join(dataset_names())}.")


def from_retrieval_set(held: RetrievalSet) -> Dataset:
    """Converts a retrieval set; each relevant document is a gold passage as a whole."""
    return Dataset(
        name=held.name,
        chunks=held.corpus,
        questions=tuple(
            EvalQuestion(
                id=key,
                question=text,
                answers=held.answers.get(key, ()),
                gold_passages=tuple(
                    GoldPassage(document=document, gain=gain)
                    for document, gain in held.judgements.get(key, {}).items()
                    if gain > 0
                ),
            )
            for key, text in held.queries.items()
        ),
    )


def from_squad(
    name: str, held: SquadDataset, *, chosen: Callable[[str], bool], asked: SquadDataset | None = None, language: str
) -> Dataset:
    """Returns the questions about the articles that ``chosen`` accepts, over all paragraphs.

    Gold is the sentence that contains the answer, if exactly one does, else the paragraph. ``asked`` holds the same
    questions in another language.
    """
    questions = []
    for number, question in enumerate((asked or held).questions):
        if chosen(question.article):
            _, paragraph = held.paragraphs[question.paragraph]
            questions.append(_squad_question(f"q{number}", question, paragraph, language=language))
    return Dataset(name=name, questions=tuple(questions), chunks=held.passages())


def _squad_question(key: str, question: SquadQuestion, paragraph: str, *, language: str) -> EvalQuestion:
    document = f"p{question.paragraph}"
    quotes = {sentence_containing(paragraph, answer) or "" for answer in question.answers[:1]}
    return EvalQuestion(
        id=key,
        question=question.text,
        answerable=bool(question.answers),
        answers=tuple(dict.fromkeys(question.answers)),
        wrong_answers=() if question.answers else tuple(dict.fromkeys(question.plausible)),
        gold_passages=tuple(GoldPassage(document=document, quote=quote) for quote in quotes),
        tags=("answerable" if question.answers else "unanswerable",),
        language=language,
    )


def _with_documents(name: str, questions: tuple[EvalQuestion, ...], folder: Path) -> Dataset:
    documents, corpus = folder / "documents", folder / "corpus.jsonl"
    files = sorted(path for path in documents.iterdir() if path.is_file()) if documents.is_dir() else []
    chunks = read_corpus(corpus) if corpus.is_file() else ()
    return Dataset(name=name, questions=questions, files=tuple(files), chunks=chunks)


def write_dataset(folder: Path, dataset: Dataset) -> None:
    """Writes questions and documents for ``read_dataset``; the passages of a document become one.

    Raises:
        ConfigurationError: the folder holds questions already.
    """
    questions = folder / "questions.jsonl"
    if questions.exists():
        raise ConfigurationError(f"{questions} is there already. Name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    write_questions(questions, dataset.questions)
    if dataset.chunks:
        _write_corpus(folder / "corpus.jsonl", dataset.chunks)
    for file in dataset.files:
        (folder / "documents").mkdir(exist_ok=True)
        shutil.copy2(file, folder / "documents")


def _write_corpus(path: Path, chunks: Iterable[Chunk]) -> None:
    rows: dict[str, dict[str, str]] = {}
    for chunk in chunks:
        row = rows.setdefault(chunk.document_id, {"_id": chunk.document_id, "title": chunk.title, "text": ""})
        row["text"] += f"\n{chunk.text}" if row["text"] else chunk.text
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows.values())
    path.write_text(lines, encoding="utf-8")


def read_corpus(path: Path) -> tuple[Chunk, ...]:
    """Reads a ``corpus.jsonl``; each document is one chunk.

    Raises:
        ConfigurationError: the file is missing, or a line has another form.
    """
    try:
        rows: Iterable[dict[str, str]] = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
        return tuple(whole_document(row["_id"], title=row.get("title", ""), text=row["text"]) for row in rows)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationError(f"{path} is no corpus: every line must have _id and text ({error!r}).") from error


def _read_squad_set(data: Path, *, name: str, file: str, language: str, questions: str | None = None) -> Dataset:
    chosen = is_test_article if name == "squad2" else any_article
    asked = read_squad(public_file(data, questions)) if questions else None
    return from_squad(name, read_squad(public_file(data, file)), chosen=chosen, asked=asked, language=language)


def _squad2_articles(data: Path) -> Dataset:
    """Reads SQuAD 2.0's questions over whole articles, with ``_OTHER_ARTICLES`` more articles."""
    chunks = with_articles(read_public_set("squad2", data), data, others=_OTHER_ARTICLES).corpus
    article_of = {chunk.document_id.replace("_", " "): chunk.document_id for chunk in chunks}
    held = read_squad(public_file(data, SQUAD2))
    asked = from_squad("squad2-articles", held, chosen=is_test_article, language="en")
    questions = []
    for question in asked.questions:
        title = held.paragraphs[int(question.gold_passages[0].document[1:])][0] if question.gold_passages else ""
        golds = tuple(gold.model_copy(update={"document": article_of[title]}) for gold in question.gold_passages)
        questions.append(question.model_copy(update={"gold_passages": golds}))
    return Dataset(name=asked.name, questions=tuple(questions), chunks=chunks)


def any_article(_: str) -> bool:
    return True


_CMRC, _XQUAD_EN = "cmrc2018/cmrc2018_dev.json", "xquad/xquad.en.json"
_SQUAD_LAYOUT: dict[str, Callable[[Path], Dataset]] = {
    "squad2": partial(_read_squad_set, name="squad2", file=SQUAD2, language="en"),
    "squad2-articles": _squad2_articles,
    "cmrc": partial(_read_squad_set, name="cmrc", file=_CMRC, language="zh"),
    "xquad-en": partial(_read_squad_set, name="xquad-en", file=_XQUAD_EN, language="en"),
    "xquad-zh": partial(_read_squad_set, name="xquad-zh", file=XQUAD_ZH, language="zh"),
    "xquad-en-zh": partial(_read_squad_set, name="xquad-en-zh", file=XQUAD_ZH, questions=_XQUAD_EN, language="en"),
}


class Layout(StrEnum):
    """A layout of files with questions and documents."""

    BEIR = "beir"
    SQUAD = "squad"
    HOTPOTQA = "hotpotqa"
    FINANCEBENCH = "financebench"
    JSONL = "jsonl"


def read_layout(layout: Layout, path: Path) -> Dataset:
    """Reads a file (squad, jsonl) or a folder (the others).

    Raises:
        ConfigurationError: the files do not have this layout.
    """
    try:
        return _READERS[layout](path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path} is not in the layout {layout}: {error!r}.") from error


_READERS: dict[Layout, Callable[[Path], Dataset]] = {
    Layout.BEIR: lambda folder: from_retrieval_set(read_beir(folder)),
    Layout.SQUAD: lambda file: from_squad(file.stem, read_squad(file), chosen=any_article, language="en"),
    Layout.HOTPOTQA: lambda folder: from_retrieval_set(read_hotpotqa(folder)),
    Layout.FINANCEBENCH: lambda folder: from_retrieval_set(read_financebench(folder)),
    Layout.JSONL: lambda file: Dataset(name=file.stem, questions=read_questions(file)),
}
