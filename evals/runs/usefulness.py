"""Scores how useful an answer was to the one who asked: complete, right at once, in order, without padding. Pure.

``usefulness`` is 1 for a complete answer that is right at once and not wasteful, and for a refused question without an
answer; 1/2 for a complete answer that is late or wasteful; 0 for all others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from evals.datasets.gold import facts_stated, folded, states_fact
from evals.datasets.questions import EvalQuestion
from evals.runs.records import QuestionRecord

AT_ONCE_CHARACTERS = 200
"""Characters of an answer that are read at once, where its first sentence is shorter."""
MOST_TIMES = 3
"""Times the words needed from which on an answer is wasteful."""
FEWEST_WORDS, WORDS_OF_A_FACT = 20, 8
"""Words that an answer, and each fact of it, may need at least."""
_ONE_SENTENCE, _STEPS = "one-sentence", "steps"
"""Tags of questions that one sentence answers, and of those whose facts are to be given in order."""
_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")


def usefulness_of(record: QuestionRecord) -> dict[str, float]:
    """Returns the usefulness of an answer and what it is made of; each only where it applies.

    ``right_at_once``: all facts stand in the first sentence or the first 200 characters, of questions that one sentence
    answers. ``in_order``: a complete answer states the facts of steps in their order. ``wasted_words``: those beyond
    three times the words needed, which are those of the gold quotes, but at least 20, and 8 a fact.
    """
    question, refused = record.question, record.abstention is not None
    if not question.answerable:
        return {"usefulness": float(refused)}
    if not question.facts:
        return {}
    is_complete = not refused and facts_stated(record.answer, question.facts) == 1.0
    scores = {"complete": float(is_complete)}
    wasted, is_late = 0, False
    if not refused:
        wasted = max(0, count_words(record.answer) - MOST_TIMES * _words_needed(question))
        scores["wasted_words"] = float(wasted)
    if _ONE_SENTENCE in question.tags:
        is_late = not (is_complete and facts_stated(_first_part(record), question.facts) == 1.0)
        scores["right_at_once"] = float(not is_late)
    if _STEPS in question.tags and is_complete and len(question.facts) > 1:
        scores["in_order"] = float(_are_in_order(record.answer, question.facts))
    scores["usefulness"] = (0.5 if wasted or is_late else 1.0) if is_complete else 0.0
    return scores


def count_words(text: str) -> int:
    """Returns the number of words; an ideograph is one."""
    return len(_IDEOGRAPH.findall(text)) + len(_IDEOGRAPH.sub(" ", text).split())


def _words_needed(question: EvalQuestion) -> int:
    quoted = sum(count_words(gold.quote) for gold in question.gold_passages)
    return max(quoted, FEWEST_WORDS, WORDS_OF_A_FACT * len(question.facts))


def _first_part(record: QuestionRecord) -> str:
    first = record.sentences[0].text if record.sentences else ""
    return max(first, record.answer[:AT_ONCE_CHARACTERS], key=len)


def _are_in_order(answer: str, facts: Sequence[Sequence[str]]) -> bool:
    """Returns whether the facts can be read in this order: each is stated after the first place of the one before."""
    rest = folded(answer)
    for fact in facts:
        places = [rest.find(folded(wording)) for wording in fact if states_fact(rest, wording)]
        places = [place for place in places if place >= 0]
        if not places:
            return False
        rest = rest[min(places) + 1 :]
    return True
