"""Measures how well verification separates supported claims from others, beside a plain check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from random import Random

import numpy as np

from evals.datasets.dataset import whole_document
from evals.metrics import Gain, paired_bootstrap
from evals.studies.verification.cases import SUPPORTED, Case
from rag.factory import build_encoder
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.units import sentence_spans
from rag.settings import Settings
from rag.stages import Encoder
from rag.terminal.output import print_table, say
from rag.text.words import content_words, numbers
from rag.types import Hit, Passage
from rag.verification.checker import EncoderLikeness, PassageChecker, SupportChecker

_THRESHOLD = 0.55
_COSINE_FLOOR = 0.2
_CACHED_VECTORS = 100_000
_SEED = 5


def plainly_supported(claim: str, sentences: Sequence[str], encoder: Encoder) -> bool:
    """Returns whether a sentence has the claim's numbers and is similar enough: the baseline."""
    vectors = encoder.encode([claim, *sentences])
    claimed = frozenset(content_words(claim))
    for sentence, cosine in zip(sentences, vectors[1:] @ vectors[0], strict=True):
        cover = len(claimed & frozenset(content_words(sentence))) / max(1, len(claimed))
        likeness = float(np.clip((cosine - _COSINE_FLOOR) / (1 - _COSINE_FLOOR), 0, 1))
        if numbers(claim) <= numbers(sentence) and (cover + likeness) / 2 >= _THRESHOLD:
            return True
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCase:
    """A case with the results of verification and of the plain check."""

    case: Case
    supported: bool
    plainly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierQuality:
    """Precision and recall of "supported", and the share of all cases classified correctly."""

    precision: float
    recall: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """``kinds`` holds (cases, share supported by verification, share supported by the plain check)."""

    cases: int
    verification: ClassifierQuality
    plain: ClassifierQuality
    accuracy_gain: Gain
    kinds: Mapping[str, tuple[int, float, float]]

    def to_json(self) -> dict[str, object]:
        """Returns plain values for a JSON file."""
        return asdict(self)


def evaluate_verification(
    cases: Sequence[Case], settings: Settings, *, sample: int, on_progress: Callable[[str, int, int], None]
) -> VerificationReport:
    """Checks up to ``sample`` of the cases, drawn with a fixed seed."""
    encoder = CachingEncoder(build_encoder(settings.encoder, settings.models), capacity=_CACHED_VECTORS)
    found = []
    for case, passage, checker in read_cases(cases, encoder, sample=sample):
        supported = checker.check(0, case.claim, ()).supported
        plainly = plainly_supported(case.claim, passage.sentences, encoder)
        found.append(CheckedCase(case=case, supported=supported, plainly=plainly))
        on_progress("checking", len(found), min(sample, len(cases)))
    return verification_report(found)


def read_cases(
    cases: Sequence[Case], encoder: Encoder, *, sample: int
) -> Iterator[tuple[Case, Passage, PassageChecker]]:
    """Yields up to ``sample`` cases, each with its passage and a checker for it."""
    drawn = Random(_SEED).sample(list(cases), min(sample, len(cases)))  # noqa: S311 - a sample, not a secret
    checker = SupportChecker(EncoderLikeness(encoder))
    for (title, text), group in groupby(sorted(drawn, key=_place), key=_place):
        chunk = whole_document("passage", title=title, text=text)
        hit = Hit(chunk=chunk, score=1.0, dense=None, bm25=None)
        passage = Passage(number=1, hit=hit, kept=sentence_spans(chunk))
        reading = checker.over((passage,))
        for case in group:
            yield case, passage, reading


def _place(case: Case) -> tuple[str, str]:
    return case.article, case.passage


def verification_report(found: Sequence[CheckedCase]) -> VerificationReport:
    right = [float(one.supported == one.case.supported) for one in found]
    plainly_right = [float(one.plainly == one.case.supported) for one in found]
    kinds = {}
    for kind in dict.fromkeys(one.case.kind for one in found):
        of_kind = [one for one in found if one.case.kind == kind]
        shares = (sum(one.supported for one in of_kind), sum(one.plainly for one in of_kind))
        kinds[kind] = (len(of_kind), shares[0] / len(of_kind), shares[1] / len(of_kind))
    return VerificationReport(
        cases=len(found),
        verification=_quality([(one.case.supported, one.supported) for one in found]),
        plain=_quality([(one.case.supported, one.plainly) for one in found]),
        accuracy_gain=paired_bootstrap(plainly_right, right),
        kinds=dict(sorted(kinds.items())),
    )


def _quality(pairs: Sequence[tuple[bool, bool]]) -> ClassifierQuality:
    both = sum(is_so and said for is_so, said in pairs)
    return ClassifierQuality(
        precision=both / max(1, sum(said for _, said in pairs)),
        recall=both / max(1, sum(is_so for is_so, _ in pairs)),
        accuracy=sum(is_so == said for is_so, said in pairs) / max(1, len(pairs)),
    )


def print_verification(report: VerificationReport) -> None:
    """Prints quality, the paired difference, and results by kind of claim."""
    ways = (("verification", report.verification), ("plain check", report.plain))
    quality = [(name, f"{of.precision:.3f}", f"{of.recall:.3f}", f"{of.accuracy:.3f}") for name, of in ways]
    print_table((f"{report.cases:,} claims", "Precision", "Recall", "Accuracy"), quality)
    gain = report.accuracy_gain
    say(f"accuracy gained: {gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})")
    kinds = [
        (kind, "yes" if kind in SUPPORTED else "no", f"{cases:,}", f"{share:.1%}", f"{plain:.1%}")
        for kind, (cases, share, plain) in report.kinds.items()
    ]
    print_table(("Claim", "Supported", "Cases", "Called supported", "By the plain check"), kinds)
