"""Supported and unsupported claims with passages, made from SQuAD 2.0's questions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from evals.datasets.edits import kind_of, negated, other_of_same_kind, replaced, sentence_containing
from evals.datasets.readers.squad import SquadDataset, SquadQuestion

SUPPORTED = ("answer", "sentence")
_SEED = 11
_PREPOSITIONS = "in at on by from for to with under during of through into until since after"
_ASKS = rf"^(?:(?:{_PREPOSITIONS.replace(' ', '|')}) )?(?:what|which|who|whom|when|where|how many|how much)\b"
_DO = re.compile(rf"{_ASKS}(?P<noun>.{{0,40}}?) (?:did|does|do) (?P<clause>.+)$", re.IGNORECASE)
_BE = re.compile(rf"{_ASKS}(?P<noun>.{{0,40}}?) (?P<verb>was|were|is|are|has|have|had) (?P<clause>.+)$", re.IGNORECASE)
_SUBJECT = re.compile(r"^(?:who|what) (?P<clause>(?!did\b|does\b|do\b).+)$", re.IGNORECASE)
_PARTICIPLE = re.compile(
    r"^(?P<subject>.{2,60}?) (?P<rest>(?:born|made|held|found|built|known|given|taken|seen|sent|won|led|used|"
    r"\w{3,}ed)\b.*)$"
)
_HANGING = re.compile(r" (?:of|in|to|for|from|with|by|on|at|about|as|into|than|like)$", re.IGNORECASE)
_MONTH = r"January|February|March|April|May|June|July|August|September|October|November|December"
_TIME = re.compile(rf"^(?:the )?(?:\d|{_MONTH})")
_PLACED = re.compile(r"^(?:in|at|on|near|from|to|around|after|before|during|since|by|between)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A claim and a passage. ``kind`` says how the claim was made."""

    claim: str
    article: str
    passage: str
    kind: str

    @property
    def supported(self) -> bool:
        """Returns whether the passage supports the claim."""
        return self.kind in SUPPORTED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question, its passage, the next one, and the answers to the article's other questions."""

    question: SquadQuestion
    passage: str
    after: str
    others: tuple[str, ...]


def cases_of(dataset: SquadDataset, chosen: Callable[[str], bool]) -> tuple[Case, ...]:
    """Returns the cases of the articles that ``chosen`` accepts; deterministic.

    Supported kinds: ``answer``, a claim made of question and answer; ``sentence``, the sentence with the answer.
    Unsupported: the claim with another ``number``, ``date`` or ``name`` of the article, not in the passage or (kind
    ``swapped``) in it; the claim with such an ``edited passage``; its ``negation``; with a passage that states the
    opposite, ``denied in passage``; an unanswerable question's ``plausible answer``; with the ``next paragraph``.
    """
    draw = Random(_SEED)  # noqa: S311 - a sample, not a secret
    answers: dict[str, list[str]] = defaultdict(list)
    for question in dataset.questions:
        answers[question.article].extend(question.answers[:1])
    found: dict[tuple[str, str], Case] = {}
    for question in dataset.questions:
        if chosen(question.article):
            asked = _asked(dataset, question, answers[question.article])
            for case in _unanswerable(asked) if not question.answers else _answerable(asked, draw):
                found.setdefault((case.claim, case.passage), case)
    return tuple(found.values())


def _asked(dataset: SquadDataset, question: SquadQuestion, others: list[str]) -> _Asked:
    article, after = dataset.paragraphs[min(question.paragraph + 1, len(dataset.paragraphs) - 1)]
    return _Asked(
        question=question,
        passage=dataset.paragraphs[question.paragraph][1],
        after=after if article == question.article else "",
        others=tuple(dict.fromkeys(others)),
    )


def _unanswerable(asked: _Asked) -> Iterator[Case]:
    for answer in asked.question.plausible[:1]:
        yield from _case(asked, claim_of(asked.question.text, answer), "plausible answer")


def _answerable(asked: _Asked, draw: Random) -> Iterator[Case]:
    answer = asked.question.answers[0]
    claim = claim_of(asked.question.text, answer)
    sentence = sentence_containing(asked.passage, answer)
    yield from _case(asked, claim, "answer")
    yield from _case(asked, sentence, "sentence")
    yield from _case(asked, negated(claim or sentence or ""), "negation")
    if claim and answer not in asked.after:
        yield from _case(asked, claim, "next paragraph", against=asked.after)
    yield from _with_another_answer(asked, claim, sentence, draw)
    if sentence:
        opposite = asked.passage.replace(sentence, negated(sentence) or sentence)
        yield from _case(asked, sentence, "denied in passage", against=opposite)


def _with_another_answer(asked: _Asked, claim: str | None, sentence: str | None, draw: Random) -> Iterator[Case]:
    answer = asked.question.answers[0]
    elsewhere = other_of_same_kind(answer, [other for other in asked.others if other not in asked.passage], draw)
    beside = other_of_same_kind(answer, [other for other in asked.others if other in asked.passage], draw)
    if elsewhere:
        wrong = claim_of(asked.question.text, elsewhere) or replaced(sentence or "", answer, elsewhere)
        yield from _case(asked, wrong, kind_of(answer) or "")
        edited = replaced(asked.passage, answer, elsewhere)
        yield from _case(asked, claim or sentence, "edited passage", against=edited)
    if beside:
        yield from _case(asked, claim_of(asked.question.text, beside), "swapped")


def _case(asked: _Asked, claim: str | None, kind: str, *, against: str | None = None) -> Iterator[Case]:
    """Yields a case, unless there is no claim, no passage, or an edited passage equals the original."""
    passage = asked.passage if against is None else against
    unchanged = against == asked.passage
    if claim and passage and not unchanged:
        yield Case(claim=claim, article=asked.question.article, passage=passage, kind=kind)


def claim_of(question: str, answer: str) -> str | None:
    """Returns a statement in the present tense of headlines; None for a question of unknown form.

    ``When did the Normans settle there?`` and ``911`` give ``The Normans settle there in 911.``
    """
    asked = " ".join(question.split()).rstrip(" ?.")
    answer = answer.strip(" .,;")
    claim = _with_do(asked, answer) or _with_participle(asked, answer) or _with_subject(asked, answer)
    return f"{claim[0].upper()}{claim[1:]}." if claim else None


def _with_do(asked: str, answer: str) -> str | None:
    match = _DO.match(asked)
    if match is None or " " not in match["clause"]:
        return None
    return f"{match['clause']} {_placed(asked, answer, match['noun'])}"


def _with_participle(asked: str, answer: str) -> str | None:
    match = _BE.match(asked)
    inner = _PARTICIPLE.match(match["clause"]) if match else None
    if match is None or inner is None or (asked.lower().startswith(("who", "what")) and not _HANGING.search(asked)):
        return None
    return f"{inner['subject']} {match['verb']} {inner['rest']} {_placed(asked, answer, match['noun'])}"


def _with_subject(asked: str, answer: str) -> str | None:
    match = _SUBJECT.match(asked)
    return None if match is None or _HANGING.search(asked) else f"{answer} {match['clause']}"


def _placed(asked: str, answer: str, noun: str) -> str:
    """Prefixes the answer with the preposition that the question's first word requires."""
    first_word = asked.split(" ", 1)[0].lower()
    if first_word == "how":
        return answer if noun.strip().lower() in answer.lower() else f"{answer}{noun}"
    if _PLACED.match(answer):
        return answer
    if first_word in _PREPOSITIONS.split():
        return f"{first_word} {answer}"
    return f"in {answer}" if first_word == "where" or (first_word == "when" and _TIME.match(answer)) else answer
