"""Settings of personal data: where it is looked for, and what is done with it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, ValidationInfo, field_validator

from rag.settings.base import Section


class PersonalKind(StrEnum):
    """A kind of personal data, or all of them."""

    ALL = "all"
    PERSON = "person"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    IBAN = "iban"
    CARD = "card"
    US_SSN = "us_ssn"
    NATIONAL_ID = "national_id"
    PASSPORT = "passport"
    DRIVING_LICENCE = "driving_licence"
    IP_ADDRESS = "ip_address"
    URL = "url"


class PersonalAction(StrEnum):
    """What is done with personal data: nothing, it is counted and said, or it is masked, counted and said."""

    OFF = "off"
    WARN = "warn"
    MASK = "mask"


Actions = dict[PersonalKind, PersonalAction]
_KINDS = ", ".join(kind.value for kind in PersonalKind)
_NUMBERS = (
    PersonalKind.IBAN,
    PersonalKind.CARD,
    PersonalKind.US_SSN,
    PersonalKind.NATIONAL_ID,
    PersonalKind.PASSPORT,
    PersonalKind.DRIVING_LICENCE,
)


class PersonalDataSettings(Section):
    """The actions of each place. What is set is added to the default, and replaces it if it names ``all``."""

    documents: Actions = Field(
        default=dict.fromkeys(_NUMBERS, PersonalAction.WARN),
        description="What is done with personal data in documents that are taken in, by kind: off, warn, which adds a "
        "warning to the document, or mask, which also blackens it in the text that is searched; the original stays as "
        f"it is. The kinds are {_KINDS}; all is for those that are not named. What is set is added to the default, and "
        "replaces it if it names all.",
    )
    answers: Actions = Field(
        default={},
        description="What is done with personal data in answers, their quotes and their sources, by kind: off, warn "
        "or mask. warn counts it in the receipt, mask also blackens it. It is off by default, for a company's own "
        "documents are asked who a contact is.",
        examples=[{"all": "mask", "person": "off"}],
    )
    logs: Actions = Field(
        default={PersonalKind.ALL: PersonalAction.MASK},
        description="What is done with personal data in log lines, by kind: off or mask.",
    )
    traces: Actions = Field(
        default={PersonalKind.ALL: PersonalAction.MASK},
        description="What is done with personal data in questions and answers that tracing.content sends to a "
        "collector, by kind: off or mask.",
    )

    @field_validator("documents", "answers", "logs", "traces")
    @classmethod
    def _with_default(cls, actions: Actions, info: ValidationInfo) -> Actions:
        if PersonalKind.ALL in actions:
            return actions
        default: Actions = cls.model_fields[info.field_name or ""].default
        return default | actions
