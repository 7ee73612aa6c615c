"""Settings of the guard: what documents and models may say."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from rag.settings.base import Section


class GuardDocuments(StrEnum):
    OFF = "off"
    WARN = "warn"
    QUARANTINE = "quarantine"


class GuardPassages(StrEnum):
    OFF = "off"
    MARK = "mark"
    DROP = "drop"


class GuardQuestions(StrEnum):
    OFF = "off"
    QUOTE = "quote"
    REFUSE = "refuse"


class GuardRules(Section):
    documents: GuardDocuments = Field(
        default=GuardDocuments.WARN,
        description="Handling of a document that gives orders to a model: warn takes it in with a warning, quarantine "
        "keeps it out of every search and says so, off does not look.",
    )
    passages: GuardPassages = Field(
        default=GuardPassages.DROP,
        description="Handling of sentences in found chunks that give orders to a model: drop keeps them from the model "
        "and from the answer, mark shows them to the model as data, with a sign between their words, off does nothing.",
    )
    threshold: float = Field(
        default=0.5,
        ge=0.5,
        le=1,
        description="Probability from which a sentence that gives an order is dropped; one below it is marked. Raise "
        "it where documents are about prompts and models.",
    )
    answers: bool = Field(
        default=True,
        description="Whether a sentence that follows an order of a passage, and that no passage supports, is withheld.",
    )
    links: bool = Field(
        default=True,
        description="Whether images, HTML and addresses that the cited passages do not state are taken out of what a "
        "model writes.",
    )
    canary: bool = Field(
        default=True,
        description="Whether a model's instructions are kept from its answers; a secret word in them tells.",
    )
    questions: GuardQuestions = Field(
        default=GuardQuestions.QUOTE,
        description="Handling of questions that give a model orders against its instructions: quote answers them in "
        "the documents' own words, refuse does not answer, off asks the model.",
    )
    forbidden: tuple[str, ...] = Field(
        default=(),
        description="Words and phrases that no question may hold; one that does is not answered. Empty forbids none.",
        examples=[["salary of"]],
    )
    duplicates: bool = Field(
        default=True,
        description="Whether passages of different documents that say nearly the same, with the same figures, count "
        "once. retrieval.per_document caps those of one document.",
    )


class GuardSettings(GuardRules):
    tenants: dict[str, GuardRules] = Field(
        default={},
        description="Rules of single tenants, by name, in place of all of the guard's own and with the same keys.",
    )

    def rules_of(self, tenant: str) -> GuardRules:
        """Returns the tenant's own rules, or those for all."""
        return self.tenants.get(tenant, self)
