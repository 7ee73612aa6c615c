"""``citewell models try``: what a model's answers to a question set are worth."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr

from evals.commands.options import DATA, DATASET_NAMES, Data
from rag.errors import ConfigurationError
from rag.settings import EndpointSettings, Settings, load_settings
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table, progress_bars, say

if TYPE_CHECKING:
    from evals.runs.card import CardColumn, ModelCard
    from evals.runs.records import RunRecord


def try_model(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A connected model's name, or a model at --address.")],
    dataset: Annotated[str, typer.Option(help=f"{DATASET_NAMES}, a .jsonl of questions, or a folder.")] = "sample",
    data: Data = DATA,
    questions: Annotated[int | None, typer.Option(help="How many of the questions; by default all.")] = None,
    address: Annotated[str | None, typer.Option(help="Address of a server's OpenAI API that is not connected.")] = None,
    price: Annotated[str, typer.Option(help="Price of a million tokens of --address, e.g. '2.5/10 EUR'.")] = "",
    *,
    key: Annotated[bool, typer.Option("--key", help="Ask for the key of --address, or read standard input.")] = False,
    as_json: Json = False,
) -> None:
    """Ask a question set of a model, behind verification, and print its card beside the extractive answers.

    The set's documents are taken into a temporary folder. Both runs are kept; the page of evaluations shows the card.
    """
    from evals.datasets.readers.catalogue import read_dataset
    from evals.runs.store import RunStore
    from evals.runs.trial import named_endpoint
    from evals.runs.trial import try_model as asking

    settings = load_settings()
    if address is None:
        endpoint = _connected(model, settings)
    else:
        endpoint = _entered(model, address, SecretStr(_read_key()) if key else None, price)
    endpoint = asyncio.run(named_endpoint(endpoint))
    store = RunStore.of(settings)
    with progress_bars(shown=not as_json, about=endpoint.model) as report_progress:
        held = read_dataset(dataset, data).sample(questions)
        run, card = asyncio.run(asking(held, endpoint, settings, store, on_progress=report_progress))
    if as_json:
        print_json({"run": run.run_id, "beside": run.beside, **asdict(card), "verdict": card.verdict})
    else:
        _print(run, card)


def _connected(name: str, settings: Settings) -> EndpointSettings:
    """Returns a connected endpoint, or one of the settings, by its name or its model.

    Raises:
        ConfigurationError: there is none.
    """
    from ingest.opening import CATALOG_FILE
    from rag.catalog.database.connection import Database
    from rag.catalog.endpoints.sealing import Seal
    from rag.catalog.endpoints.stored import StoredEndpoints

    url, path = settings.storage.catalog_url, settings.storage.folder / CATALOG_FILE
    known = list(settings.generation.all_endpoints) if settings.generation.names_a_server else []
    if url or path.exists():
        database = Database.open(url.get_secret_value() if url else path)
        try:
            stored = StoredEndpoints(database, Seal(settings.storage))
            match = next((each for each in stored.all() if name in {each.name, each.model}), None)
            if match is not None:
                return stored.settings_of(match)
            known += [EndpointSettings(name=each.name, url=each.url, model=each.model) for each in stored.all()]
        finally:
            database.close()
    for endpoint in known:
        if name in {endpoint.name, endpoint.model}:
            return endpoint
    there = ", ".join(endpoint.name for endpoint in known) or "none"
    raise ConfigurationError(
        f"No model '{name}' is connected; connected are: {there}. Connect it with 'citewell models endpoints add', or "
        "name its server with --address."
    )


def _entered(model: str, address: str, key: SecretStr | None, price: str) -> EndpointSettings:
    from rag.generation.endpoints.faults import checked_address, entered_prices

    entered = {"name": "trial", "url": checked_address(address), "api_key": key, "model": model}
    return EndpointSettings.model_validate(entered | entered_prices(price))


def _read_key() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Key", hide_input=True))
    return sys.stdin.readline().strip()


def _print(run: RunRecord, card: ModelCard) -> None:
    columns = (card.model, card.extractive)
    rows = [
        ("Right", *(f"{each.right} of {each.questions}" for each in columns)),
        ("Wrong", *(str(each.wrong) for each in columns)),
        ("Refused, though there is an answer", *(str(each.refused) for each in columns)),
        ("With a sentence that nothing supports", *(str(each.unsupported) for each in columns)),
        ("Quoted, as the model failed", *(str(each.quoted) for each in columns)),
        ("Failed", *(str(each.failed) for each in columns)),
        ("First word, median", *map(_first_word, columns)),
        ("Cost of 1,000 questions", *map(_cost, columns)),
    ]
    print_table((f"{run.dataset}: {run.questions} questions", *(each.writer for each in columns)), rows)
    say(card.verdict)
    say(f"Kept as {run.run_id}, beside {run.beside}")


def _first_word(column: CardColumn) -> str:
    taken = column.first_word_milliseconds
    return "-" if taken is None else f"{taken:,.0f} ms"


def _cost(column: CardColumn) -> str:
    return "no price" if column.cost_per_1000 is None else f"{column.cost_per_1000:,.2f} {column.currency}"
