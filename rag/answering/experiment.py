"""An experiment in service: draws the arm of each conversation and reads the treatment's settings. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NoReturn

from pydantic import ValidationError

from rag.answering.cache import normalise
from rag.answers import Arm, Question, Role
from rag.errors import ConfigurationError
from rag.settings import ExperimentSettings, Settings, fixed_value
from rag.text.validation_messages import words_for

_PARTS = 2**64
_MAY_DIFFER = ("retrieval", "reranker", "compression", "abstention", "generation")
_SHARED = ("generation.budget", "generation.tenant_budgets", "generation.cache_secret")
"""Settings that both arms share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Compares two configurations in service; the treatment gets ``share`` of the conversations."""

    name: str
    share: float

    @classmethod
    def of(cls, chosen: ExperimentSettings) -> Experiment | None:
        """Returns the experiment that the settings describe, or None."""
        return cls(name=chosen.name, share=chosen.share) if chosen.name else None

    def arm_of(self, question: Question) -> Arm:
        """Returns the arm of the question's conversation: the same one in every process.

        Tenant and first question identify a conversation.
        """
        first = next((turn.content for turn in question.history if turn.role is Role.USER), question.text)
        words = repr((self.name, question.scope.tenant, normalise(first)))
        drawn = int.from_bytes(sha256(words.encode("utf-8", "surrogatepass")).digest()[:8])
        return Arm.TREATMENT if drawn < self.share * _PARTS else Arm.CONTROL


def treatment_settings(settings: Settings) -> Settings:
    """Returns the treatment's settings: the service's, with the changes that the experiment names.

    Raises:
        ConfigurationError: there is no change, a setting that must not differ is named, or a value is wrong.
    """
    chosen = settings.experiment.settings
    if not chosen:
        raise ConfigurationError(
            "The experiment changes nothing. Set CITEWELL_EXPERIMENT__SETTINGS, for example "
            '\'{"retrieval.candidates": "20"}\', or leave CITEWELL_EXPERIMENT__NAME empty.'
        )
    sections: dict[str, dict[str, Any]] = {}
    for path, value in chosen.items():
        section, *names = _path(path)
        place = sections.setdefault(section, getattr(settings, section).model_dump())
        for name in names[:-1]:
            if not isinstance(place.get(name), dict):
                _refuse(path)
            place = place[name]
        place[names[-1]] = value
    return settings.model_copy(
        update={section: _section(settings, section, values) for section, values in sections.items()}
    )


def _path(path: str) -> list[str]:
    names = path.split(".")
    shared = any(path == name or path.startswith(f"{name}.") for name in _SHARED)
    if len(names) < 2 or "" in names or names[0] not in _MAY_DIFFER or shared:  # noqa: PLR2004 - section and name
        _refuse(path)
    if fixed := fixed_value(path):
        raise ConfigurationError(f"CITEWELL_EXPERIMENT__SETTINGS: {path} cannot differ: its value is fixed at {fixed}.")
    return names


def _refuse(path: str) -> NoReturn:
    raise ConfigurationError(
        f"CITEWELL_EXPERIMENT__SETTINGS: {path} cannot differ in an experiment. Both configurations share encoder, "
        f"index, storage and budgets; what may differ is in the sections {', '.join(_MAY_DIFFER)}, "
        "for example retrieval.candidates."
    )


def _section(settings: Settings, section: str, values: dict[str, Any]) -> object:
    try:
        return type(getattr(settings, section)).model_validate(values)
    except ValidationError as error:
        faults = (f"{'.'.join([section, *map(str, fault['loc'])])}: {words_for(fault)}" for fault in error.errors())
        raise ConfigurationError("CITEWELL_EXPERIMENT__SETTINGS is wrong:\n  " + "\n  ".join(faults)) from error
