"""Finds the topic of a question and puts another one in its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from rag.generation.follow_up_phrases import SUPERLATIVE
from rag.generation.follow_up_words import ENGLISH, GERMAN, PARTICIPLES, Grammar
from rag.text.words import STOP_WORDS

END = " \t\n?？!.。"
"""What is cut off from the end of a question before words are added."""
_TOKEN = re.compile(r"[^\W_]+(?:[.,:][^\W_]+)*(?:-[^\W_]+(?:[.,:][^\W_]+)*)*")
_PLAIN_TOKEN = re.compile(r"[^\W_]+(?:[.,:]\d+)*")
_CODE = re.compile(r"(?=.*\d)(?=.*[^\W\d_]).+")
_LETTER_WORDS = frozenset("IAEOUYÀÉÓ")
"""Words of one letter in the languages of the encoder."""
_NAME = re.compile(r"(?<![\w-])[A-Z][\w-]{0,30}(?: [A-Z\d][\w-]{0,30}){0,4}")
"""Words written as names, one behind the other."""
_HELPERS = {"do", "does", "did", "can", "could", "will", "would", "should", "must", "may", "might"}
_BE = {"is", "are", "was", "were"}
_ONE = re.compile(r" ones?\Z")
_MOST_READINGS = 4
_SHORT = 2
_FIRST = 12


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase and its place in the question."""

    text: str
    start: int
    end: int

    @property
    def low(self) -> str:
        """The text in lower case."""
        return self.text.lower()


def words_of(text: str, grammar: Grammar) -> list[Word]:
    """Returns the words in order; English ones keep their hyphens ("part-time")."""
    pattern = _TOKEN if grammar is ENGLISH else _PLAIN_TOKEN
    return [Word(match.group(), match.start(), match.end()) for match in pattern.finditer(text)]


def content_of(words: Sequence[Word], grammar: Grammar) -> list[str]:
    """Returns the words that name something."""
    small = grammar.own | STOP_WORDS if grammar is ENGLISH else grammar.own
    return [word.low for word in words if word.low not in small or is_name(word)]


def is_name(word: Word) -> bool:
    """Returns whether the word is an abbreviation: "IT" is no pronoun, "WHO" no question word, "M" a model."""
    return word.text.isupper() and (len(word.text) > 1 or word.text not in _LETTER_WORDS)


def topic_of(question: str, grammar: Grammar) -> Word | None:
    """Returns the last phrase with an article or the like, or else the last name; None where there is neither.

    A phrase that says where or when ("the warranty in the EU") belongs to the one before it.
    """
    phrases = _phrases(question, grammar)
    if not phrases:
        return None
    last = phrases[-1]
    if len(phrases) > 1:
        between = question[phrases[-2].end : last.start].strip().lower()
        if between in grammar.prepositions - {"of", "von", "de", "di", "do", "van"}:
            return Word(question[phrases[-2].start : last.end], phrases[-2].start, last.end)
    return last


def has_one_topic(question: str, grammar: Grammar) -> bool:
    """Returns whether only one phrase of the question can be its topic."""
    topic = topic_of(question, grammar)
    return topic is None or all(topic.start <= phrase.start < topic.end for phrase in _phrases(question, grammar))


def _phrases(question: str, grammar: Grammar) -> list[Word]:
    words = words_of(question, grammar)
    determiners, stops = grammar.determiners, grammar.own
    found = []
    for at, word in enumerate(words):
        if word.low not in determiners:
            continue
        end = at + 1
        while (
            end < len(words)
            and words[end].low not in stops
            and question[words[end - 1].end : words[end].start].isspace()
        ):
            end += 1
        end = _without_verb(words, at, end, grammar)
        if end > at + 1:
            found.append(Word(question[word.start : words[end - 1].end], word.start, words[end - 1].end))
    if found:
        return found
    if grammar is GERMAN:  # its nouns are all written like names
        return []
    names = [word for word in words[1:] if word.low not in stops and _may_be_name(word, grammar)]
    return list(_joined_names(question, names)) if grammar.has_articles else names


def _joined_names(question: str, names: Sequence[Word]) -> Iterator[Word]:
    """Yields the names, those of several words as one."""
    at = 0
    while at < len(names):
        last = at
        while last + 1 < len(names) and question[names[last].end : names[last + 1].start] == " ":
            last += 1
        yield Word(question[names[at].start : names[last].end], names[at].start, names[last].end)
        at = last + 1


def _may_be_name(word: Word, grammar: Grammar) -> bool:
    return not grammar.has_articles or word.text[0].isupper() or bool(_CODE.match(word.text))


def _without_verb(words: Sequence[Word], start: int, end: int, grammar: Grammar) -> int:
    """Returns the end of a phrase without the verb behind it ("does the lathe | run", "was the saw | bought")."""
    if grammar is GERMAN:
        named = [at for at in range(start + 1, end) if words[at].text[0].isupper()]
        return named[-1] + 1 if named else end
    if grammar is not ENGLISH or end - start <= _SHORT:
        return end
    if end < len(words) and words[end].low in grammar.verbs:
        return end
    if PARTICIPLES.fullmatch(words[end - 1].low):
        return end - 1
    before = words[start - 1].low if start else ""
    if before in _HELPERS or (start == 1 and before in _BE):
        return end - 1
    return end


