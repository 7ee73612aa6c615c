"""Prompt templates: files with a name and a version, one Jinja2 block for each chat message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateNotFound

from rag.answers import Turn
from rag.errors import ConfigurationError
from rag.types import Passage

_FOLDER = Path(__file__).parent / "prompts"
# Plain text for a model, not HTML: the templates escape what goes into their source tags themselves.
_ENVIRONMENT = Environment(loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, autoescape=False)  # noqa: S701


class Prompt:
    """A versioned template such as ``answer-v1``."""

    def __init__(self, name: str) -> None:
        self.name = name
        try:
            self._template: Template = _ENVIRONMENT.get_template(f"{name}.j2")
        except TemplateNotFound as error:
            known = ", ".join(sorted(path.stem for path in _FOLDER.glob("*.j2")))
            raise ConfigurationError(
                f"There is no prompt '{name}'. Set CITEWELL_GENERATION__PROMPT to one of: {known}."
            ) from error

    def messages(self, question: str, passages: Sequence[Passage], history: Sequence[Turn]) -> list[tuple[str, str]]:
        """Returns (role, content) pairs: the system message, the history, the question with its passages."""
        context = self._template.new_context({"question": question, "passages": passages})
        block = {name: "".join(render(context)) for name, render in self._template.blocks.items()}
        return [
            ("system", block["system"]),
            *((turn.role.value, turn.content) for turn in history),
            ("user", block["user"]),
        ]
