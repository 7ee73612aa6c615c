"""Narrows the sentences of the hits to what a question names: identifiers, sections, documents, years, the newest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rag.retrieval.evidence import Evidence
from rag.text.dates import dates_of
from rag.text.folding import fold_forms
from rag.text.identifiers import Identifier, IdentifierKind, holds, identifiers
from rag.text.sections import begins_section, named_sections
from rag.text.words import content_words, words
from rag.types import Chunk, Hit

_EXACT, _BELOW, _NUMBER = 0.6, 0.3, 0.15
"""Added to the score of a sentence with an identifier of the question, below a heading with it, with a bare number."""
_RARE = 3
"""Sentences with an identifier up to which it tells all: the name of what a document is about tells nothing."""
_ALONE = 0.25
"""The share of it for a sentence without the question's other words."""
_ELSEWHERE = 0.5
"""The share of its score that a sentence keeps which is not in the document or year that the question names."""
_OLDER = 0.95
"""What a sentence of an older edition has at most, as a share of the newer one's that differs in figures alone."""
_YEAR = re.compile(r"(?<![\d.,/-])(?:19|20)\d\d(?![\d/-]|[.,]\d)")
_DIGITS = re.compile(r"\d+")
_NO_LETTERS = re.compile(r"[\W_]+")
_PART = re.compile(r"[.!?。！？]\s|\n")
_EDITION = re.compile(
    r"(?<![\d.])(?:19|20)\d\d(?:-\d\d){0,2}(?!\d)"
    r"|(?<!\w)(?:v|version|versión|versione|versão|versie|rev|revision|release|edition|ausgabe|auflage|stand|fassung)"
    r"\.? ?\d{1,4}(?:\.\d{1,4}){0,3}"
)
_NEWEST = (9_999,)
_LATEST = re.compile(
    r"\b(?:latest|newest|current(?:ly)?|now(?:adays)?|today|most recent|as of now|up to date|"
    r"aktuell\w{0,2}|derzeit\w{0,2}|neu(?:e)?ste\w?|heute|momentan|zur ?zeit|jetzt|actuel(?:le)?(?:ment)?s?|"
    r"dernière?s?|aujourd'hui|actual(?:mente)?(?:es)?|últim[oa]s?|más recientes?|"
    r"hoy|attual[ei]?(?:mente)?|ultim[oa]|oggi|atual(?:mente)?|mais recentes?|hoje|"
    r"huidige?|nieuwste|laatste|nu)\b|最新|目前|现在|当前|如今",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    "mean version releas error fault code part number item no id alarm messag warn bedeutet heisst fehler teil nummer "
    "meldung signifi erreur pièce numéro qué significa error código part número númer codic error errore cosa betek "
    "fout onderdeel 意思 错误 代码 故障 部件 编号 什么 say state wie lautet steht im in "
    "der die das ist was de la le el que qu'est est es is wat".split()
)
"""Words beside an identifier that ask for nothing but what it is."""


