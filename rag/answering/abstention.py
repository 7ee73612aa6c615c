"""Decides whether the hits can answer the question at all."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.answers import AbstentionReason
from rag.composition.phrases.asked import asking_words
from rag.composition.ranking import FUNCTIONAL
from rag.models.calibrations import AbstentionFeatures, AbstentionModel, AbstentionModels
from rag.retrieval.evidence import Evidence, EvidenceScorer, heading_of
from rag.text.folding import fold_forms
from rag.text.identifiers import Identifier, IdentifierKind, holds, identifiers, is_sibling
from rag.text.languages import is_latin, languages_differ
from rag.text.words import STOP_WORDS, content_words, is_mostly_cjk, word_spans, words
from rag.types import Hit, Span

TARGET_ERROR = 0.35
"""The share of answers that may be wrong, in a set in which half of the questions have no answer."""
_COMPOUND = 5
"""The fewest characters of a word that is looked for inside of other words, too."""
_READ, _LONGEST = 2, 400
"""Sentences, and characters around each, in which the question's words are looked for."""
_LEAST_ALIKE = 0.05
_UNLIKE = 0.4
"""Likeness of the words below which they are of other things: one of 74 such questions of SQuAD 2.0 had an answer."""
_BEFORE = 40
"""Characters before a version in which the thing stands that has it."""
_RANGE = re.compile(
    r"\+|[-–—](?=\d)| ?(?:or|and|to|through|oder|und|bis|ou|et|à|o|y|a|或|及|以上)(?!\w)", re.IGNORECASE
)
"""What follows a version that is one end of a range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The estimated probability that the hits answer the question, and the reason to abstain, if there is one."""

    confidence: float
    reason: AbstentionReason | None = None


