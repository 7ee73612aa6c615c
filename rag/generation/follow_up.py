"""Makes a follow-up question stand on its own, from the turns before it. Pure; needs no model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answers import Condensed, Question, Role, Turn
from rag.composition.greeting import is_small_talk
from rag.generation.follow_up_phrases import FORM, FORM_CJK, NAMING, SUPERLATIVE, THANKS, with_items
from rag.generation.follow_up_topics import (
    END,
    Word,
    content_of,
    has_one_topic,
    is_name,
    topic_of,
    with_topic_replaced,
    words_of,
)
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
from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS

_CONDITIONS = {"if", "unless", "wenn", "falls", "si", "se", "als", "если"}
_POSSESSIVE = {"its", "their", "theirs"}
_PERSONS = frozenset(
    "he she him his her hers they them their theirs er ihn ihm sein seine lui elle ils elles él ella ellos ellas su "
    "sus lei loro suo sua ele ela eles elas seu sua hij zij hem он она они его её их".split()
)
_FEW = 2
"""Content words that name something."""
_LONG = 60
"""A question of more words stands on its own."""
_FEW_CJK = 6
"""The same in characters, for Chinese, Japanese and Korean."""
_LONGEST_ANSWER = 300


class LexicalCondenser:
    """Resolves a follow-up question by its words alone, without a model."""

    async def condense(self, question: Question) -> Condensed:
        """Returns the question as ``resolve_follow_up`` does."""
        return resolve_follow_up(question.text, question.history)


def resolve_follow_up(question: str, history: Sequence[Turn]) -> Condensed:
    """Returns the question as the turns before it complete it, and as it stands alone: what is found decides.

    It is resolved from the user's last complete question: a fragment ("And the saw?") takes the place of that
    question's topic, a pronoun gets that topic, and where the topic cannot be told by words, the earlier question comes
    in front. Where there are several such places, the others are given too, and the last answer for a pronoun.
    """
    last, answer = "", ""
    for turn in history:
        if turn.role is Role.ASSISTANT:
            answer = turn.content
            continue
        resolved = _resolve(turn.content.strip(), last, answer)
        if resolved.alone and not resolved.leans and not resolved.new:
            last = resolved.alone
        elif not last or not resolved.text.startswith(last.rstrip(END)):  # else it only adds to the last one
            last = resolved.text
    resolved = _resolve(question, last, answer)
    return replace(resolved, earlier=last, said=answer) if last else resolved


def _resolve(question: str, previous: str, answer: str) -> Condensed:
    if not previous or is_small_talk(question):
        return Condensed(text=question)
    thanks = THANKS.match(question)
    question = with_items(question[thanks.end() :] if thanks else question, answer)
    if CJK.search(question):
        return _resolve_cjk(question, previous)
    grammar = _grammar(question, previous)
    opener = re.match(rf"\W*(?:{grammar.openers})\b[\s,:]*", question, re.IGNORECASE)
    rest = question[opener.end() :].strip() if opener else question.strip()
    words = words_of(rest, grammar)
    if len(words) > _LONG:
        return Condensed(text=question)
    content = content_of(words, grammar)
    if _is_form(words, content, grammar):
        return Condensed(text=previous, others=(f"{previous} {answer[:_LONGEST_ANSWER]}",), leans=True)
    references = _references(rest, words, grammar)
    asks = any(word.low in grammar.asking | grammar.verbs for word in words)
    if _is_clause(words, grammar):
        resolved = Condensed(text=f"{previous.rstrip(END)} {rest}", leans=True)
    elif (not content and not references) or (opener and opener.group().split()[-1].lower() in _CONDITIONS):
        resolved = replace(_joined(question, previous), leans=True)
    elif references:
        resolved = _with_reference(question, rest, references, previous, answer, grammar)
    elif asks:
        resolved = replace(_joined(rest, previous), leans=_lacks_subject(words, content, grammar))
    else:
        first, *others = with_topic_replaced(rest.strip(END), words, previous, grammar)
        resolved = Condensed(text=first, others=tuple(others), new=" ".join(content), leans=opener is not None)
    return replace(resolved, alone=rest if content else "")


def _is_form(words: Sequence[Word], content: Sequence[str], grammar: Grammar) -> bool:
    """Returns whether the words only wish for the last answer in another form: "in two sentences, please"."""
    small = grammar.own | STOP_WORDS
    return bool(set(content) & FORM) and all(word.low in FORM or word.low in small for word in words)


def _lacks_subject(words: Sequence[Word], content: Sequence[str], grammar: Grammar) -> bool:
    """Returns whether a question has at most one word of its own, and names nothing by it: "can I extend?"."""
    names = any(is_name(word) or word.low in grammar.determiners - {"das"} for word in words)
    return len(content) <= 1 and not names


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
    if word == "one":  # not "the longest one"
        return last and at > 0 and not content_of(words, ENGLISH)
    if word == "ones":
        return not last or not content_of(words, ENGLISH)
    if word == "that":  # not the one that begins a clause: "the pressure that the vessel was tested at"
        small = ENGLISH.own - ENGLISH.joining - ENGLISH.determiners
        before = words[at - 1].low if at else "is"
        is_few = len(content_of(words, ENGLISH)) <= _FEW
        return last or (before in small and is_few) or after in ("too", "also")
    if word in ("this", "these", "those", "same"):
        return last or after in ENGLISH.own or len(content_of(words, ENGLISH)) <= _FEW
    return True


def _is_clause(words: Sequence[Word], grammar: Grammar) -> bool:
    """Returns whether the words are only a condition: "if I work three days a week"."""
    first = words[0].low if words else ""
    return first in _CONDITIONS & grammar.joining and not any(word.low in grammar.asking for word in words)


def _joined(question: str, previous: str) -> Condensed:
    return Condensed(text=f"{previous.strip()} {question.strip()}")


def _with_reference(
    question: str, rest: str, references: Sequence[Word], previous: str, answer: str, grammar: Grammar
) -> Condensed:
    """Returns ``rest``, the question without its opener, with the earlier topic for its pronoun."""
    joined = f"{previous.strip()} {question.strip()}"
    found = [_with_topic(rest, references, previous, grammar) or joined, joined]
    if not has_one_topic(previous, grammar):
        found.reverse()
    persons = any(word.low in _PERSONS for word in references)
    if persons or NAMING.match(previous) or SUPERLATIVE.search(previous):  # only the answer named what is meant
        found.append(f"{rest} {_first_sentence(answer)}".strip())
    first, *others = dict.fromkeys(found)
    return Condensed(text=first, others=tuple(others), leans=True)


def _first_sentence(answer: str) -> str:
    spans = split_sentences(answer[:_LONGEST_ANSWER])
    return answer[spans[0].start : spans[0].end] if spans else ""


def _with_topic(rest: str, references: Sequence[Word], previous: str, grammar: Grammar) -> str:
    """Returns the question with the earlier topic for its pronoun; empty where words do not tell that."""
    things = [word for word in references if word.low in grammar.things]
    topic = topic_of(previous, grammar)
    asks = any(word.low in grammar.asking | grammar.verbs for word in words_of(rest, grammar))
    if topic is None or not things or re.search(r"\bit takes?\b", rest, re.IGNORECASE):
        return ""
    word = things[0]
    if not asks and word.low not in _POSSESSIVE:
        return ""
    if word.low in ("they", "them", "their", "theirs") and not topic.low.endswith("s"):
        return ""
    start = word.start - len(re.search(r"(?:-t)?-?$", rest[: word.start]).group())  # type: ignore[union-attr]
    space = " " if start < word.start else ""
    possessive = "'s" if word.low in _POSSESSIVE else ""
    return f"{rest[:start]}{space}{topic.text}{possessive}{rest[word.end :]}".strip()


def _resolve_cjk(question: str, previous: str) -> Condensed:
    if FORM_CJK.fullmatch(question):
        return Condensed(text=previous, leans=True)
    joined = f"{previous.strip()} {question.strip()}"
    opener = CJK_OPENER.match(question)
    ending = CJK_FRAGMENT.search(question)
    topic = CJK_TOPIC.match(previous.strip())
    if ending or (opener and len(question.strip(END)) - opener.end() <= _FEW_CJK):
        rest = question[opener.end() if opener else 0 : ending.start() if ending else len(question)].strip(END)
        if topic and rest and not CJK_STATEMENT.search(rest):
            return Condensed(text=f"{rest}{topic['rest']}", others=(joined,), new=rest, alone=rest)
        return Condensed(text=joined, new=rest, alone=rest)
    thing = CJK_THING.search(question)
    if thing and not CJK_CLAUSE.match(question[: thing.start()]):
        if topic:
            return Condensed(text=f"{question[: thing.start()]}{topic['topic']}{question[thing.end() :]}")
        return _joined(question, previous)
    return _joined(question, previous) if opener or CJK_STATEMENT.search(question) else Condensed(text=question)
