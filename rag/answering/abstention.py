"""Decides whether the hits can answer the question at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.counterparts import asking_part, counterparts
from rag.answers import AbstentionReason
from rag.composition.siblings import holds_others_alone
from rag.models.calibrations import AbstentionFeatures, AbstentionModel, AbstentionModels
from rag.retrieval.evidence import Evidence, EvidenceScorer, heading_of
from rag.text.languages import is_latin, languages_differ
from rag.text.words import content_words, is_mostly_cjk, words
from rag.types import Hit

TARGET_ERROR = 0.35
"""The share of answers that may be wrong, in a set in which half of the questions have no answer."""
_COMPOUND = 5
"""The fewest characters of a word that is looked for inside of other words, too."""
_READ, _LONGEST = 2, 500
"""Sentences, and characters around each, in which the question's words are looked for."""
MOST_MISSING = 0.028
"""The weight of a word without a counterpart from which on something else is asked for than what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The estimated probability that the hits answer the question, and the reason to abstain, if there is one.

    ``lacks_name``: the question names what nothing found names, so that even an answer that seems certain is none.
    """

    confidence: float
    reason: AbstentionReason | None = None
    lacks_name: bool = False


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

    def assess(self, question: str, hits: Sequence[Hit], *, new: str = "", answer: str = "") -> Assessment:
        """Returns whether ``hits``, of which there is at least one, answer ``question``.

        ``answer`` is what would be quoted, if that is known. ``new`` is the part of a follow-up question that the turns
        before it did not ask about. The hits do not answer the question if they hold words of the question, but none of
        that part.
        """
        model = model_for(question, hits, self._scorer.calibration.abstention)
        with_words = bool(model.weights.words)
        parts = dict.fromkeys((question, asking_part(question)))
        read = [self._read(part, hits, answer, with_words=with_words) for part in parts]
        best, lacks_name = max(read, key=lambda one: model.weights.probability(one[0]))
        confidence = model.weights.probability(best)
        threshold = model.threshold(self._target_error) if self._threshold is None else self._threshold
        weak = (
            confidence < threshold
            or best.missing > MOST_MISSING
            or _leaves_out(new, question, hits)
            or holds_others_alone(question, hits)
        )
        return Assessment(
            confidence=confidence,
            reason=AbstentionReason.WEAK_SUPPORT if weak else None,
            lacks_name=lacks_name and best.missing > MOST_MISSING,
        )

    def features(self, question: str, hits: Sequence[Hit]) -> AbstentionFeatures:
        """Returns the inputs of the decision; ``hits`` is not empty. What the encoder does not give is the cover."""
        return self._read(question, hits, "", with_words=True)[0]

    def _read(
        self, question: str, hits: Sequence[Hit], answer: str, *, with_words: bool
    ) -> tuple[AbstentionFeatures, bool]:
        """Returns the features, and whether the missing word is a name."""
        evidence = self._scorer.score(question, hits)
        asked = frozenset(content_words(question))
        best = max(evidence, key=lambda item: item.score, default=None)
        cover = len(best.words) / max(1, len(asked)) if best else 0.0
        passages = [hit.dense.score for hit in hits if hit.dense is not None]
        sentences = [item.cosine for item in evidence if not math.isnan(item.cosine)]
        # A sentence that has all of the words needs no vectors of them.
        met = None
        if with_words and cover < 1:
            texts = [*([answer[:_LONGEST]] if answer else ()), *_best_texts(hits, evidence)]
            met = counterparts(question, hits, texts, self._scorer)
        features = AbstentionFeatures(
            cosine=max([*passages, *sentences], default=cover),
            cover=cover,
            words=met.words if met else cover,
            missing=met.missing if met else 0.0,
        )
        return features, met is not None and met.is_name


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
