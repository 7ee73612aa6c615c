"""Tries a model: asks a question set twice, written by the model and quoted, and keeps both runs."""

from __future__ import annotations

from functools import partial

from evals.datasets.dataset import Dataset
from evals.runs.card import ModelCard, card_of
from evals.runs.corpus import Progress, open_corpus
from evals.runs.records import RunRecord
from evals.runs.run import new_run, run_over
from evals.runs.store import RunStore
from rag.errors import ConfigurationError
from rag.generation.endpoints.faults import EndpointFault
from rag.generation.model_servers.probe import offered_models
from rag.settings import EndpointSettings, GeneratorBackend, IndexBackend, Settings


async def try_model(
    dataset: Dataset,
    endpoint: EndpointSettings,
    settings: Settings,
    store: RunStore,
    *,
    on_progress: Progress,
    runs: tuple[RunRecord, RunRecord] | None = None,
) -> tuple[RunRecord, ModelCard]:
    """Returns the model's run and its card. The dataset's documents are taken into a temporary folder.

    ``runs`` are those of ``trial_runs``. Progress is told of the steps ``reading``, ``quoting`` and ``writing``.

    Raises:
        ConfigurationError: there are no documents, or one was refused.
    """
    quoting, writing = settings_of_trial(settings, endpoint)
    quoted, written = runs or trial_runs(dataset, endpoint, settings)
    async with open_corpus(dataset, quoting, on_progress=on_progress) as corpus:
        for step, own, run in (("quoting", quoting, quoted), ("writing", writing, written)):
            told = partial(_told, on_progress, step)
            written = await run_over(corpus, dataset, own, store, on_progress=told, run=run)
    return written, kept_card(written, store)


def _told(on_progress: Progress, step: str, _: str, done: int, total: int) -> None:
    on_progress(step, done, total)


def trial_runs(dataset: Dataset, endpoint: EndpointSettings, settings: Settings) -> tuple[RunRecord, RunRecord]:
    """Returns the records of the two runs of a trial: that which quotes, and that of the model, which names it."""
    quoting, writing = settings_of_trial(settings, endpoint)
    currency = None if endpoint.prompt_price is None or endpoint.completion_price is None else endpoint.currency
    quoted = new_run(dataset, quoting)
    update = {"model": endpoint.model, "currency": currency, "beside": quoted.run_id}
    return quoted, new_run(dataset, writing).model_copy(update=update)


def settings_of_trial(settings: Settings, endpoint: EndpointSettings) -> tuple[Settings, Settings]:
    """Returns the settings that quote, and those with which the model alone writes.

    The documents go into an index and a catalogue of their own, wherever those of the service are.
    """
    storage = settings.storage.model_copy(update={"catalog_url": None})
    index = settings.index.model_copy(update={"backend": IndexBackend.EDGE})

    def changed(**update: object) -> Settings:
        generation = settings.generation.model_copy(update=update)
        return settings.model_copy(update={"generation": generation, "storage": storage, "index": index})

    quoting = changed(backend=GeneratorBackend.EXTRACTIVE)
    return quoting, changed(backend=GeneratorBackend.VLLM, endpoints=(endpoint,))


async def named_endpoint(endpoint: EndpointSettings) -> EndpointSettings:
    """Returns the endpoint with the name of its model.

    Raises:
        ConfigurationError: the server cannot be used; the message says why.
    """
    key = endpoint.api_key.get_secret_value() if endpoint.api_key else None
    offered = await offered_models(endpoint.url, key)
    if isinstance(offered, EndpointFault):
        raise ConfigurationError(f"{offered.message} ({offered.details})")
    named = endpoint.model or next(iter(offered.names), "")
    if not named or (offered.names and named not in offered.names):
        raise ConfigurationError(
            f"The server has no model named '{named}'. It has: {', '.join(offered.names) or 'none'}."
        )
    return endpoint.model_copy(update={"model": named})


def kept_card(run: RunRecord, store: RunStore) -> ModelCard:
    """Returns the card of a trial that is kept.

    Raises:
        ConfigurationError: the run beside it was deleted.
    """
    quoted = store.run(run.beside or "")
    return card_of((run, store.questions(run.run_id)), (quoted, store.questions(quoted.run_id)))
