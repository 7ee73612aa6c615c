"""Tries a model: asks a question set twice, written by the model and quoted, and keeps both runs."""

from __future__ import annotations

from evals.datasets.dataset import Dataset
from evals.runs.card import ModelCard, card_of
from evals.runs.corpus import Progress, open_corpus
from evals.runs.records import RunRecord
from evals.runs.run import new_run, run_over
from evals.runs.store import RunStore
from rag.settings import EndpointSettings, GeneratorBackend, Settings


async def try_model(
    dataset: Dataset, endpoint: EndpointSettings, settings: Settings, store: RunStore, *, on_progress: Progress
) -> tuple[RunRecord, ModelCard]:
    """Returns the model's run and its card. The dataset's documents are taken into a temporary folder.

    Raises:
        ConfigurationError: there are no documents, or one was refused.
    """
    quoting, writing = settings_of_trial(settings, endpoint)
    async with open_corpus(dataset, settings, on_progress=on_progress) as corpus:
        run = new_run(dataset, quoting).model_copy(update={"name": f"Quotes beside {endpoint.model}"})
        quoted = await run_over(corpus, dataset, quoting, store, on_progress=on_progress, run=run)
        run = trial_run(new_run(dataset, writing), endpoint, beside=quoted)
        written = await run_over(corpus, dataset, writing, store, on_progress=on_progress, run=run)
    return written, kept_card(written, store)


def settings_of_trial(settings: Settings, endpoint: EndpointSettings) -> tuple[Settings, Settings]:
    """Returns the settings that quote, and those with which the model alone writes."""

    def changed(**update: object) -> Settings:
        return settings.model_copy(update={"generation": settings.generation.model_copy(update=update)})

    quoting = changed(backend=GeneratorBackend.EXTRACTIVE)
    return quoting, changed(backend=GeneratorBackend.VLLM, endpoints=(endpoint,))


def trial_run(run: RunRecord, endpoint: EndpointSettings, *, beside: RunRecord) -> RunRecord:
    """Returns a new run as that of the model, whose card compares it with the quotes of ``beside``."""
    currency = None if endpoint.prompt_price is None or endpoint.completion_price is None else endpoint.currency
    update = {"name": f"Trial of {endpoint.model}", "model": endpoint.model, "currency": currency}
    return run.model_copy(update={**update, "beside": beside.run_id})


def kept_card(run: RunRecord, store: RunStore) -> ModelCard:
    """Returns the card of a trial that is kept.

    Raises:
        ConfigurationError: the run beside it was deleted.
    """
    quoted = store.run(run.beside or "")
    return card_of((run, store.questions(run.run_id)), (quoted, store.questions(quoted.run_id)))