@dataclass(frozen=True, kw_only=True)
class Focus:
    """What a question names. ``hits`` are those that are to answer it."""

    question: str
    hits: Sequence[Hit]

    @cached_property
    def identifiers(self) -> tuple[Identifier, ...]:
        """The identifiers of the question that are not the name of a document found."""
        found = identifiers(fold_forms(self.question))
        return tuple(one for one in found if not self._names_a_file(one) and not _YEAR.fullmatch(one.key))

    @cached_property
    def named(self) -> frozenset[str]:
        """The versions of the documents that the question names by their file names."""
        asked = [one for one in identifiers(fold_forms(self.question)) if self._names_a_file(one)]
        return frozenset(hit.chunk.version_id for hit in self.hits if any(_is_name_of(one, hit.chunk) for one in asked))

    @cached_property
    def sections(self) -> frozenset[str]:
        """The numbers of the sections that the question names."""
        return named_sections(self.question)

    @cached_property
    def years(self) -> frozenset[str]:
        """The years that the question names, other than those of a day."""
        days = [place for place, readings in dates_of(self.question) if any(day for _, _, day in readings)]
        return frozenset(
            match.group()
            for match in _YEAR.finditer(self.question)
            if not any(start <= match.start() < end for start, end in days)
        )

    @property
    def is_explicit(self) -> bool:
        """Whether the question itself says which edition it means."""
        return bool(self.named or self.years) or self.wants_newest

    @property
    def wants_newest(self) -> bool:
        """Whether the question asks for what holds now."""
        return not self.years and _LATEST.search(self.question) is not None

    @cached_property
    def editions(self) -> frozenset[str]:
        """The versions of the documents of the year that the question names, or the newest where it asks for it."""
        if self.named:
            return self.named
        chunks = [hit.chunk for hit in self.hits]
        of_years = {chunk.version_id for chunk in chunks if self.years & years_of(chunk)}
        others = {chunk.version_id for chunk in chunks if years_of(chunk) and not self.years & years_of(chunk)}
        if self.years:
            return frozenset(of_years) if others else frozenset()
        older = self.newer.keys()
        return frozenset({chunk.version_id for chunk in chunks} - older) if older else frozenset()

    @cached_property
    def newer(self) -> Mapping[str, str]:
        """The newest edition of each document found of which there is one: the same name but for its numbers."""
        newest: dict[str, tuple[tuple[int, ...], str]] = {}
        for hit in self.hits:
            series, edition = _edition(hit.chunk)
            newest[series] = max(newest.get(series, ((), "")), (edition, hit.chunk.version_id))
        return {
            hit.chunk.version_id: newest[series][1]
            for hit in self.hits
            for series, edition in [_edition(hit.chunk)]
            if edition < newest[series][0]
        }

    def sharpened(self, evidence: Sequence[Evidence]) -> list[Evidence]:
        """Returns the sentences with higher scores for what the question names, and lower ones for the rest."""
        found: list[Evidence] = []
        label = False
        of_newer: dict[str, float] = {}
        for item in evidence:
            if self.newer and self._version(item) not in self.newer:
                same = _without_figures(item)
                of_newer[same] = max(item.score, of_newer.get(same, 0.0))
        for item in evidence:
            chunk = self.hits[item.hit_index].chunk
            bonus = self._bonus(item, chunk)
            follows = label and found[-1].hit_index == item.hit_index
            score = item.score
            if self._version(item) in self.newer and not self.is_explicit:
                score = min(score, _OLDER * of_newer.get(_without_figures(item), 1.0))
            score = (score + max(bonus, _EXACT if follows else 0.0)) * self._share(item, chunk)
            label = bonus == _EXACT and not set(words(item.text)) - self._own_words
            found.append(replace(item, score=score))
        return found

    def is_exact(self, text: str, found: frozenset[str], headings: Sequence[str] = ()) -> bool:
        """Returns whether a sentence with these words of the question, below these headings, is what it names."""
        if self.sections and any(begins_section(line, self.sections) for line in (*headings, text)):
            return len(self._other_words - found) <= 1
        codes = [
            one
            for one in self.identifiers
            if self._rarity[one] == 1 and (one.kind is not IdentifierKind.NUMBER or not self._other_words)
        ]
        above = fold_forms("\n".join([text, *headings]))
        if not any(holds(fold_forms(text), one) for one in codes) or not all(holds(above, one) for one in codes):
            return False
        others = self._other_words
        return 3 * len(others & found) >= len(others)

    def codes_above(self, headings: Sequence[str]) -> frozenset[Identifier]:
        """Returns the codes and versions of the question that headings have, such as a release in a list of changes."""
        above = fold_forms("\n".join(headings))
        return frozenset(one for one in self.identifiers if one.kind is IdentifierKind.CODE and holds(above, one))

    @cached_property
    def _rarity(self) -> Mapping[Identifier, float]:
        """What a sentence with each identifier of the question counts: 1, and less the more of the hits have it."""
        parts = [part for hit in self.hits for part in _PART.split(fold_forms(hit.chunk.text))]
        counts = {one: sum(holds(part, one) for part in parts) for one in self.identifiers}
        return {one: min(1.0, _RARE / count) if count else 1.0 for one, count in counts.items()}

    @cached_property
    def _own_words(self) -> frozenset[str]:
        question = fold_forms(self.question)
        return frozenset(word for one in self.identifiers for word in words(question[one.span.start : one.span.end]))

    @cached_property
    def _other_words(self) -> frozenset[str]:
        return frozenset(content_words(self.question)) - self._own_words - _GENERIC

    def _bonus(self, item: Evidence, chunk: Chunk) -> float:
        text, headings = fold_forms(item.text), "\n".join(map(fold_forms, chunk.heading_path))
        bonus = 0.0
        for one in self.identifiers:
            exact = _NUMBER if one.kind is IdentifierKind.NUMBER and self._other_words else self._exact(item)
            exact *= self._rarity[one]
            if holds(text, one):
                bonus = max(bonus, exact)
            elif holds(headings, one):
                bonus = max(bonus, min(exact, _BELOW * self._rarity[one]))
        if self.sections and any(begins_section(line, self.sections) for line in (*chunk.heading_path, item.text)):
            bonus = max(bonus, _BELOW)
        for date in self._days:
            if any(date in readings for _, readings in dates_of(f"{headings}\n{text}")):
                bonus = max(bonus, _BELOW)
        return bonus

    def _exact(self, item: Evidence) -> float:
        """Returns less where an identifier only says where to look, and the sentence has nothing else that is asked."""
        others = self._other_words
        return _EXACT * (_ALONE + (1 - _ALONE) * len(others & item.words) / len(others)) if others else _EXACT

    @cached_property
    def _days(self) -> list[tuple[int, int, int]]:
        return [date for _, readings in dates_of(self.question) for date in readings if all(date)]

    def _version(self, item: Evidence) -> str:
        return self.hits[item.hit_index].chunk.version_id

    def _share(self, item: Evidence, chunk: Chunk) -> float:
        if not self.editions or chunk.version_id in self.editions or self.years & set(_YEAR.findall(item.text)):
            return 1.0
        return _ELSEWHERE if self.is_explicit else 1.0

    def _names_a_file(self, one: Identifier) -> bool:
        return any(_is_name_of(one, hit.chunk) for hit in self.hits)


def _is_name_of(one: Identifier, chunk: Chunk) -> bool:
    written = [*identifiers(chunk.name), *identifiers(chunk.name.rpartition(".")[0])]
    return any(one.key == other.key for other in written)


def _without_figures(item: Evidence) -> str:
    return _DIGITS.sub("#", item.text.casefold())


def years_of(chunk: Chunk) -> frozenset[str]:
    """Returns the years that a document's names and the headings above a passage have."""
    return frozenset(_YEAR.findall("\n".join([chunk.title, *chunk.heading_path, _NO_LETTERS.sub(" ", chunk.name)])))


def _edition(chunk: Chunk) -> tuple[str, tuple[int, ...]]:
    """Returns the title of a document without its edition, and the numbers of that: a date, a year or a version.

    Among documents of one title, the one whose name has no year either is the newest.
    """
    title = (chunk.title or chunk.name).casefold()
    found = _EDITION.findall(title) or _EDITION.findall(chunk.name.casefold().replace("_", " "))
    numbers = tuple(int(number) for written in found for number in _DIGITS.findall(written))
    return " ".join(_NO_LETTERS.sub(" ", _EDITION.sub(" ", title)).split()), numbers or _NEWEST
