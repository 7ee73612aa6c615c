"""How the questions to one collection are answered, where that differs from the service's settings. Pure values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What a collection has of its own; None and empty texts are as the settings say.

    ``fusion_method`` is the name of a ``FusionMethod``. ``instructions`` are added to the prompt of a model. ``model``
    is the model that answers if an endpoint has it.
    """

    fusion_method: str | None = None
    dense_weight: float | None = None
    bm25_weight: float | None = None
    instructions: str = ""
    model: str = ""


AS_SET = Tuning()
"""Nothing of its own."""
