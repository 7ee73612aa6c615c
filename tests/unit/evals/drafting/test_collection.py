import pytest

from evals.drafting.collection import draft_questions
from rag.errors import GeneratorError
from rag.settings import GenerationSettings, GeneratorBackend, Settings
from tests.support.builders.chunks import chunk

PASSAGE = chunk("Full-time employees get 30 days of vacation in every year.")
NOBODY = "http://127.0.0.1:9/v1"


async def test_a_model_server_that_is_relied_on_and_not_there_is_said() -> None:
    settings = Settings(generation=GenerationSettings(backend=GeneratorBackend.VLLM, url=NOBODY))
    with pytest.raises(GeneratorError):
        await draft_questions([PASSAGE], 5, settings)


@pytest.mark.parametrize("backend", [GeneratorBackend.AUTO, GeneratorBackend.EXTRACTIVE])
async def test_without_a_model_server_drafts_are_made_of_statements(backend: GeneratorBackend) -> None:
    settings = Settings(generation=GenerationSettings(backend=backend, url=NOBODY))
    [row] = (await draft_questions([PASSAGE], 5, settings)).questions
    assert row.tags == ("draft", "plain")
