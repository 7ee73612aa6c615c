"""Drafts questions from a collection, with a model if the settings name one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from evals.drafting.drafts import Drafts
from evals.drafting.lexical import lexical_drafts
from rag.errors import GeneratorError
from rag.settings import GenerationSettings, GeneratorBackend, Settings
from rag.types import Chunk


async def draft_questions(chunks: Sequence[Chunk], count: int, settings: Settings) -> Drafts:
    """Returns up to ``count`` drafts; with the backend ``auto``, an unavailable model server is not used.

    Raises:
        GeneratorError: the settings require a model server, and it fails or does not answer.
    """
    if settings.generation.names_a_server and settings.generation.backend is not GeneratorBackend.EXTRACTIVE:
        try:
            return await _drafts_of_model(chunks, count, settings.generation)
        except GeneratorError:
            if settings.generation.backend is GeneratorBackend.VLLM:
                raise
    return await asyncio.to_thread(lexical_drafts, chunks, count)


async def _drafts_of_model(chunks: Sequence[Chunk], count: int, chosen: GenerationSettings) -> Drafts:
    # The model's SDK takes a second to load; a service without a model does not need it.
    from evals.drafting.model import model_drafts  # noqa: PLC0415
    from rag.generation.model_servers.factory import model_calls  # noqa: PLC0415

    async with model_calls(chosen) as model:
        return await model_drafts(chunks, count, model)
