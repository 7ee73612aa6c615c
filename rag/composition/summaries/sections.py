"""Reads the sections of a document and tells which of their sentences carry them. Pure.

A sentence carries its section by its place, by the words that recur in the document, and by the figures that it gives.
Hints to other places ("see the help page") and sentences that need the one before them do not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.retrieval.units import is_question
from rag.text.sentences import split_sentences
from rag.text.words import content_words, has_cjk
from rag.types import PROSE, DocumentText, Element, ElementKind, Span

_SHORTEST, _LONGEST, _LONG = 4, 60, 40
"""Words of a sentence that can carry a section; longer ones than the last count less."""
_SHORTEST_ITEM, _LONGEST_ITEM, _LONGEST_LABEL = 3, 14, 6
"""Words of an item of a list that is given alone, whole, or by its label."""
_FEWEST_ITEMS, _MOST_ITEMS = 2, 12
_CJK_WORD = 1.7
"""Characters of Chinese that say as much as a word."""
_DEEPER = 0.15
"""What a sentence loses that stands below a deeper heading."""
_CENTRAL, _PLACE, _FIGURES, _HINT, _LEANS, _WORDY = 0.4, 0.5, 0.2, 0.9, 0.3, 0.15
_ENDS = (".", "!", "。", "！", '."', ".)", ".”")
_LEADS = (":", "：")
_CLAUSE = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){1,4}[.)]?|\(?\d{1,3}[.)]|[•*–-]) ")
"""The number or mark before a clause or item."""
_TITLED_CLAUSE = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,2})[.)]? \S")
_DETAIL = re.compile(r"[^\W\d_][\w -]{1,30}: ?\S")
"""A line such as "author: Ada Berg" above the first heading says a detail."""
_KEY = re.compile(r"(?!description|summary|abstract|subject)[a-z][a-z_-]{1,20}: ?\S")
_CUT = re.compile(r"(?<!\d)[:;] ?\d{1,2}\.\Z")
"""The end of what goes on in a list."""
_TOLD = re.compile(r"(?:description|summary|abstract|subject): ?")
_MINOR = re.compile(
    r"(?:\d{1,2}\.? )?(?:copyright|licen[cs]es?|references|bibliography|acknowledge?ments?|thanks|thank you|"
    r"faqs?|see also|contacts?|links?|footnotes|further reading|table of contents|contents|change ?log|"
    r"change history|revision history|document history|danksagung|kontakt|literatur|quellen|inhalt|inhaltsverzeichnis|"
    r"remerciements|références|sommaire|referencias|agradecimientos|contacto|ringraziamenti|contatti|agradecimentos|参考文献|致谢|联系方式|目录)\W{0,2}",
    re.IGNORECASE,
)
"""A heading above what does not carry a document."""
_UNFINISHED = (";", ",", "；", "，", ":", "：", "; or", "; and")
_LABEL = re.compile(r"(?:\*\*)?([^:：.\n]{2,60}?)(?:\*\*)?[:：]\s|([^.:：\n]{2,60}?) [–—] ")
_FIGURE = re.compile(r"(?<![\w.§-])\d|[€$£¥%]")
_HINTS = re.compile(
    r"\b(?:click|visit|read the|(?:available|found) here|see (?:also|the|our|below|section)|read more|for more|"
    r"more (?:about|information|details)|further (?:details|information)|"
    r"can be found|learn more|refer to|follow us|thank(?:s| you)|"
    r"please contact|public domain|licen[cs]ed under|feel free|if you have (?:any )?questions|"
    r"this page|siehe|weitere informationen|mehr (?:dazu|informationen)|bei fragen|voir (?:aussi|la|le)|"
    r"pour en savoir plus|más información|véase|consulte|per maggiori|vedi|veja|saiba mais|meer informatie|zie ook|"
    r"copyright|all rights reserved)\b"
    r"|更多信息|请参阅|参见|点击",
    re.IGNORECASE,
)
_JOINING = re.compile(
    r"(?:however|but|also|and|or|so|therefore|thus|then|instead|otherwise|additionally|furthermore|moreover|likewise|"
    r"similarly|for (?:example|instance)|in (?:this|that) case|as a result|afterwards|daher|deshalb|außerdem|jedoch|"
    r"aber|auch|dazu|dabei|ainsi|cependant|mais|además|sin embargo|pero|inoltre|però|além|porém|daarom|echter)\b"
    r"|但|因此|此外",
    re.IGNORECASE,
)
"""How a sentence begins that goes on with the one before."""
_LEANING = re.compile(
    r"(?:this|these|those|that|it|they|he|she|him|such|dies\w{0,2}|er|sie|es|ce(?:s|la|tte)?|il|elles?|ils|est[aeo]s?|ello|"
    r"quest[aeoi]|isso|dit|deze|这|该|其|此)\b",
    re.IGNORECASE,
)
"""How one begins that names what it is about by a pronoun; a section may begin so."""
_GIST = re.compile(
    r"(?:\d{1,2}\.? )?(?:executive |short |brief )?(?:summary|abstract|tl;? ?dr|overview|in short|key points|"
    r"zusammenfassung|überblick|kurzfassung|résumé|synthèse|resumen|riassunto|sommario|sintesi|resumo|samenvatting|摘要|概述|概要|总结)\W{0,2}",
    re.IGNORECASE,
)
"""A heading above what the document says of itself in short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A sentence, or an introduction with the items below it; ``text`` is what is said, ``span`` where it stands."""

    text: str
    span: Span
    place: int
    needs_more: bool = False
    score: float = 0.0

    @property
    def size(self) -> int:
        """Its words."""
        return size_of(self.text)


@dataclass(slots=True, kw_only=True)
class Section:
    """The parts below the same headings, in reading order."""

    path: tuple[str, ...]
    parts: list[Part] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """The innermost heading; empty without one."""
        return self.path[-1] if self.path else ""

    @property
    def is_gist(self) -> bool:
        """Whether it says the whole in short."""
        return _GIST.fullmatch(self.heading) is not None

    @property
    def is_minor(self) -> bool:
        """Whether it holds no part of what the document is about."""
        return _MINOR.fullmatch(self.heading) is not None

    @property
    def best(self) -> float:
        """The score of its best part."""
        return max((part.score for part in self.parts), default=0.0)


def size_of(text: str) -> int:
    """Returns how many words the text has, a word of Chinese counted as its characters."""
    if not has_cjk(text):
        return len(text.split())
    wide = sum(has_cjk(sign) for sign in text)
    return round(wide / _CJK_WORD) + len("".join(" " if has_cjk(sign) else sign for sign in text).split())


def sections_of(document: DocumentText) -> list[Section]:
    """Returns the sections with text, in reading order, their parts scored."""
    found: dict[tuple[str, ...], Section] = {}
    for path, part in _parts(document):
        section = found.setdefault(path, Section(path=path))
        section.parts.append(part)
    sections = list(found.values())
    told = Counter(word for section in sections for part in section.parts for word in set(content_words(part.text)))
    told.update(content_words(document.title))
    for section in sections:
        section.parts = [_scored(part, at, told) for at, part in enumerate(section.parts)]
    top = max((part.score for section in sections for part in section.parts), default=0.0)
    return sections if top > 0 else []


def grouped(sections: Sequence[Section], *, below: tuple[str, ...] = ()) -> list[Section]:
    """Returns the sections joined by the highest level at which there are several, ``below`` the given headings."""
    levels = range(len(below) + 1, max((len(section.path) for section in sections), default=0) + 1)
    for level in levels:
        groups: dict[tuple[str, ...], Section] = {}
        for section in sections:
            group = groups.setdefault(section.path[:level], Section(path=section.path[:level]))
            deeper = _DEEPER * (len(section.path) > level)
            group.parts.extend(replace(part, score=part.score - deeper) for part in section.parts)
        if len([path for path in groups if len(path) == level]) > 1:
            return list(groups.values())
    whole = Section(path=below, parts=[part for section in sections for part in section.parts])
    return [whole] if whole.parts else []


def _parts(document: DocumentText) -> Iterator[tuple[tuple[str, ...], Part]]:
    """Yields the sentences, and the lists with their introductions, each with the headings above it."""
    text = document.text
    elements = [one for one in document.elements if one.kind in PROSE or one.kind is ElementKind.HEADING]
    clause: tuple[str, ...] = ()
    at, begun, introduced = 0, False, False
    while at < len(elements):
        element = elements[at]
        own = text[element.span.start : element.span.end]
        at += 1
        if element.kind is ElementKind.HEADING:
            clause = ()
            continue
        if at < len(elements) and _is_title(own, text[elements[at].span.start : elements[at].span.end]):
            clause = (own.strip(),)
            continue
        path = (*element.heading_path, *clause)
        sentences = split_sentences(own)
        leads = element.kind is ElementKind.PARAGRAPH and own.rstrip().endswith(_LEADS)
        begins = at if leads else at - 1 if element.kind is ElementKind.LIST_ITEM else len(elements)
        ends = next((n for n in range(begins, len(elements)) if not _is_item(elements[n], element)), len(elements))
        lead = Span(start=element.span.start + sentences[-1].start, end=element.span.end) if leads else None
        listed = _listed(text, lead, elements[begins:ends])
        if listed is not None:
            at = ends
            sentences = sentences[:-1]
        needs_more = introduced and element.kind is ElementKind.LIST_ITEM
        introduced = leads or needs_more
        before = ""
        for span in sentences:
            if (part := _sentence(text, element, span)) is not None:
                begun = True
                yield path, replace(part, needs_more=needs_more or is_question(before))
            before = own[span.start : span.end]
        is_head = not path or (len(path) == 1 and not begun)
        if listed is not None and not (is_head and _are_details(listed.text.split("; "))):
            begun = True
            yield path, listed


def _is_item(element: Element, first: Element) -> bool:
    return element.kind is ElementKind.LIST_ITEM and element.heading_path == first.heading_path


def _are_details(items: Sequence[str]) -> bool:
    """Returns whether most of the items say something about the document itself, such as its author."""
    return 2 * sum(_DETAIL.match(one) is not None for one in items) > len(items)


def _is_title(text: str, following: str) -> bool:
    """Returns whether a line such as "2. Prices" stands above its clause "2.1 The price is 5 euros"."""
    own, below = _TITLED_CLAUSE.match(text), _TITLED_CLAUSE.match(following)
    if own is None or below is None or text.rstrip().endswith(_ENDS):
        return False
    return below[1].startswith(f"{own[1]}.")


def _sentence(text: str, element: Element, span: Span) -> Part | None:
    place = Span(start=element.span.start + span.start, end=element.span.start + span.end)
    said = text[place.start : place.end]
    if mark := _CLAUSE.match(said):
        place = Span(start=place.start + mark.end(), end=place.end)
        said = text[place.start : place.end]
    is_item = element.kind is ElementKind.LIST_ITEM
    ends = said.rstrip().endswith(_ENDS)
    ends = ends and not _CUT.search(said)
    states = (ends or (is_item and not said.rstrip().endswith(_UNFINISHED))) and not is_question(said)
    is_detail = not element.heading_path and (_KEY.match(said) or (not ends and _DETAIL.match(said)))
    if not states or said[:1] in "|[(#" or is_detail:
        return None
    if not element.heading_path and (told := _TOLD.match(said)):
        place = Span(start=place.start + told.end(), end=place.end)
        said = text[place.start : place.end]
    is_whole = is_item and span.start == 0
    if not (_SHORTEST_ITEM if is_whole else _SHORTEST) <= size_of(said) <= _LONGEST:
        return None
    return Part(text=" ".join(said.split()), span=place, place=place.start)


def _listed(text: str, lead: Span | None, items: Sequence[Element]) -> Part | None:
    """Returns a list with its introduction, or with the labels of its items where they are long.

    None where it gets too long, and where its items are sentences without an introduction.
    """
    whole = [" ".join(text[item.span.start : item.span.end].split()) for item in items]
    if not _FEWEST_ITEMS <= len(whole) <= _MOST_ITEMS or (lead is None and any(one.endswith(_ENDS) for one in whole)):
        return None
    bare = [(one[mark.end() :] if (mark := _CLAUSE.match(one)) else one).rstrip(";,.。；") for one in whole]
    said = [_labelled(one) for one in bare]
    introduction = " ".join(text[lead.start : lead.end].split()) if lead else ""
    is_wide = has_cjk("".join([introduction, *said]))
    while size_of(" ".join([introduction, *said])) > _LONGEST and len(said) > _FEWEST_ITEMS:
        said.pop()
    sign, end = ("；", "。") if is_wide else ("; ", ".")
    listed = f"{introduction} {sign.join(said)}{end if len(said) == len(items) else sign + '…'}".lstrip()
    if not all(said) or size_of(listed) > _LONGEST:
        return None
    start = lead.start if lead else items[0].span.start
    return Part(text=listed, span=Span(start=start, end=items[-1].span.end), place=start)


def _labelled(item: str) -> str:
    """Returns an item, or what stands before its colon where it is long; empty where it has no such label."""
    if size_of(item) <= _LONGEST_ITEM:
        return item
    label = _LABEL.match(item)
    name = (label[1] or label[2]).strip(" *") if label else ""
    return name if name and size_of(name) <= _LONGEST_LABEL else ""


def _scored(part: Part, at: int, told: Counter[str]) -> Part:
    """Returns the part with how well it carries its section; ``told`` counts the words of the document."""
    own = frozenset(content_words(part.text))
    recurring = [told[word] for word in own if told[word] > 1]
    central = sum(min(count, 6) for count in recurring) / (6 * max(6, len(own)))
    score = (
        _CENTRAL * central
        + _PLACE / (1 + at)
        + _FIGURES * (_FIGURE.search(part.text) is not None)
        - _HINT * (_HINTS.search(part.text) is not None)
        - _LEANS * (part.needs_more or _JOINING.match(part.text) is not None)
        - _LEANS * (at > 0 and _LEANING.match(part.text) is not None)
        - _WORDY * (part.size > _LONG)
    )
    return replace(part, score=score)
