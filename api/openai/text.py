"""An answer as plain text: marks after its sentences, its sources below it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answers import AbstentionReason, AnswerSentence, Citation, Role, Turn
from rag.guard.links.defusing import defuse
from rag.text.sentences import begun_sentence
from rag.text.words import is_mostly_cjk
from rag.types import Passage

NEAREST_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The fixed words around an answer in one language; ``page`` is a format for page numbers."""

    unsupported: str
    sources: str
    nearest: str
    page: str
    refusals: dict[AbstentionReason, str]


ENGLISH = Words(
    unsupported="[unsupported]",
    sources="Sources:",
    nearest="Nearest sources:",
    page=", p. {}",
    refusals={
        AbstentionReason.EMPTY_COLLECTION: "This collection holds no documents that are ready.",
        AbstentionReason.NOTHING_FOUND: "Nothing in the documents matches this question.",
        AbstentionReason.WEAK_SUPPORT: "The documents do not seem to answer this question.",
        AbstentionReason.MODEL_DECLINED: "The documents do not seem to answer this question.",
        AbstentionReason.UNSUPPORTED: "No passage supports what was written.",
        AbstentionReason.AGAINST_POLICY: "This question is against the rules of this service.",
    },
)
CHINESE = Words(
    unsupported="[无依据]",
    sources="来源：",
    nearest="最接近的来源：",
    page="，第 {} 页",
    refusals={
        AbstentionReason.EMPTY_COLLECTION: "这个文档集中还没有可用的文档。",
        AbstentionReason.NOTHING_FOUND: "文档中没有与这个问题相关的内容。",
        AbstentionReason.WEAK_SUPPORT: "这些文档似乎没有回答这个问题。",
        AbstentionReason.MODEL_DECLINED: "这些文档似乎没有回答这个问题。",
        AbstentionReason.UNSUPPORTED: "没有任何段落支持所写的内容。",
        AbstentionReason.AGAINST_POLICY: "这个问题不符合本服务的规定。",
    },
)
_HEADINGS = "|".join(re.escape(heading) for words in (ENGLISH, CHINESE) for heading in (words.sources, words.nearest))
_FOOTER = re.compile(rf"(?<!\s)\s*+^(?:{_HEADINGS})\n(?:- \[\d++\] .*(?:\n|\Z))+\s*\Z", re.MULTILINE)
_MARKS = re.compile(rf" ?(?:\[\d+\]|{re.escape(ENGLISH.unsupported)}|{re.escape(CHINESE.unsupported)})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The place of a citation's ``[n]`` and of the sentence that it supports; offsets count code points."""

    citation: Citation
    start: int
    end: int
    sentence_start: int
    sentence_end: int


class MarkedText:
    """Puts ``[n]`` after each sentence while the text is written.

    A sentence is returned as it comes; the text after it is held back until the sentence is checked.
    """

    def __init__(self, words: Words) -> None:
        self._words = words
        self._pending = ""  # the text since the last checked sentence
        self._released = 0  # the number of its characters that were returned
        self._base = 0  # the place of its start in the whole text
        self.marks: list[Mark] = []

    def add_text(self, text: str) -> str:
        """Adds text and returns the part that can be sent."""
        self._pending += text
        begun = begun_sentence(self._pending)
        return self._release(begun.start + _end_of_words(self._pending[begun.start : begun.end])) if begun else ""

    def add_sentence(self, sentence: AnswerSentence) -> str:
        """Adds a checked sentence; returns its rest with its marks, and the text after it that can be sent."""
        found = self._pending.find(sentence.text)
        start, end = (found, found + _end_of_words(sentence.text)) if found >= 0 else (0, self._released)
        end = max(end, self._released)
        text = self._release(end)
        marks = self._place(sentence, self._base + start)
        self._base += end + len(marks)
        self._pending, self._released = self._pending[end:], 0
        return text + marks + self.add_text("")

    def finish(self) -> str:
        """Returns the rest of the text."""
        return self._release(len(self._pending.rstrip()))

    def _release(self, end: int) -> str:
        text = self._pending[self._released : end]
        self._released += len(text)
        return text

    def _place(self, sentence: AnswerSentence, sentence_start: int) -> str:
        if not sentence.supported:
            return f" {self._words.unsupported}"
        if not sentence.citations:
            return ""
        sentence_end = self._base + self._released
        marks = " "
        for number in dict.fromkeys(citation.number for citation in sentence.citations):
            start = sentence_end + len(marks)
            marks += f"[{number}]"
            self.marks += [
                Mark(
                    citation=citation,
                    start=start,
                    end=sentence_end + len(marks),
                    sentence_start=sentence_start,
                    sentence_end=sentence_end,
                )
                for citation in sentence.citations
                if citation.number == number
            ]
        return marks


def _end_of_words(sentence: str) -> int:
    """Returns where the marks of a sentence go: in a row of a table before its last bar, into the cell."""
    return len(sentence.rstrip("| ")) if sentence.startswith("|") else len(sentence)


def words_for_question(question: str) -> Words:
    """Returns the words in Chinese for a Chinese question, else in English."""
    return CHINESE if is_mostly_cjk(question) else ENGLISH


def footer(heading: str, passages: Sequence[Passage], words: Words, citations: Sequence[Citation] = ()) -> str:
    """Returns a list of sources to follow a text; an empty text for no passages.

    A source names the pages of the words that are cited from it, or the page on which it begins.
    """
    if not passages:
        return ""
    return "\n\n" + "\n".join([heading, *(_line(passage, words, citations) for passage in passages)])


def _line(passage: Passage, words: Words, citations: Sequence[Citation]) -> str:
    chunk = passage.hit.chunk
    title = _inert(chunk.title or chunk.name)
    cited = {citation.page for citation in citations if citation.number == passage.number} or {chunk.page}
    if pages := sorted(page for page in cited if page):
        return f"- [{passage.number}] {title}{words.page.format(', '.join(map(str, pages)))}"
    heading = _inert(chunk.heading_path[-1]) if chunk.heading_path else title
    return f"- [{passage.number}] {title}" + (f": {heading}" if heading != title else "")


def _inert(title: str) -> str:
    """Returns a title on one line, without links, images and HTML: a document says what its title is."""
    return " ".join(defuse(title).text.split())


def without_marks(turn: Turn) -> Turn:
    """Returns a turn without marks and sources, as their numbers would be taken for those of the new passages."""
    if turn.role is Role.USER:
        return turn
    return Turn(role=turn.role, content=_MARKS.sub("", _FOOTER.sub("", turn.content)))
