"""Turns a question and its answer into a claim, where that takes no parser; otherwise into nothing. Pure."""

from __future__ import annotations

import re

_LEADS = "in at on by from for to with under during of through into until since after"
_ASKS = rf"^(?:(?:{_LEADS.replace(' ', '|')}) )?(?:what|which|who|whom|when|where|how many|how much)\b"
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


def claim_of(question: str, answer: str) -> str | None:
    """Returns a statement, in the present tense of headlines, or None for a question whose shape is not known.

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
    """Puts the preposition in front that the question's first word asks for."""
    lead = asked.split(" ", 1)[0].lower()
    if lead == "how":
        return answer if noun.strip().lower() in answer.lower() else f"{answer}{noun}"
    if _PLACED.match(answer):
        return answer
    if lead in _LEADS.split():
        return f"{lead} {answer}"
    return f"in {answer}" if lead == "where" or (lead == "when" and _TIME.match(answer)) else answer
