"""Policies for questions: each may object to one, before anything is searched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol

from rag.guard.orders.detector import OrderDetector
from rag.settings.protection.guard import GuardQuestions, GuardRules
from rag.text.folding import fold_forms

_SURE = 0.9


class Objection(Enum):
    """What becomes of a question: it is answered in the documents' own words, or not at all."""

    QUOTE = auto()
    REFUSE = auto()


class QuestionPolicy(Protocol):
    """Decides about questions by their text and the tenant's rules."""

    def objection(self, question: str, rules: GuardRules) -> Objection | None:
        """Returns the objection to a question; None for an honest one."""
        ...


class NoOrders:
    """Objects to questions that give a model orders against its instructions."""

    def __init__(self, detector: OrderDetector) -> None:
        self._detector = detector

    def objection(self, question: str, rules: GuardRules) -> Objection | None:
        """Returns the objection to a question; None for an honest one."""
        if rules.questions is GuardQuestions.OFF or self._detector.against_instructions(question) < _SURE:
            return None
        return Objection.REFUSE if rules.questions is GuardQuestions.REFUSE else Objection.QUOTE


class NoForbiddenWords:
    """Objects to questions that hold forbidden words, as whole words and whatever their case."""

    def objection(self, question: str, rules: GuardRules) -> Objection | None:
        """Returns the objection to a question; None for an honest one."""
        asked = " ".join(fold_forms(question).casefold().split())
        for phrase in rules.forbidden:
            wanted = " ".join(fold_forms(phrase).casefold().split())
            if wanted and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", asked):
                return Objection.REFUSE
        return None


def worst(policies: Sequence[QuestionPolicy], question: str, rules: GuardRules) -> Objection | None:
    """Returns the gravest objection of all policies."""
    objections = {policy.objection(question, rules) for policy in policies}
    return next((each for each in (Objection.REFUSE, Objection.QUOTE) if each in objections), None)
