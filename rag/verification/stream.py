"""An answer while it is written: an assembler makes sentences of the stream, and a draft holds what has gone out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.answers import AbstentionReason, AnswerSentence, CitationMark, TextDelta, Usage, Verification, WrittenBy
from rag.text.sentences import settled_sentences, split_sentences
from rag.types import Span
from rag.verification.markdown import MarkdownReader, Part

Shown = TextDelta | AnswerSentence
"""Parts of an answer that go out to the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSentence:
    """A sentence as it was written: ``space`` stands in front of it, ``marks`` follow it or stand in it.

    ``claims`` are the wordings of which one needs support; none for what claims nothing. ``certain``: it is made of the
    words that the marks name, and is not checked.
    """

    space: str
    text: str
    marks: tuple[CitationMark, ...]
    part: Part = Part.PROSE
    claims: tuple[str, ...]
    certain: bool = False


class SentenceAssembler:
    """Collects streamed text and citation marks into sentences. The first word of the next one completes a sentence."""

    def __init__(self) -> None:
        self._text = ""
        self._marks: list[tuple[int, CitationMark]] = []
        self._markdown = MarkdownReader()
        self._line_begins = True

    def add_text(self, text: str) -> list[WrittenSentence]:
        """Returns the sentences that ``text`` completed."""
        self._text += text
        spans = settled_sentences(self._text)
        return self._take(spans, spans[-1].end) if spans else []

    def add_mark(self, mark: CitationMark) -> None:
        """Puts a mark at the end of the text so far."""
        self._marks.append((len(self._text.rstrip()), mark))

    def finish(self) -> list[WrittenSentence]:
        """Returns the sentences that are left when the stream has ended."""
        return self._take(split_sentences(self._text), len(self._text))

    def _take(self, spans: Sequence[Span], end: int) -> list[WrittenSentence]:
        taken = []
        begin = 0
        for span in spans:
            marks = tuple(mark for position, mark in self._marks if position <= span.end)
            self._marks = [(position, mark) for position, mark in self._marks if position > span.end]
            space, text = self._text[begin : span.start], self._text[span.start : span.end]
            part, claims = self._markdown.read(text, begins_line=self._line_begins or "\n" in space)
            self._line_begins = False
            taken.append(WrittenSentence(space=space, text=text, marks=marks, part=part, claims=claims))
            begin = span.end
        self._text = self._text[end:]
        self._marks = [(max(0, position - end), mark) for position, mark in self._marks]
        return taken


@dataclass(slots=True, kw_only=True)
class Draft:
    """The answer as far as it has gone out, with its writer, its usage and the counts of its verification."""

    writer: WrittenBy
    text: list[str] = field(default_factory=list)
    sentences: list[AnswerSentence] = field(default_factory=list)
    usage: Usage | None = None
    declined: AbstentionReason | None = None
    dropped: int = 0
    retried: int = 0

    def begin_attempt(self) -> None:
        """Forgets usage, refusal and dropped sentences of the attempt before."""
        self.usage, self.declined, self.dropped = None, None, 0

    def add(self, shown: Shown) -> Shown:
        """Adds text or a sentence and returns it as it goes out: a sentence numbered, the first text left-stripped."""
        if isinstance(shown, AnswerSentence):
            sentence = replace(shown, index=len(self.sentences))
            self.sentences.append(sentence)
            return sentence
        # The space stood in front of a sentence that may have been dropped.
        text = shown if self.text else TextDelta(text=shown.text.lstrip())
        self.text.append(text.text)
        return text

    @property
    def abstention(self) -> AbstentionReason | None:
        """The reason why there is no answer; None when there is one."""
        if not self.sentences and (self.dropped or self.retried):
            return AbstentionReason.UNSUPPORTED
        return self.declined or (None if self.sentences else AbstentionReason.MODEL_DECLINED)

    @property
    def verification(self) -> Verification:
        """The counts, as the receipt shows them."""
        supported = sum(sentence.supported for sentence in self.sentences)
        return Verification(
            supported=supported,
            unsupported=len(self.sentences) - supported,
            dropped=self.dropped,
            retried=self.retried,
        )
