"""Questions about the headings of a document, and whether an answer to one is good. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rag.answers import AnswerSentence
from rag.text.languages import likely_languages, script_of
from rag.types import ChunkSpan, Span

_NUMBERING = re.compile(r"^(?:§ ?)?+\d{1,3}(?:\.\d{1,3})*+[.)]?+\s+(?=\S)|^[一二三四五六七八九十]{1,3}、")
_LETTERS = re.compile(r"[^\W\d_]{3}|[一-鿿]{2}")
_LONGEST_HEADING, _LONGEST_TITLE, _SEEN = 60, 60, 2_000
_WORDINGS = {
    "en": "What does “{title}” say about {heading}?",
    "de": "Was steht in „{title}“ über {heading}?",
    "fr": "Que dit « {title} » sur {heading} ?",
    "es": "¿Qué dice «{title}» sobre {heading}?",
    "zh": "“{title}”里关于{heading}说了什么？",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A question about the section ``span`` of a document."""

    question: str
    document_id: str
    span: Span


def candidates_of(document_id: str, title: str, text: str, chunks: Sequence[ChunkSpan]) -> Iterator[Candidate]:
    """Yields a question for each section with a heading that says something, the most telling headings first."""
    sections = [
        (path[-1], Span(start=held[0].span.start, end=held[-1].span.end))
        for path, held in ((path, list(group)) for path, group in groupby(chunks, key=lambda chunk: chunk.heading_path))
        if path and path[-1] != title
    ]
    wording = _WORDINGS[_language_of(text[:_SEEN])]
    for heading, span in sorted(sections, key=lambda section: _generality(section[0])):
        about = _NUMBERING.sub("", heading).strip(" :.：。")
        if len(about) > _LONGEST_HEADING or len(title) > _LONGEST_TITLE or not _LETTERS.search(about):
            continue
        question = about if _is_question(heading) else wording.format(title=title, heading=about)
        yield Candidate(question=question, document_id=document_id, span=span)


def are_good(sentences: Sequence[AnswerSentence], candidate: Candidate) -> bool:
    """Returns whether an answer's sentences quote the section that was asked about, and nothing else."""
    citations = [citation for sentence in sentences for citation in sentence.citations]
    section = candidate.span
    are_supported = all(sentence.supported and sentence.citations for sentence in sentences)
    return (
        bool(citations)
        and are_supported
        and all(
            citation.document_id == candidate.document_id
            and section.start <= citation.span.start
            and citation.span.end <= section.end
            for citation in citations
        )
    )


def _generality(heading: str) -> int:
    """Returns 0 for a question, 1 for several words, 2 for one, which says little alone."""
    return 0 if _is_question(heading) else 1 if len(heading.split()) > 1 else 2


def _is_question(heading: str) -> bool:
    return heading.rstrip().endswith(("?", "？"))


def _language_of(text: str) -> str:
    scripts = [script_of(letter) for letter in text if letter.isalpha()]
    script = max(set(scripts), key=scripts.count, default="LATIN")
    if script == "CJK" and "HIRAGANA" not in scripts:
        return "zh"
    [first, *others] = likely_languages(text, script)
    return first if not others and first in _WORDINGS else "en"
