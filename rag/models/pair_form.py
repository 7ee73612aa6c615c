"""When a cross-encoder is asked, and how its scores count."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.text.languages import can_be_english

_FORM_FILE = "weight.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairForm:
    """``weight`` is the share of the final score; ``temperature`` divides the logits before the sigmoid.

    ``reads`` is the most passages that it reads for a question, ``open_margin`` the largest difference between the
    scores of the first two hits at which it is asked; None is without limit. One that ``is_english`` is asked about
    English alone.
    """

    weight: float = 1.0
    temperature: float = 1.0
    reads: int | None = None
    open_margin: float | None = None
    is_english: bool = False

    def asks(self, question: str, text: str, *, lead: float) -> bool:
        """Returns whether the model is asked; ``text`` is the best so far, ``lead`` that of its score over the next."""
        is_open = self.open_margin is None or lead <= self.open_margin
        return is_open and (not self.is_english or (can_be_english(question) and can_be_english(text)))


def write_pair_form(folder: Path, form: PairForm) -> None:
    """Writes the form into a model's folder."""
    (folder / _FORM_FILE).write_text(json.dumps(asdict(form)) + "\n", encoding="utf-8")


def read_pair_form(folder: Path) -> PairForm:
    """Returns the form of a model's folder, or the default.

    Raises:
        ValueError: the file is damaged; so does ``TypeError``.
    """
    path = folder / _FORM_FILE
    return PairForm(**json.loads(path.read_text("utf-8"))) if path.is_file() else PairForm()
