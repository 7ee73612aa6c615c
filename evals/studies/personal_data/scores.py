"""Precision and recall of findings of personal data, kind by kind. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from evals.studies.personal_data.sentences import LabelledSentence
from rag.guard.personal.finding import Finding
from rag.settings.protection.personal_data import PersonalKind
from rag.types import Span

LABELS: Mapping[PersonalKind, tuple[str, ...]] = {
    PersonalKind.PERSON: ("PERSON",),
    PersonalKind.EMAIL: ("EMAIL_ADDRESS",),
    PersonalKind.PHONE: ("PHONE_NUMBER",),
    PersonalKind.ADDRESS: ("STREET_ADDRESS",),
    PersonalKind.IBAN: ("IBAN_CODE",),
    PersonalKind.CARD: ("CREDIT_CARD",),
    PersonalKind.US_SSN: ("US_SSN",),
    PersonalKind.DRIVING_LICENCE: ("US_DRIVER_LICENSE",),
    PersonalKind.IP_ADDRESS: ("IP_ADDRESS",),
}
"""The labels that are to be found as a kind. Other kinds of ours are not labelled there."""
_ALSO_RIGHT: Mapping[PersonalKind, tuple[str, ...]] = {PersonalKind.ADDRESS: ("ZIP_CODE", "GPE")}
"""Labels that may be part of a finding: the set labels the lines of some addresses one by one."""
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class KindScore:
    """One kind: its ``labelled`` places, how many are ``found`` and found ``whole``; findings, and how many are right.

    A place is found if findings of its kind hold half of its letters and digits, a finding is right if labels of its
    kind hold half of its own.
    """

    kind: PersonalKind
    labelled: int
    found: int
    whole: int
    findings: int
    right: int

    @property
    def recall(self) -> float | None:
        return self.found / self.labelled if self.labelled else None

    @property
    def precision(self) -> float | None:
        return self.right / self.findings if self.findings else None

    def to_json(self) -> dict[str, object]:
        """Returns the counts with recall and precision."""
        return asdict(self) | {"recall": self.recall, "precision": self.precision}


def score(
    sentences: Sequence[LabelledSentence], findings: Sequence[Sequence[Finding]], kinds: Sequence[PersonalKind]
) -> list[KindScore]:
    """Returns the scores of kinds; ``findings`` are those of each sentence."""
    return [_score(kind, sentences, findings) for kind in kinds]


def _score(
    kind: PersonalKind, sentences: Sequence[LabelledSentence], findings: Sequence[Sequence[Finding]]
) -> KindScore:
    labelled = found = whole = count = right = 0
    for sentence, its_findings in zip(sentences, findings, strict=True):
        ours = [each.span for each in its_findings if each.kind is kind]
        gold = [span for label, span in sentence.labels if label in LABELS[kind]]
        also = [span for label, span in sentence.labels if label in _ALSO_RIGHT.get(kind, ())]
        shares = [_share(span, ours, sentence.text) for span in gold]
        labelled, count = labelled + len(gold), count + len(ours)
        found += sum(share >= _HALF for share in shares)
        whole += sum(share == 1 for share in shares)
        right += sum(_share(span, [*gold, *also], sentence.text) >= _HALF for span in ours)
    return KindScore(kind=kind, labelled=labelled, found=found, whole=whole, findings=count, right=right)


def _share(span: Span, others: Sequence[Span], text: str) -> float:
    """Returns the share of a span's letters and digits that others hold."""
    signs = [at for at in range(span.start, span.end) if text[at].isalnum()]
    held = [at for at in signs if any(other.start <= at < other.end for other in others)]
    return len(held) / len(signs) if signs else 0.0
