"""Tells what a question wants summarised: a document, a section of it, or what it says about a topic."""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.composition.about.metadata import document_nouns
from rag.composition.about.naming import OF_DOCUMENTS, meant, names_document
from rag.composition.labels import apart
from rag.composition.material import Material
from rag.composition.phrases.asked import asking_words
from rag.composition.ranking import FUNCTIONAL, relevance, shares_of
from rag.composition.summaries.sections import Section, grouped, sections_of
from rag.stages import Library
from rag.text.facts import claimed
from rag.text.sections import begins_section, named_sections
from rag.text.words import content_words, words
from rag.types import Chunk, DocumentText

_SECTIONS = 4
"""Sections of a document that a topic is summarised from at most."""
_ALMOST = 0.75
"""Share of the best section's relevance from which on another one is about the topic, too."""
_TELLING, _ON_TOPIC, _COVERED = 0.6, 0.4, 0.4
"""What counts in a topic's sentence: its score as an answer, and the topic's words in it; and these in its section."""
LEAST, _LEAST_OF_SECTION = 0.1, -0.2
"""The score of a part that is worth saying of a document or topic, and of a section."""
_SHORTEST_BEGINNING = 4
_OPENING = 400
"""Characters at the beginning of a document that name its parties and its subject."""
_NUMBERS = {
    word: at
    for at, group in enumerate(
        (
            "one a single einem eine une un una uno um uma één een 一",
            "two zwei deux dos due dois duas twee 两 二",
            "three drei trois tres tre três drie 三",
            "four vier quatre cuatro quattro quatro 四",
            "five fünf cinq cinco cinque vijf 五",
        ),
        start=1,
    )
    for word in group.split()
}
_LIMIT = re.compile(
    rf"(?<!\w)({'|'.join(_NUMBERS)}|[1-9]) ?(?:short |bullet |kurzen |petites? )?"
    r"(?:sentences?|bullets?|points?|lines?|sätze\w?|satz|stichpunkte\w?|phrases?|frases?|frasi|zin(?:nen)?|点|句)",
    re.IGNORECASE,
)
_CJK_ASKING = re.compile(r"总结|概括|摘要|概述|简述|简要|要点|大意|主要内容|一下|请|讲的?是?什么|关于什么")
_SAYS = re.compile(
    r"\b(?:says?|said|tells?|sagt|sagen|dit|disent|dice|dicen|dicono|diz|dizem|zegt|zeggen)\s+"
    r"(?:(?:us|me)\s+)?(?:about|on|über|zum?|zur|sur|de|sobre|su|over)\s(?=\w{2})",
    re.IGNORECASE,
)
"""What stands between who says something and what it is about."""
_IN_BRACKETS = re.compile(r"\(([^()]{2,30})\)")
_ELISION = re.compile(r"\b[dljncmtsq]u?['’](?=\w)", re.IGNORECASE)
_GENERAL = frozenset(
    content_words("rule rules policy policies process regeln règles reglas regole regras regels 规定 规则 制度")
)
"""Words beside a topic that its heading need not have."""
_WORDS_OF_SUMMARIES = frozenset(
    content_words(
        "summary summarize summarise short brief briefly quick overview tldr tl dr main points key gist topic content "
        "contents purpose cover about essentials takeaways highlights rundown please pls give kurze inhalt "
        "zusammenfassung fasse zusammen kurz worum geht résumé résume résumer bref contenu parle resumen resume breve "
        "contenido trata riassunto riassumi resumo samenvatting kort gaat inhoud whole entire everything ganze "
        "section sections chapter clause part paragraph abschnitt kapitel chapitre sección capítulo sezione "
        "zu zum zur über von vom im in pour sur dans du de la les sobre del su sul della do da over van het "
        "sentence sentences bullet bullets satz sätzen phrase phrases frase frases 总结 概括 摘要 主要 内容 概述 一下 "
        "下这 讲什 什么 么的 讲的"
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Sections of a document; ``is_sure``: the question names them, ``is_topic``: they were found for its subject."""

    chunk: Chunk
    document: DocumentText
    sections: list[Section]
    is_sure: bool
    is_topic: bool = False
    least: float = LEAST


def target_of(material: Material, library: Library | None) -> Target | None:
    """Returns what the question wants summarised; None where nothing was found."""
    subject = subject_of(material.question)
    chunk = _named_in_scope(library, material) if library else None
    is_named = chunk is not None
    chunk = chunk or (_main_chunk(material) if material.passages else None)
    document = material.document(chunk) if chunk else None
    if chunk is None or document is None:
        return None
    sections = sections_of(document)
    of_name = frozenset(_numbered(f"{chunk.name} {chunk.title}"))
    beside = [word for word in subject if not _is_in(word, of_name)]
    under = _under_heading(material.question, beside, sections)
    if under:
        return Target(chunk=chunk, document=document, sections=under, is_sure=True, least=_LEAST_OF_SECTION)
    if is_named or not beside or _is_opening(document, material.question, beside):
        carrying = [section for section in sections if not section.is_minor] or sections
        return Target(chunk=chunk, document=document, sections=grouped(carrying), is_sure=bool(subject))
    found = _about_topic(material, chunk, sections, beside)
    return Target(chunk=chunk, document=document, sections=found, is_sure=False, is_topic=True)


def subject_of(question: str) -> list[str]:
    """Returns the words of a question that say what is to be summarised."""
    question = _CJK_ASKING.sub(" ", question)
    question = _SAYS.split(question, maxsplit=1)[-1]
    known = _WORDS_OF_SUMMARIES | asking_words(question) | FUNCTIONAL | OF_DOCUMENTS | document_nouns()
    return [word for word in _numbered(_LIMIT.sub(" ", question)) if word not in known]


def _numbered(text: str) -> list[str]:
    text = apart(_ELISION.sub(" ", text))
    return [word.lstrip("0") or word for word in dict.fromkeys(content_words(text))]


def limit_of(question: str) -> int:
    """Returns in how many sentences the question wants its answer; 0 where it does not say."""
    match = _LIMIT.search(question)
    return 0 if match is None else _NUMBERS.get(match[1].casefold()) or int(match[1])


def _is_in(word: str, name: frozenset[str]) -> bool:
    """Returns whether a name has the word, a form of it, or one that begins with it: "node" in "nodejs"."""
    begins = len(word) >= _SHORTEST_BEGINNING and any(one.startswith(word) for one in name)
    return begins or bool(*shares_of([word], name))


def _main_chunk(material: Material) -> Chunk:
    """Returns the first chunk of the document that the most of the first passages are of."""
    chunks = [passage.hit.chunk for passage in material.passages]
    counts = Counter[str]()
    for rank, chunk in enumerate(chunks, start=1):
        counts[chunk.version_id] += 12 // (rank + 1)
    [(version_id, _)] = counts.most_common(1)
    return next(chunk for chunk in chunks if chunk.version_id == version_id)


def _is_opening(document: DocumentText, question: str, beside: Sequence[str]) -> bool:
    """Returns whether the question asks for a document by what its beginning names, such as a contract by a party."""
    opening = frozenset(words(document.text[:_OPENING]))
    return not document_nouns().isdisjoint(words(question)) and opening.issuperset(beside)


def _under_heading(question: str, subject: Sequence[str], sections: Sequence[Section]) -> list[Section]:
    """Returns the sections below the heading that the question names by its number, its day, or its words."""
    named, days = named_sections(question), _days(question)
    paths = list(dict.fromkeys(one.path[:level] for one in sections for level in range(1, len(one.path) + 1)))
    found = [path for path in paths if begins_section(path[-1], named)] if named else []
    found = found or [path for path in paths if days & _days(path[-1])]
    found = found or [path for path in paths if _is_called(path[-1], subject)]
    if not found or (named and not begins_section(found[0][-1], named)):
        return []
    return grouped([section for section in sections if section.path[: len(found[0])] == found[0]], below=found[0])


def _is_called(heading: str, subject: Sequence[str]) -> bool:
    """Returns whether a heading has the words of the subject, but for general ones, in brackets or with few others."""
    own = frozenset(content_words(heading)) - FUNCTIONAL
    asked = frozenset(subject)
    called = asked - _GENERAL or asked
    is_short = any(called <= frozenset(content_words(match[1])) for match in _IN_BRACKETS.finditer(heading))
    return bool(called) and own >= called and (is_short or len(own) <= 2 * len(called))


def _days(text: str) -> frozenset[tuple[int, int]]:
    """Returns the years and months of the days in a text."""
    return frozenset((year, month) for year, month, _ in _readings(text) if year and month)


def _readings(text: str) -> Iterator[tuple[int, int, int]]:
    for readings in claimed(text).dates:
        yield from readings


def _about_topic(material: Material, chunk: Chunk, sections: Sequence[Section], topic: Sequence[str]) -> list[Section]:
    """Returns the sections found that are about the topic, their parts scored by how they answer."""
    found = [hit.chunk.span for hit in material.hits if hit.chunk.version_id == chunk.version_id]
    held = [
        section
        for section in sections
        if any(span.start <= part.place < span.end for part in section.parts for span in found)
    ]
    if not held:
        return []
    texts = [" ".join(part.text for part in section.parts) for section in held]
    above = [f"{' '.join(section.path)} {text}" for section, text in zip(held, texts, strict=True)]
    weights = _weights(topic, above)
    covers = [_cover(weights, text) for text in above]
    parts = [(chunk, section.path, text) for section, text in zip(held, texts, strict=True)]
    scores = _COVERED * np.array(covers) + relevance(material.question, parts, material.scorer)
    telling = _scores_of(material, chunk)
    top = max(telling.values(), default=0.0) or 1.0
    chosen = [
        held[at]
        for at in np.argsort(-scores, kind="stable")[:_SECTIONS].tolist()
        if scores[at] >= _ALMOST * scores.max() and covers[at] >= _ALMOST * max(covers)
    ]
    return [
        Section(
            path=section.path,
            parts=[
                replace(
                    part,
                    score=part.score
                    + _TELLING * telling.get(part.place, 0.0) / top
                    + _ON_TOPIC * _cover(weights, f"{section.heading} {part.text}"),
                )
                for part in section.parts
            ],
        )
        for section in chosen
    ]


def _weights(topic: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
    """Returns what each word of the topic counts: more where fewer of the texts have it."""
    held = [shares_of(topic, frozenset(words(text))) for text in texts]
    counts = [sum(one[at] > 0 for one in held) for at in range(len(topic))]
    return {word: math.log(1 + len(texts) / (1 + count)) for word, count in zip(topic, counts, strict=True)}


def _cover(weights: dict[str, float], text: str) -> float:
    """Returns the share of the words, as they count, that the text has."""
    shares = shares_of(list(weights), frozenset(words(text)))
    total = math.fsum(weights.values())
    return math.fsum(map(operator.mul, weights.values(), shares)) / total if total else 0.0


def _scores_of(material: Material, chunk: Chunk) -> dict[int, float]:
    """Returns the scores of the sentences found in a document, by their places."""
    versions = [hit.chunk.version_id for hit in material.hits]
    return {
        item.evidence.span.start: item.score
        for item in material.ranked
        if versions[item.evidence.hit_index] == chunk.version_id
    }


def _named_in_scope(library: Library, material: Material) -> Chunk | None:
    """Returns a chunk of the document that the question names and nothing else."""
    chunk = meant(material, material.documents_of(library))
    return chunk if chunk is not None and names_document(material.question, chunk) else None
