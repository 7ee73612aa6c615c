"""Sentences with labelled personal data: those of presidio-research, in two halves that share no template."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from rag.errors import ConfigurationError
from rag.types import Span

_SEED = 22


class Half(StrEnum):
    """The half that may be looked at while finders are made, and the one that is only measured."""

    LOOKED_AT = "looked_at"
    HELD_OUT = "held_out"


class _Label(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    entity_type: str
    start_position: int
    end_position: int


class _Sentence(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    full_text: str
    spans: list[_Label]
    template_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSentence:
    """A text with the places and types of its personal data, as the set names them."""

    text: str
    half: Half
    labels: tuple[tuple[str, Span], ...]


def read_sentences(path: Path) -> list[LabelledSentence]:
    """Reads the sentences. All that were made from one template are in one half, chosen by a fixed seed.

    Raises:
        ConfigurationError: the file is no list of labelled sentences.
    """
    try:
        sentences = TypeAdapter(list[_Sentence]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigurationError(f"{path} holds no sentences of presidio-research: {error}") from error
    templates = sorted({each.template_id for each in sentences})
    random.Random(_SEED).shuffle(templates)  # noqa: S311 - a split, not a secret
    looked_at = frozenset(templates[: len(templates) // 2])
    return [
        LabelledSentence(
            text=each.full_text,
            half=Half.LOOKED_AT if each.template_id in looked_at else Half.HELD_OUT,
            labels=tuple(
                (label.entity_type, Span(start=label.start_position, end=label.end_position)) for label in each.spans
            ),
        )
        for each in sentences
    ]