def with_topic_replaced(fragment: str, words: Sequence[Word], previous: str, grammar: Grammar) -> list[str]:
    """Returns the earlier question with the fragment in each place that it may take, the likeliest first.

    The last has it behind the question: there it adds to it, and takes the place of nothing.
    """
    asked = previous.rstrip(END)
    behind = f"{asked} {fragment}?"
    is_kind, fragment = _ONE.search(fragment) is not None, _ONE.sub("", fragment)
    place = None if is_kind else _place(fragment, words, asked, grammar)
    model = _model(fragment, asked, grammar)
    found = [f"{asked[: model[0]]}{model[2]}{asked[model[1] :]}?"] if model else []
    for start, end, text in filter(None, [place, *_other_places(fragment, words, asked, grammar, is_kind=is_kind)]):
        kept = words_of(asked[:start] + " " + asked[end:], grammar)
        if content_of(kept, grammar) or any(word.low in grammar.predicates for word in kept):
            found.append(f"{asked[:start]}{text}{asked[end:]}?")
        elif (start, end, text) == place:
            place = None
    if place is None and not ((is_kind or model) and found):
        found.insert(0, behind)
    return list(dict.fromkeys([*found, behind]))[:_MOST_READINGS]


def _model(fragment: str, asked: str, grammar: Grammar) -> tuple[int, int, str] | None:
    """Returns the last name of several words in the earlier question, and the like of it: "Gull S" and "Gull Pro"."""
    named = None if grammar is GERMAN else next(iter(_NAME.finditer(fragment)), None)
    earlier = [match for match in _NAME.finditer(asked) if match.start() and " " in match.group()]
    if named is None or not earlier:
        return None
    first, *_ = earlier[-1].group().split()
    own = named.group() if named.group().split()[0] == first else f"{first} {named.group()}"
    return earlier[-1].start(), earlier[-1].end(), own


def _other_places(
    fragment: str, words: Sequence[Word], asked: str, grammar: Grammar, *, is_kind: bool
) -> Iterator[tuple[int, int, str]]:
    """Yields further parts of the earlier question that a fragment may replace: a superlative, a part of a name."""
    superlative, earlier = SUPERLATIVE.search(fragment), list(SUPERLATIVE.finditer(asked))
    if superlative and earlier:
        yield earlier[-1].start(), earlier[-1].end(), superlative.group()
        return
    own = [word for word in words if word.low not in grammar.own]
    content = [word for word in words_of(asked, grammar) if word.low not in grammar.own]
    if not own or not content or words[0].low in grammar.prepositions:
        return
    for phrase in _phrases(asked, grammar) if len(own) == 1 else ():
        inside = [word for word in content if phrase.start <= word.start < phrase.end]
        if len(inside) > 1:  # "the secondary one" is another kind of it, "the Duo" another name
            replaced = inside[0] if is_kind else inside[-1]
            yield replaced.start, replaced.end, own[0].text
    if not is_kind:
        yield content[-1].start, content[-1].end, fragment


def _place(fragment: str, words: Sequence[Word], asked: str, grammar: Grammar) -> tuple[int, int, str] | None:
    """Returns which part of the earlier question the fragment replaces (start, end), and by which words."""
    earlier = words_of(asked, grammar)
    for word, other in product(words[:_FIRST], reversed(earlier)):
        alike = _shape(word.text) == _shape(other.text) if _CODE.match(word.text) else _same_tail(word, other)
        if alike and word.low != other.low:
            return other.start, other.end, word.text
    first, *others = words
    if first.low in grammar.prepositions:
        place = _same_preposition(first, earlier, grammar)
        if place:
            return *place, fragment
        if first.low not in grammar.about or not others or others[0].low not in grammar.determiners:
            return None
        fragment = fragment[others[0].start :]
    elif first.low not in grammar.determiners and not _may_be_name(first, grammar):
        return None
    phrases = _phrases(asked, grammar)
    shared = [one for one in phrases if set(content_of(words, grammar)) & set(one.text.lower().split())]
    if not phrases:
        return None
    chosen = (shared or phrases)[-1]
    return chosen.start, chosen.end, fragment


def _same_preposition(first: Word, earlier: Sequence[Word], grammar: Grammar) -> tuple[int, int] | None:
    """Returns where the earlier question says the like of a fragment such as "for Shanghai"."""
    for at, word in reversed(list(enumerate(earlier))):
        end = at + 1
        while end < len(earlier) and earlier[end].low not in grammar.own - grammar.determiners:
            end += 1
        if word.low == first.low and end > at + 1:
            return word.start, earlier[end - 1].end
    return None


def _shape(code: str) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d+", "0", code))


def _same_tail(word: Word, other: Word) -> bool:
    """Returns whether both are of one kind: "part-time" and "full-time", "cheapest" and "highest"."""
    if word.low.endswith("est") and other.low.endswith("est"):
        return True
    ends = word.low.rpartition("-"), other.low.rpartition("-")
    return bool(ends[0][0] and ends[1][0]) and ends[0][2] == ends[1][2]
