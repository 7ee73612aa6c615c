"""Makes a follow-up question stand on its own, from the turns before it. Pure; needs no model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answers import Condensed, Question, Role, Turn
from rag.generation.follow_up_topics import END, Word, content_of, is_name, topic_of, with_topic_replaced, words_of
from rag.generation.follow_up_words import (
    CJK,
    CJK_CLAUSE,
    CJK_FRAGMENT,
    CJK_OPENER,
    CJK_STATEMENT,
    CJK_THING,
    CJK_TOPIC,
    ENGLISH,
    GERMAN,
    GRAMMARS,
    Grammar,
)

_CONDITIONS = {"if", "unless", "wenn", "falls", "si", "se", "als", "если"}
_POSSESSIVE = {"its", "their", "theirs"}
_FEW = 2
"""Content words that name something."""
_LONG = 60
"""A question of more words stands on its own."""
_FEW_CJK = 6
"""The same in characters, for Chinese, Japanese and Korean."""


class LexicalCondenser:
    """Resolves a follow-up question by its words alone, without a model."""

    async def condense(self, question: Question) -> Condensed:
        """Returns the question as ``resolve_follow_up`` does."""
        return resolve_follow_up(question.text, question.history)


def resolve_follow_up(question: str, history: Sequence[Turn]) -> Condensed:
    """Returns the question as the turns before it complete it, and as it stands alone: what is found decides.

    It is resolved from the user's last complete question: a fragment ("And the saw?") takes the place of that
    question's topic, a pronoun gets that topic, and where the topic cannot be told by words, the earlier question comes
    in front.
    """
    last = ""
    for turn in history:
        if turn.role is Role.USER:
            resolved = _resolve(turn.content.strip(), last)
            if resolved.alone and not resolved.leans and not resolved.new:
                last = resolved.alone
            elif not last or not resolved.text.startswith(last.rstrip(END)):  # else it only adds to the last one
                last = resolved.text
    return _resolve(question, last)


def _resolve(question: str, previous: str) -> Condensed:
    if not previous:
        return Condensed(text=question)
    if CJK.search(question):
        return _resolve_cjk(question, previous)
    grammar = _grammar(question, previous)
    opener = re.match(rf"\W*(?:{grammar.openers})\b[\s,:]*", question, re.IGNORECASE)
    rest = question[opener.end() :].strip() if opener else question.strip()
    words = words_of(rest, grammar)
    if len(words) > _LONG:
        return Condensed(text=question)
    content = content_of(words, grammar)
    references = _references(rest, words, grammar)
    asks = any(word.low in grammar.asking | grammar.verbs for word in words)
    if _is_clause(words, grammar):
        resolved = Condensed(text=f"{previous.rstrip(END)} {rest}", leans=True)
    elif (not content and not references) or (opener and opener.group().split()[-1].lower() in _CONDITIONS):
        resolved = replace(_joined(question, previous), leans=True)
    elif references:
        resolved = replace(_with_topic(question, rest, references, previous, grammar), leans=True)
    elif asks:
        resolved = _joined(rest, previous)
    else:
        resolved = Condensed(text=with_topic_replaced(rest.strip(END), words, previous, grammar), new=" ".join(content))
    return replace(resolved, alone=rest if content else "")


def _grammar(question: str, previous: str) -> Grammar:
    """Returns the grammar most of whose words are in the question; of equals the one of the earlier question."""
    asked = [word.lower() for word in re.findall(r"[^\W_]+", question)]
    before = [word.lower() for word in re.findall(r"[^\W_]+", previous)]

    def known(grammar: Grammar) -> tuple[int, int]:
        openers = sum(bool(re.match(rf"(?:{grammar.openers})$", word)) for word in asked[:1])
        return sum(word in grammar.own for word in asked) + openers, sum(word in grammar.own for word in before)

    return max(GRAMMARS, key=known)


def _references(text: str, words: Sequence[Word], grammar: Grammar) -> list[Word]:
    """Returns the pronouns that may refer to something outside of ``text``."""
    impersonal = [
        match.span() for match in re.finditer(grammar.impersonal, text, 0 if grammar is GERMAN else re.IGNORECASE)
    ]
    return [
        word
        for at, word in enumerate(words)
        if (word.low in grammar.things or word.low in grammar.statements)
        and not is_name(word)
        and not any(start <= word.start < end for start, end in impersonal)
        and (grammar is not ENGLISH or _english_reference(at, words))
    ]


def _english_reference(at: int, words: Sequence[Word]) -> bool:
    word, last = words[at].low, at == len(words) - 1
    after = "" if last else words[at + 1].low
    if word == "there":
        return last
    if word in ("one", "ones"):
        return last and at > 0
    if word == "that":  # not the one that begins a clause: "the pressure that the vessel was tested at"
        small = ENGLISH.own - ENGLISH.joining - ENGLISH.determiners
        before = words[at - 1].low if at else "is"
        return last or before in small or after in ("too", "also")
    if word in ("this", "these", "those", "same"):
        return last or after in ENGLISH.own or len(content_of(words, ENGLISH)) <= _FEW
    return True


def _is_clause(words: Sequence[Word], grammar: Grammar) -> bool:
    """Returns whether the words are only a condition: "if I work three days a week"."""
    first = words[0].low if words else ""
    return first in _CONDITIONS & grammar.joining and not any(word.low in grammar.asking for word in words)


def _joined(question: str, previous: str) -> Condensed:
    return Condensed(text=f"{previous.strip()} {question.strip()}")


def _with_topic(question: str, rest: str, references: Sequence[Word], previous: str, grammar: Grammar) -> Condensed:
    """Returns ``rest``, the question without its opener, with the earlier topic for its pronoun."""
    things = [word for word in references if word.low in grammar.things]
    topic = topic_of(previous, grammar)
    asks = any(word.low in grammar.asking | grammar.verbs for word in words_of(rest, grammar))
    if topic is None or not things or re.search(r"\bit takes?\b", rest, re.IGNORECASE):
        return _joined(question, previous)
    word = things[0]
    if not asks and word.low not in _POSSESSIVE:
        return _joined(question, previous)
    if word.low in ("they", "them", "their", "theirs") and not topic.low.endswith("s"):
        return _joined(question, previous)
    start = word.start - len(re.search(r"(?:-t)?-?$", rest[: word.start]).group())  # type: ignore[union-attr]
    space = " " if start < word.start else ""
    possessive = "'s" if word.low in _POSSESSIVE else ""
    text = f"{rest[:start]}{space}{topic.text}{possessive}{rest[word.end :]}"
    return Condensed(text=text.strip())


def _resolve_cjk(question: str, previous: str) -> Condensed:
    opener = CJK_OPENER.match(question)
    ending = CJK_FRAGMENT.search(question)
    topic = CJK_TOPIC.match(previous.strip())
    if ending or (opener and len(question.strip(END)) - opener.end() <= _FEW_CJK):
        rest = question[opener.end() if opener else 0 : ending.start() if ending else len(question)].strip(END)
        if topic and rest and not CJK_STATEMENT.search(rest):
            return Condensed(text=f"{rest}{topic['rest']}", new=rest, alone=rest)
        return Condensed(text=f"{previous.strip()} {question.strip()}", new=rest, alone=rest)
    thing = CJK_THING.search(question)
    if thing and not CJK_CLAUSE.match(question[: thing.start()]):
        if topic:
            return Condensed(text=f"{question[: thing.start()]}{topic['topic']}{question[thing.end() :]}")
        return _joined(question, previous)
    return _joined(question, previous) if opener or CJK_STATEMENT.search(question) else Condensed(text=question)
