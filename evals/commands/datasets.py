"""``citewell eval dataset``: bring questions into the one form, check them, draft and accept others."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from evals.datasets.gold import quotes_not_found
from evals.datasets.questions import EvalQuestion, read_questions, write_questions
from evals.datasets.readers.catalogue import (
    Layout,
    dataset_names,
    read_corpus,
    read_dataset,
    read_layout,
    write_dataset,
)
from evals.drafting.collection import draft_questions
from evals.drafting.review import review_in_terminal
from ingest.upkeep.stored_chunks import stored_chunks
from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.types import Chunk

app = typer.Typer(help="Prepare questions.", no_args_is_help=True)
Data = Annotated[Path, typer.Option(envvar="CITEWELL_DATA", help="The folder of the public sets.")]
Questions = Annotated[Path, typer.Argument(help="A .jsonl of questions.")]
_SOURCE = f"{', '.join(dataset_names())}; with --layout a file or folder of one's own."


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help=_SOURCE)],
    out: Annotated[Path, typer.Option(help="The folder to write questions.jsonl and its documents to.")],
    layout: Annotated[Layout | None, typer.Option(help="How the files are laid out.")] = None,
    data: Data = Path("../shared/data"),
) -> None:
    """Write a dataset as questions.jsonl, and its documents as corpus.jsonl or, where they are files, documents/."""
    dataset = read_layout(layout, Path(source)) if layout else read_dataset(source, data)
    write_dataset(out, dataset)
    documents = len({chunk.document_id for chunk in dataset.chunks}) + len(dataset.files)
    typer.echo(f"{len(dataset.questions):,} questions and {documents:,} documents are in {out}.")


@app.command()
def check(
    file: Questions,
    collection: Annotated[str | None, typer.Option(help="Look for the quotes in this collection.")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Look for them in this corpus.jsonl; by default in the one beside the file.")
    ] = None,
) -> None:
    """Check that a file's lines are questions, count them, and look for their quotes."""
    questions = read_questions(file)
    if not questions:
        raise ConfigurationError(f"{file} holds no questions. Write one a line.")
    _print_counts(questions)
    chunks = _documents(file, collection, corpus)
    if chunks is None:
        typer.echo("The quotes were not looked for: name a --collection or a --corpus.")
        return
    missing = quotes_not_found(questions, chunks)
    for question, gold in missing:
        typer.echo(f"Warning: {question.id}: no passage of {gold.document} holds “{gold.quote}”.", err=True)
    typer.echo(f"{len(missing):,} quotes were not found." if missing else "Every quote was found.")


@app.command()
def from_corpus(
    collection: Annotated[str, typer.Option(help="The collection whose documents to ask about.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    questions: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
) -> None:
    """Draft questions from a collection, with the model server that is set or without; accept them with 'review'."""
    if out.exists():
        raise ConfigurationError(f"{out} is there already. Name another file.")
    settings = load_settings()
    drafts = asyncio.run(draft_questions(stored_chunks(settings, collection), questions, settings))
    write_questions(out, drafts.questions)
    _print_counts(drafts.questions)
    if drafts.dropped:
        typer.echo(f"{drafts.dropped:,} more were dropped: the passage does not hold what the model quoted.")
    typer.echo(f"The drafts are in {out}. Accept them: citewell eval dataset review {out} --out ACCEPTED.jsonl")


@app.command()
def review(
    file: Questions,
    out: Annotated[Path, typer.Option(help="The file for those accepted; what it holds stays and is not shown again.")],
) -> None:
    """Show drafts one by one to accept, edit or drop; stop at any time and go on later."""
    if out.resolve() == file.resolve():
        raise ConfigurationError("The accepted questions need a file of their own. Name another with --out.")
    counts = review_in_terminal(read_questions(file), out)
    typer.echo(f"{counts.accepted:,} accepted, {counts.dropped:,} dropped, {counts.left:,} left. They are in {out}.")


def _documents(file: Path, collection: str | None, corpus: Path | None) -> tuple[Chunk, ...] | None:
    if collection is not None:
        return stored_chunks(load_settings(), collection)
    beside = file.with_name("corpus.jsonl")
    if corpus is None and not beside.is_file():
        return None
    return read_corpus(corpus or beside)


def _print_counts(questions: tuple[EvalQuestion, ...]) -> None:
    table = Table("Tag", "Questions", title=f"{len(questions):,} questions")
    for tag, count in sorted(Counter(tag for question in questions for tag in question.tags).items()):
        table.add_row(tag, f"{count:,}")
    table.add_row("(answerable)", f"{sum(question.answerable for question in questions):,}")
    Console().print(table)