class AbstentionGate:
    """Abstains where the confidence is below the threshold that keeps the share of wrong answers at ``target_error``.

    ``threshold``, if given, replaces that threshold.
    """

    def __init__(
        self,
        *,
        scorer: EvidenceScorer,
        target_error: float = TARGET_ERROR,
        threshold: float | None = None,
    ) -> None:
        self._scorer = scorer
        self._target_error = target_error
        self._threshold = threshold

    def assess(self, question: str, hits: Sequence[Hit], *, new: str = "") -> Assessment:
        """Returns whether ``hits``, of which there is at least one, answer ``question``.

        ``new`` is the part of a follow-up question that the turns before it did not ask about. The hits do not answer
        the question if they hold words of the question, but none of that part.
        """
        model = model_for(question, hits, self._scorer.calibration.abstention)
        features = self.features(question, hits, with_words=bool(model.weights.words))
        confidence = model.weights.probability(features)
        threshold = model.threshold(self._target_error) if self._threshold is None else self._threshold
        strange = bool(model.weights.words) and features.words < _UNLIKE
        weak = (
            confidence < threshold or strange or _leaves_out(new, question, hits) or _holds_others_alone(question, hits)
        )
        return Assessment(confidence=confidence, reason=AbstentionReason.WEAK_SUPPORT if weak else None)

    def features(self, question: str, hits: Sequence[Hit], *, with_words: bool = True) -> AbstentionFeatures:
        """Returns the inputs of the decision; ``hits`` is not empty. What the encoder does not give is the cover."""
        evidence = self._scorer.score(question, hits)
        asked = frozenset(content_words(question))
        best = max(evidence, key=lambda item: item.score, default=None)
        cover = len(best.words) / max(1, len(asked)) if best else 0.0
        passages = [hit.dense.score for hit in hits if hit.dense is not None]
        sentences = [item.cosine for item in evidence if not math.isnan(item.cosine)]
        # A sentence that has all of the words needs no vectors of them.
        words = self._likeness_of_words(question, hits, evidence) if with_words and cover < 1 else None
        return AbstentionFeatures(
            cosine=max([*passages, *sentences], default=cover), cover=cover, words=cover if words is None else words
        )

    def _likeness_of_words(self, question: str, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> float | None:
        """Returns the harmonic mean of the likenesses of the question's words to the nearest words that were found."""
        likeness = self._scorer.nearest_words(question, _asked_words(question), _best_texts(hits, evidence))
        return None if likeness is None else float(1 / np.mean(1 / np.clip(likeness, _LEAST_ALIKE, 1)))


def _asked_words(question: str) -> list[Span]:
    """Returns the places of the words that say what is asked about, not which kind of answer is wanted."""
    spans = word_spans(question)
    left_out = STOP_WORDS | FUNCTIONAL | asking_words(question)
    telling = [span for span in spans if not left_out.issuperset(words(question[span.start : span.end]))]
    return telling or list(spans)


def _best_texts(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> list[str]:
    """Returns the best sentences, each with its heading and the sentences around it."""
    texts: list[str] = []
    for at in sorted(range(len(evidence)), key=lambda at: -evidence[at].score)[:_READ]:
        chunk = hits[evidence[at].hit_index].chunk
        around = [one.text for one in evidence[max(0, at - 1) : at + 2] if one.hit_index == evidence[at].hit_index]
        texts.append(f"{chunk.title}. {heading_of(chunk)}: {' '.join(around)}"[:_LONGEST])
    return texts


def model_for(question: str, hits: Sequence[Hit], models: AbstentionModels) -> AbstentionModel:
    """Returns the model for the languages of the question and of the first hit.

    Words in a script such as Hebrew are not stemmed: there the cover says as little as between two languages.
    """
    is_cjk = is_mostly_cjk(question)
    says_little = languages_differ(question, hits[0].chunk.text) or not (is_cjk or is_latin(question))
    if models.other_language is not None and says_little:
        return models.other_language
    return models.cjk if is_cjk else models.same_language


def _holds_others_alone(question: str, hits: Sequence[Hit]) -> bool:
    """Returns whether the question names a code or version, and the hits have others of its kind, but not that one."""
    text = fold_forms("\n".join(hit.chunk.indexed_text for hit in hits))
    asked = [one for one in identifiers(fold_forms(question)) if one.kind is IdentifierKind.CODE]
    others = identifiers(text) if asked else ()
    if any(_is_other_version(one, question, others, text) for one in asked if one.is_version):
        return True
    missing = [one for one in asked if not holds(text, one)]
    return any(is_sibling(one, other) for other in others for one in missing)


def _is_other_version(asked: Identifier, question: str, others: Sequence[Identifier], text: str) -> bool:
    """Returns whether the thing of a version, such as Python of 3.13, has others in the text, and no range of them."""
    [*_, thing] = ("", *words(fold_forms(question)[: asked.span.start]))
    of_thing = [
        one
        for one in others
        if one.is_version and thing and words(text[max(0, one.span.start - _BEFORE) : one.span.start])[-1:] == (thing,)
    ]
    held = any(one.key.startswith(asked.key) for one in of_thing)
    ranges = any(_RANGE.match(text, one.span.end) for one in of_thing)
    return bool(of_thing) and not held and not ranges


def _leaves_out(new: str, question: str, hits: Sequence[Hit]) -> bool:
    """Returns whether the hits hold words of ``question``, but none of its part ``new``."""
    # Hits that hold none of the question's words may be in another language: they are judged by their cosine alone.
    asked = {word for word in content_words(new) if not word.endswith("est")}  # "the cheapest" is in no document
    known = set(content_words(question)) - asked
    held = "\n".join(" ".join([hit.chunk.title, *hit.chunk.heading_path, hit.chunk.text]) for hit in hits).lower()
    found = frozenset(words(held))

    def holds(word: str) -> bool:
        return word in found or (len(word) >= _COMPOUND and word in held)

    return bool(asked) and not any(map(holds, asked)) and any(map(holds, known))
