"""Reviews drafts in the terminal: a person accepts, edits or drops each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from evals.datasets.questions import EvalQuestion, read_questions
from evals.drafting.drafts import accepted

_CHOICES = "[a]ccept, [e]dit, [d]rop, [q]uit"
_SEPARATOR = " | "


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCounts:
    """Counts of the drafts by decision, including earlier reviews."""

    accepted: int
    dropped: int
    left: int


def review_in_terminal(drafts: Sequence[EvalQuestion], out: Path) -> ReviewCounts:
    """Asks about each undecided draft, and writes each decision at once.

    Accepted questions are added to ``out``, ids of dropped ones to ``<out>.dropped``.

    Raises:
        ConfigurationError: ``out`` contains something other than questions.
    """
    dropped_file = out.with_name(f"{out.name}.dropped")
    kept = {question.id for question in read_questions(out)} if out.is_file() else set()
    dropped = set(dropped_file.read_text("utf-8").split("\n")) - {""} if dropped_file.is_file() else set()
    for number, draft in enumerate(drafts, start=1):
        if draft.id in kept | dropped:
            continue
        typer.echo(f"\n{number} of {len(drafts)}\n{_shown(draft)}")
        choice = _choice()
        if choice == "q":
            break
        if choice == "d":
            _add_line(dropped_file, draft.id)
            dropped.add(draft.id)
            continue
        question = accepted(_edited(draft) if choice == "e" else draft)
        _add_line(out, question.model_dump_json(exclude_defaults=True))
        kept.add(draft.id)
    ids = {draft.id for draft in drafts}
    return ReviewCounts(accepted=len(ids & kept), dropped=len(ids & dropped), left=len(ids - kept - dropped))


def _shown(draft: EvalQuestion) -> str:
    lines = [f"  Question: {draft.question}", f"  Answer:   {_SEPARATOR.join(draft.answers) or '(none)'}"]
    lines += [f"  {gold.document}: “{gold.quote}”" for gold in draft.gold_passages]
    return "\n".join(lines)


def _choice() -> str:
    while True:
        choice: str = typer.prompt(_CHOICES, default="a").strip().lower()[:1]
        if choice in {"a", "e", "d", "q"}:
            return choice


def _edited(draft: EvalQuestion) -> EvalQuestion:
    question: str = typer.prompt("Question", default=draft.question)
    answers: str = typer.prompt(
        "Answers, each alone right, with | between them", default=_SEPARATOR.join(draft.answers)
    )
    stripped = tuple(answer.strip() for answer in answers.split("|") if answer.strip())
    return draft.model_copy(update={"question": question.strip(), "answers": stripped})


def _add_line(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
