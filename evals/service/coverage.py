"""Tells before a run whether a collection has the documents that the questions are about. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from evals.datasets.questions import EvalQuestion

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many ``documents`` the questions are about, and which of them are ``missing`` in the collection."""

    questions: int
    documents: int
    missing: tuple[str, ...]

    @property
    def message(self) -> str:
        """A warning in words; empty if there is nothing to warn of."""
        if not self.missing:
            return ""
        named = ", ".join(self.missing[:_MOST_NAMED]) + (" and others" if len(self.missing) > _MOST_NAMED else "")
        if len(self.missing) == self.documents:
            return (
                f"This collection has none of the documents that the questions are about ({named}). Nearly all answers "
                "will count as wrong. Choose another collection, or upload the documents first."
            )
        return (
            f"This collection lacks {len(self.missing)} of the {self.documents} documents that the questions are about "
            f"({named}). Answers about those will count as wrong."
        )


def coverage_of(questions: Sequence[EvalQuestion], names: Collection[str]) -> Coverage:
    """Returns the coverage of the documents that the questions name by the collection's documents of these names."""
    about = dict.fromkeys(gold.document for question in questions for gold in question.gold_passages)
    missing = tuple(name for name in about if name and name not in names)
    return Coverage(questions=len(questions), documents=len([name for name in about if name]), missing=missing)
