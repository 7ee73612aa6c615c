"""Loads and checks prompt files: Jinja2 templates with a name and a version, one block for each chat message."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.answers import Shape
from rag.errors import ConfigurationError
from rag.text.validation_messages import words_for

_BUILT_IN = Path(__file__).parent
_BLOCKS = ("system", "user")
_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptKind:
    """A kind of prompt, with what a prompt file is tried with.

    ``samples`` are sets of values like those of real requests; ``shown`` are texts in them that must reach the model.
    """

    name: str
    samples: tuple[Mapping[str, object], ...]
    shown: tuple[str, ...]


class PromptFile:
    """A template that was found, compiled and tried with samples.

    Raises:
        ConfigurationError: there is no prompt of this name, or it does not work.
    """

    def __init__(self, name: str, kind: PromptKind, *, folder: Path | None) -> None:
        self.name = name
        self.path = find_prompt(name, folder)
        # Plain text for a model, not HTML: values are made harmless before a template sees them.
        environment = Environment(
            loader=FileSystemLoader(self.path.parent),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701
        )
        self._template = self._compile(environment, kind)
        self._try_out(kind)

    def render(self, block: str, values: Mapping[str, object]) -> str:
        """Returns the text of a block."""
        return "".join(self._template.blocks[block](self._template.new_context(dict(values))))

    def _compile(self, environment: Environment, kind: PromptKind) -> Template:
        known = set(kind.samples[0])
        try:
            source = self.path.read_text(encoding="utf-8")
            unknown = meta.find_undeclared_variables(environment.parse(source)) - known
            template = environment.get_template(self.path.name)
        except TemplateSyntaxError as error:
            raise self._fault(f"line {error.lineno}: {error.message}") from error
        except (OSError, *_FAULTS) as error:
            raise self._fault(str(error)) from error
        if unknown:
            raise self._fault(
                f"it uses {', '.join(sorted(unknown))}, which no one sets. "
                f"There are: {', '.join(sorted(known))} ({kind.name})"
            )
        if missing := [block for block in _BLOCKS if block not in template.blocks]:
            raise self._fault(
                f"the block '{missing[0]}' is missing. Write {{% block {missing[0]} %}}...{{% endblock %}}"
            )
        return template

    def _try_out(self, kind: PromptKind) -> None:
        try:
            self.render("system", {})
        except _FAULTS as error:
            raise self._fault(
                f"its block 'system' must be the same for every question, so that a server can keep it ({error})"
            ) from error
        for values in kind.samples:
            try:
                user = self.render("user", values)
            except _FAULTS as error:
                raise self._fault(str(error)) from error
            if missing := [text for text in kind.shown if text not in user]:
                raise self._fault(f"its block 'user' does not show the {missing[0].removeprefix('SAMPLE ').lower()}")

    def _fault(self, reason: str) -> ConfigurationError:
        return ConfigurationError(f"The prompt '{self.name}' ({self.path}) does not work: {reason}. Mend the file.")


def find_prompt(name: str, folder: Path | None) -> Path:
    """Returns the file of a prompt: a built-in one, or one in the user's ``folder``.

    Raises:
        ConfigurationError: there is no such prompt, or one in both places; or the folder does not exist.
    """
    if folder is not None and not folder.is_dir():
        raise ConfigurationError(
            f"CITEWELL_GENERATION__PROMPTS_FOLDER is {folder}, which is no folder. Create it, or name another."
        )
    folders = [_BUILT_IN, *([folder] if folder else [])]
    files = [path for place in folders for path in place.glob("*.j2")]
    found = [path for path in files if path.stem == name]
    if not found:
        known = ", ".join(sorted({path.stem for path in files}))
        raise ConfigurationError(
            f"There is no prompt '{name}'. There are: {known}. Name one of them in "
            "CITEWELL_GENERATION__PROMPT, __PROMPTS or __CONDENSE_PROMPT, wherever this name stands, or put "
            f"{name}.j2 into the folder CITEWELL_GENERATION__PROMPTS_FOLDER."
        )
    if len(found) > 1:
        raise ConfigurationError(
            f"{found[1]} has the name of a prompt that Citewell brings along, and a receipt could not tell them apart. "
            "Give it another name."
        )
    return found[0]


class _Edge(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExampleSource(_Edge):
    """A passage of an example."""

    title: str
    section: str = ""
    text: str


class Example(_Edge):
    """A question with its passages, numbered from 1, and its model answer in the form ``shape``."""

    question: str
    answer: str
    shape: Shape = Shape.PASSAGE
    source: tuple[ExampleSource, ...] = Field(min_length=1)


class _Examples(_Edge):
    example: tuple[Example, ...] = ()


def read_examples(prompt: Path) -> Sequence[Example]:
    """Returns the examples in the ``.toml`` file of the prompt's name; none without such a file.

    Raises:
        ConfigurationError: the file cannot be read, or its content is wrong.
    """
    path = prompt.with_suffix(".toml")
    if not path.exists():
        return ()
    try:
        return _Examples.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).example
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {words_for(fault)}" for fault in error.errors())
        raise ConfigurationError(f"The examples in {path} are wrong: {faults}. Mend the file.") from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The examples in {path} cannot be read: {error}. Mend the file.") from error
