"""``citewell eval dataset``: converts questions to one form, checks them, drafts and accepts others."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.commands.options import DATA, DATASET_NAMES, Data
from evals.datasets.readers.catalogue import Layout
from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.terminal.lazy_group import plain_app
from rag.terminal.output import print_table, say, warn

if TYPE_CHECKING:
    from evals.datasets.questions import EvalQuestion
    from rag.types import Chunk

app = plain_app("Prepare questions.")
Questions = Annotated[Path, typer.Argument(metavar="FILE", help="A .jsonl of questions.")]
_SOURCE = f"{DATASET_NAMES}; with --layout a file or folder of one's own."


@app.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help=_SOURCE)],
    out: Annotated[Path, typer.Option(help="The folder to write questions.jsonl and its documents to.")],
    layout: Annotated[Layout | None, typer.Option(help="How the files are laid out.")] = None,
    data: Data = DATA,
) -> None:
    """Write a dataset as questions.jsonl and its documents.

    The documents become corpus.jsonl or, where they are files, documents/.
    """
    from evals.datasets.readers.catalogue import read_dataset, read_layout, write_dataset

    dataset = read_layout(layout, Path(source)) if layout else read_dataset(source, data)
    write_dataset(out, dataset)
    documents = len({chunk.document_id for chunk in dataset.chunks}) + len(dataset.files)
    say(f"{len(dataset.questions):,} questions and {documents:,} documents are in {out}.")


@app.command()
def check(
    file: Questions,
    collection: Annotated[str | None, typer.Option(help="Look for the quotes in this collection.")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Look for them in this corpus.jsonl; by default in the one beside the file.")
    ] = None,
) -> None:
    """Check the questions of a file.

    Their form, their number, and whether documents hold their quotes.
    """
    from evals.datasets.gold import quotes_not_found
    from evals.datasets.questions import read_questions

    questions = read_questions(file)
    if not questions:
        raise ConfigurationError(f"{file} holds no questions. Write one a line.")
    _print_counts(questions)
    chunks = _documents(file, collection, corpus)
    if chunks is None:
        say("The quotes were not looked for: name a --collection or a --corpus.")
        return
    missing = quotes_not_found(questions, chunks)
    for question, gold in missing:
        warn(f"{question.id}: no passage of {gold.document} holds “{gold.quote}”.")
    say(f"{len(missing):,} quotes were not found." if missing else "Every quote was found.")


@app.command()
def from_corpus(
    collection: Annotated[str, typer.Option(help="The collection whose documents to ask about.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    questions: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
) -> None:
    """Draft questions from a collection.

    With the model server that is set, or without one. Accept them with 'review'.
    """
    from evals.datasets.questions import write_questions
    from evals.drafting.collection import draft_questions
    from ingest.upkeep.stored_chunks import stored_chunks

    if out.exists():
        raise ConfigurationError(f"{out} is there already. Name another file.")
    settings = load_settings()
    drafts = asyncio.run(draft_questions(stored_chunks(settings, collection), questions, settings))
    write_questions(out, drafts.questions)
    _print_counts(drafts.questions)
    if drafts.dropped:
        say(f"{drafts.dropped:,} more were dropped: the passage does not hold what the model quoted.")
    say(f"The drafts are in {out}. Accept them: citewell eval dataset review {out} --out ACCEPTED.jsonl")


@app.command()
def review(
    file: Questions,
    out: Annotated[Path, typer.Option(help="The file for those accepted; what it holds stays and is not shown again.")],
) -> None:
    """Show drafts one by one to accept, edit or drop.

    Stop at any time and go on later.
    """
    from evals.datasets.questions import read_questions
    from evals.drafting.review import review_in_terminal

    if out.resolve() == file.resolve():
        raise ConfigurationError("The accepted questions need a file of their own. Name another with --out.")
    counts = review_in_terminal(read_questions(file), out)
    say(f"{counts.accepted:,} accepted, {counts.dropped:,} dropped, {counts.left:,} left. They are in {out}.")


@app.command()
def from_feedback(
    out: Annotated[Path, typer.Option(help="The file to write, JSON Lines.")],
    *,
    training: Annotated[
        bool, typer.Option("--training", help="Lines for 'citewell train reranker --feedback' instead.")
    ] = False,
) -> None:
    """Make a dataset of questions from service.

    Of those that people asked and judged.
    """
    from evals.datasets.questions import write_questions
    from evals.experiments.from_feedback import NEEDS_REVIEW, accepted_from, questions_from, read_answers

    judged = read_answers(load_settings())
    if training:
        lines = [accepted.model_dump_json() for accepted in accepted_from(judged)]
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        say(f"{len(lines)} accepted quotes in {out}")
        return
    questions = tuple(questions_from(judged))
    write_questions(out, questions)
    unsure = sum(NEEDS_REVIEW in question.tags for question in questions)
    say(f"{len(questions)} questions in {out}; {unsure} are tagged {NEEDS_REVIEW}")


def _documents(file: Path, collection: str | None, corpus: Path | None) -> tuple[Chunk, ...] | None:
    from evals.datasets.readers.catalogue import read_corpus
    from ingest.upkeep.stored_chunks import stored_chunks

    if collection is not None:
        return stored_chunks(load_settings(), collection)
    beside = file.with_name("corpus.jsonl")
    if corpus is None and not beside.is_file():
        return None
    return read_corpus(corpus or beside)


def _print_counts(questions: tuple[EvalQuestion, ...]) -> None:
    tags = sorted(Counter(tag for question in questions for tag in question.tags).items())
    answerable = sum(question.answerable for question in questions)
    rows = [(tag, f"{count:,}") for tag, count in (*tags, ("(answerable)", answerable))]
    print_table(("Tag", "Questions"), rows, title=f"{len(questions):,} questions")
