"""Decides whether the hits can answer the question at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answers import AbstentionReason
from rag.models.calibrations import AbstentionFeatures, AbstentionModel, AbstentionModels
from rag.retrieval.evidence import EvidenceScorer
from rag.text.folding import fold_forms
from rag.text.identifiers import IdentifierKind, holds, identifiers, is_sibling
from rag.text.languages import is_latin, languages_differ
from rag.text.words import content_words, is_mostly_cjk, words
from rag.types import Hit

TARGET_ERROR = 0.35
"""The share of answers that may be wrong, in a set in which half of the questions have no answer."""
_COMPOUND = 5
"""The fewest characters of a word that is looked for inside of other words, too."""


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
        confidence = model.weights.probability(self.features(question, hits))
        threshold = model.threshold(self._target_error) if self._threshold is None else self._threshold
        weak = confidence < threshold or _leaves_out(new, question, hits) or _hold_siblings_alone(question, hits)
        return Assessment(confidence=confidence, reason=AbstentionReason.WEAK_SUPPORT if weak else None)

    def features(self, question: str, hits: Sequence[Hit]) -> AbstentionFeatures:
        """Returns the inputs of the decision; ``hits`` is not empty. Without an encoder the cosine is the cover."""
        evidence = self._scorer.score(question, hits)
        asked = frozenset(content_words(question))
        best = max(evidence, key=lambda item: item.score, default=None)
        cover = len(best.words) / max(1, len(asked)) if best else 0.0
        passages = [hit.dense.score for hit in hits if hit.dense is not None]
        sentences = [item.cosine for item in evidence if not math.isnan(item.cosine)]
        return AbstentionFeatures(cosine=max([*passages, *sentences], default=cover), cover=cover)


def model_for(question: str, hits: Sequence[Hit], models: AbstentionModels) -> AbstentionModel:
    """Returns the model for the languages of the question and of the first hit.

    Words in a script such as Hebrew are not stemmed: there the cover says as little as between two languages.
    """
    is_cjk = is_mostly_cjk(question)
    says_little = languages_differ(question, hits[0].chunk.text) or not (is_cjk or is_latin(question))
    if models.other_language is not None and says_little:
        return models.other_language
    return models.cjk if is_cjk else models.same_language


def _hold_siblings_alone(question: str, hits: Sequence[Hit]) -> bool:
    """Returns whether the question asks for a code, and the hits have others of its kind, but not that one."""
    text = fold_forms("\n".join(hit.chunk.indexed_text for hit in hits))
    asked = [one for one in identifiers(fold_forms(question)) if one.kind is IdentifierKind.CODE]
    if not asked or any(holds(text, one) for one in asked):
        return False
    return any(is_sibling(one, other) for other in identifiers(text) for one in asked)


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
