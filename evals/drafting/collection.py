"""Drafts questions from a collection, with the model that the settings name, if any."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from evals.drafting.lexical import lexical_drafts
from evals.drafting.rows import Drafts
from rag.errors import GeneratorError
from rag.settings import GenerationSettings, GeneratorBackend, Settings
from rag.types import Chunk


async def draft_questions(chunks: Sequence[Chunk], count: int, settings: Settings) -> Drafts:
    """Returns ``count`` drafts at most; as for answers, ``auto`` does without a model server that is not there.

    Raises:
        GeneratorError: the settings rely on a model server, and it does not answer or fails.
    """
    if _names_a_server(settings.generation):
        try:
            return await _drafts_of_model(chunks, count, settings.generation)
        except GeneratorError:
            if settings.generation.backend is GeneratorBackend.VLLM:
                raise
    return await asyncio.to_thread(lexical_drafts, chunks, count)


async def _drafts_of_model(chunks: Sequence[Chunk], count: int, chosen: GenerationSettings) -> Drafts:
    # The model's SDK takes a second to load, which no service should wait for that asks no model.
    from evals.drafting.model import model_drafts  # noqa: PLC0415
    from rag.generation.model_servers.factory import model_calls  # noqa: PLC0415

    async with model_calls(chosen) as model:
        return await model_drafts(chunks, count, model)


def _names_a_server(chosen: GenerationSettings) -> bool:
    """Whether someone has set a server; the default address is only where one might be."""
    if chosen.backend is GeneratorBackend.EXTRACTIVE:
        return False
    return chosen.backend is GeneratorBackend.VLLM or bool({"url", "endpoints"} & chosen.model_fields_set)
