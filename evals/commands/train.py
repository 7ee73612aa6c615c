"""``citewell train``: adapts models to a collection, and makes a cross-encoder from public questions."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.commands.options import DATA, Data
from rag.errors import ConfigurationError
from rag.models.trained import ModelKind, TrainedModels
from rag.settings import EncoderBackend, EncoderSettings, Settings, load_settings
from rag.terminal.lazy_group import plain_app
from rag.terminal.output import progress_bars, say

if TYPE_CHECKING:
    from evals.training.questions import Part

app = plain_app("Train models on your documents.")
Collection = Annotated[str | None, typer.Option(help="The collection whose documents it is trained on.")]
Feedback = Annotated[
    Path | None, typer.Option(help="Accepted answers: question, document and quote as JSON, one a line.")
]
Epochs = Annotated[float, typer.Option(min=0.01, help="How often each question is seen.")]
_PUBLIC = "public"


@app.command()
def reranker(
    collection: Collection = None,
    feedback: Feedback = None,
    epochs: Epochs = 2.0,
    layers: Annotated[int, typer.Option(min=1, max=6, help="Layers kept of all-MiniLM-L6-v2.")] = 4,
    data: Data = DATA,
) -> None:
    """Train a cross-encoder on a collection, or on public sets.

    Without a collection on the training parts of NQ-oracle and SQuAD 2.0.

    A run that was stopped goes on where it was. A collection's model is used from the service's next start on if it is
    better than what is in use.
    """
    settings, models = load_settings(), TrainedModels(load_settings().storage.folder)
    if collection is None:
        parts, about = _public_parts(data), "NQ-oracle, SQuAD 2.0 (training parts)"
    else:
        parts, about = [_part(settings, collection, feedback)], f"the collection {collection}"
    from evals.training.run import train_reranker  # needs torch

    folder = models.next_version(ModelKind.RERANKER, collection or _PUBLIC)
    with progress_bars() as on_progress:
        run = train_reranker(
            parts,
            settings,
            folder,
            data=about,
            in_use=models.promoted(ModelKind.RERANKER).get(collection) if collection else None,
            epochs=epochs,
            layers=layers,
            on_progress=on_progress,
        )
        trained = asyncio.run(run)
    say(trained.card(folder.name))
    if collection is None:
        setting = f"CITEWELL_RERANKER__BACKEND=onnx CITEWELL_RERANKER__MODEL={folder}"
        say(f"To measure it on public sets: {setting} citewell eval retrieval")
    elif trained.is_better:
        models.promote(ModelKind.RERANKER, collection, folder)
        say(
            f"Promoted: the service uses it for {collection} from its next start on. To go back: "
            f'CITEWELL_RERANKER__COLLECTIONS=\'{{"{collection}": ""}}\', or the folder of another version.'
        )
    else:
        _keep_unused(folder)


@app.command()
def encoder(
    collection: Annotated[str, typer.Option(help="The collection whose documents it is trained on.")],
    feedback: Feedback = None,
    epochs: Epochs = 2.0,
) -> None:
    """Adapt the encoder to a collection.

    An index belongs to one encoder: to use the new one, run 'citewell reindex'.
    """
    from evals.training.run import train_encoder  # needs torch

    settings = load_settings()
    if settings.encoder.backend is not EncoderBackend.ONNX:
        raise ConfigurationError("Only the default encoder can be adapted. Unset CITEWELL_ENCODER__BACKEND.")
    folder = TrainedModels(settings.storage.folder).next_version(ModelKind.ENCODER, collection)
    part = _part(settings, collection, feedback)
    with progress_bars() as on_progress:
        run = train_encoder(
            part, settings, folder, data=f"the collection {collection}", epochs=epochs, on_progress=on_progress
        )
        trained = asyncio.run(run)
    say(trained.card(folder.name))
    if trained.is_better:
        default = EncoderSettings.model_fields["model"].default
        say(
            f"To use it: citewell reindex --encoder-model {folder.absolute()}, which builds the new index beside the "
            f"old one. To go back: citewell reindex --encoder-model {default}"
        )
    else:
        _keep_unused(folder)


@app.command()
def orders(
    out: Annotated[Path | None, typer.Option(help="File for the weights. Default: the installation's.")] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of texts without orders to a model; repeatable. Default: the guides and samples."),
    ] = None,
) -> None:
    """Train the guard's classifier of orders to a model, on sentences made of templates.

    It takes a minute or two, and needs nothing that is not in the source.
    """
    from evals.training.orders import OWN_TEXTS, train
    from rag.guard.orders.model import WEIGHTS

    folders = data or [folder for folder in OWN_TEXTS if folder.is_dir()]
    if missing := [folder for folder in folders if not folder.is_dir()]:
        raise ConfigurationError(f"{missing[0]} is no folder. Name folders of .md, .txt or .json files with --data.")
    trained = train(folders)
    trained.model.save(out or WEIGHTS)
    say(
        f"{trained.sentences:,} sentences. Of templates kept aside it found {trained.orders_found:.1%} of orders and "
        f"{trained.requests_found:.1%} of requests, and took {trained.plain_taken:.1%} of the others for orders."
    )
    say(f"Written to {out or WEIGHTS}.")


def _public_parts(data: Path) -> list[Part]:
    from evals.training.questions import nq_training_part, squad2_training_part

    try:
        return [nq_training_part(data), squad2_training_part(data)]
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} To train on your own documents, add --collection NAME.") from error


def _part(settings: Settings, collection: str, feedback: Path | None) -> Part:
    from evals.training.questions import accepted_questions, drawn_part, read_feedback
    from ingest.upkeep.stored_chunks import stored_chunks

    chunks = stored_chunks(settings, collection)
    asked = accepted_questions(read_feedback(feedback), chunks) if feedback else ()
    return drawn_part(chunks, tuple(asked))


def _keep_unused(folder: Path) -> None:
    say(f"Not promoted: it is not shown to be better. It stays in {folder} to be looked at; delete it freely.")
