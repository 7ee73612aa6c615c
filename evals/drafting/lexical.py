"""Drafts questions without a model: of statements that answer one, and about headings. Pure.

Where neither gives any, a gap is left in sentences: better than nothing, though people do not ask like that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evals.datasets.edits import kind_of
from evals.datasets.questions import EvalQuestion
from evals.drafting.drafts import Drafts, in_turn, is_chinese, make_draft, spread_by_document
from evals.drafting.plain_questions import plain_question
from rag.text.sentences import split_sentences
from rag.types import Chunk

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\.?"
)
_UNIT = r"(?: ?(?:%|percent\b|hundred\b|thousand\b|million\b|billion\b))?"
_DATE = re.compile(
    rf"\b\d{{1,2}} {_MONTH}(?: \d{{4}})?\b|\b{_MONTH} \d{{1,2}}, \d{{4}}\b|\b{_MONTH} \d{{4}}\b|\b\d{{4}}-\d\d-\d\d\b"
)
_NUMBER = re.compile(rf"(?<![A-Za-z0-9_.,-])[0-9]++(?:[.,:][0-9]++)*+(?![A-Za-z0-9_-]){_UNIT}")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]\w++(?: [A-Z]\w++)*+")
_IN_CHINESE = {"number": "数字", "date": "日期", "name": "名称"}
_NUMBERING = re.compile(r"^\d{1,2}(?:\.\d{1,2})*[.)] (?=[^\W\d_])")
_GAP = "____"
_ABOUT = {
    "en": "What does “{title}” say about {about}?",
    "de": "Was steht in „{title}“ über {about}?",
    "fr": "Que dit « {title} » sur {about} ?",
    "es": "¿Qué dice «{title}» sobre {about}?",
    "zh": "“{title}”里关于{about}说了什么？",
}
_GERMAN = re.compile(r"\b(?:der|die|das|und|für|wie|von|bei|im|ich|ist|ein|eine)\b|[äöüß]", re.IGNORECASE)
_SPANISH = re.compile(r"\b(?:el|los|las|del|y|para|cómo|qué|una)\b|[ñ¿¡]", re.IGNORECASE)
_FRENCH = re.compile(r"\b(?:le|les|des|du|et|pour|une|sur|aux)\b|[çèêàœ]", re.IGNORECASE)
_SIGNS = {"de": _GERMAN, "es": _SPANISH, "fr": _FRENCH}
_WORDED = re.compile(r"[^\W\d_]{3,}")
_SHORTEST, _SHORTEST_CHINESE, _LONGEST, _FEWEST_WORDS = 40, 15, 300, 6
_ENDS = (".", "!", "。", "！")


def lexical_drafts(chunks: Sequence[Chunk], count: int) -> Drafts:
    """Returns up to ``count`` drafts from all documents: two of statements for each one about a heading."""
    stated = [(chunk.document_id, row) for chunk in chunks for row in plain_drafts(chunk)]
    plain = spread_by_document(_unambiguous(stated), count)
    headings = spread_by_document(heading_drafts(chunks), count)
    rows = in_turn([plain[::2], headings, plain[1::2]], len(plain) + len(headings))
    if not rows:
        rows = spread_by_document(((chunk.document_id, row) for chunk in chunks for row in cloze_drafts(chunk)), count)
    return Drafts(questions=tuple({row.id: row for row in rows}.values())[:count])


def _unambiguous(rows: Sequence[tuple[str, EvalQuestion]]) -> Iterator[tuple[str, EvalQuestion]]:
    """Yields the rows whose question has one answer: of three data sheets each gives another sound power level."""
    answers: dict[str, set[tuple[str, ...]]] = {}
    for _, row in rows:
        answers.setdefault(row.question, set()).add(row.answers)
    seen: set[str] = set()
    for document, row in rows:
        if len(answers[row.question]) == 1 and row.question not in seen:
            seen.add(row.question)
            yield document, row


def plain_drafts(chunk: Chunk) -> Iterator[EvalQuestion]:
    """Yields a question for each sentence that answers one, as a person would ask it."""
    for span in split_sentences(chunk.text):
        sentence = chunk.text[span.start : span.end]
        found = plain_question(" ".join(sentence.split())) if len(sentence) <= _LONGEST else None
        if found is not None and "|" not in sentence and found.answer in sentence:
            asked, answer = found.question, found.answer
            yield make_draft("plain", chunk, question=asked, answer=answer, quote=sentence, language=found.language)


def cloze_drafts(chunk: Chunk) -> Iterator[EvalQuestion]:
    """Yields a question for each sentence that states a date, a number or a name exactly once."""
    for span in split_sentences(chunk.text):
        sentence = chunk.text[span.start : span.end]
        if not _is_statement(sentence) or (fact := _fact_of(sentence)) is None:
            continue
        kind, shown = kind_of(fact) or "", sentence.replace(fact, _GAP)
        asked = (
            f"“{shown}”里缺少的是哪个{_IN_CHINESE[kind]}？"
            if is_chinese(shown)
            else f"Which {kind} is missing: “{shown}”?"
        )
        yield make_draft("cloze", chunk, question=asked, answer=fact, quote=sentence)


def heading_drafts(chunks: Sequence[Chunk]) -> Iterator[tuple[str, EvalQuestion]]:
    """Yields (document id, question) for each heading; the first statement below it is the answer.

    A reviewer should shorten the answer, because few answers repeat the sentence.
    """
    seen: set[tuple[str, str]] = set()
    for chunk in chunks:
        title = chunk.title or chunk.name
        heading = chunk.heading_path[-1] if chunk.heading_path else ""
        if not heading or heading == title or (chunk.document_id, heading) in seen:
            continue
        sentences = (chunk.text[span.start : span.end] for span in split_sentences(chunk.text))
        statement = next((sentence for sentence in sentences if _is_statement(sentence)), None)
        if statement is not None:
            seen.add((chunk.document_id, heading))
            about = _NUMBERING.sub("", heading)
            asked, language = _asked_about(about, title)
            draft = make_draft("heading", chunk, question=asked, answer=statement, quote=statement, language=language)
            yield chunk.document_id, draft


def _asked_about(about: str, title: str) -> tuple[str, str]:
    """Returns a question about a heading, and its language; a heading that asks is the question itself."""
    language = (
        "zh" if is_chinese(about) else next((name for name, words in _SIGNS.items() if words.search(about)), "en")
    )
    if about.rstrip().endswith(("?", "？")):
        return about.strip(), language
    return _ABOUT[language].format(about=about, title=title), language


def _is_statement(sentence: str) -> bool:
    if len(sentence) > _LONGEST or not sentence.endswith(_ENDS) or "|" in sentence:
        return False
    if is_chinese(sentence):
        return len(sentence) >= _SHORTEST_CHINESE
    return len(sentence) >= _SHORTEST and len(_WORDED.findall(sentence)) >= _FEWEST_WORDS


def _fact_of(sentence: str) -> str | None:
    """Returns the fact for the gap, preferring dates to numbers to names, and never the first word."""
    for pattern in (_DATE, _NUMBER, _NAME):
        for match in pattern.finditer(sentence):
            fact = match.group()
            if match.start() and sentence.count(fact) == 1 and kind_of(fact):
                return fact
    return None
