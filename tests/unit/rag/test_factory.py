from __future__ import annotations

from pathlib import Path

import pytest

from rag.answering.pipeline import Pipeline
from rag.errors import ConfigurationError, ModelError
from rag.factory import build_pipeline
from rag.settings import CondenseMethod, GenerationSettings, GeneratorBackend, Settings
from tests.support.builders.pipeline import WordTokenizer
from tests.support.builders.prompts import write_prompt
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.fakes.memory_index import MemoryIndex

VLLM = GeneratorBackend.VLLM


def build(generation: GenerationSettings) -> Pipeline:
    return build_pipeline(
        Settings(generation=generation),
        encoder=HashEncoder(),
        index=MemoryIndex(),
        tokenizer=WordTokenizer(),
        visible=lambda _, versions: versions,
    )


def test_a_pipeline_is_built_with_prompts_of_ones_own_and_a_model_that_condenses(tmp_path: Path) -> None:
    write_prompt(tmp_path)
    prompts = {"ours-v1": 1.0, "answer-v2": 0.1}
    build(GenerationSettings(backend=VLLM, prompts=prompts, prompts_folder=tmp_path, condense=CondenseMethod.MODEL))


@pytest.mark.parametrize(
    ("generation", "told"),
    [
        (GenerationSettings(backend=VLLM, prompt="answer-v9"), "no prompt 'answer-v9'"),
        (GenerationSettings(backend=VLLM, prompts={"answer-v1": 1.0, "anwser-v2": 1.0}), "no prompt 'anwser-v2'"),
        (GenerationSettings(backend=VLLM, prompt="condense-v1"), "it uses turns"),
        (
            GenerationSettings(backend=VLLM, condense=CondenseMethod.MODEL, condense_prompt="condense-v9"),
            "no prompt 'condense-v9'",
        ),
        (
            GenerationSettings(backend=GeneratorBackend.EXTRACTIVE, condense=CondenseMethod.MODEL),
            "CITEWELL_GENERATION__BACKEND=vllm",
        ),
    ],
)
def test_a_prompt_that_cannot_be_used_is_found_before_the_first_question(
    generation: GenerationSettings, told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        build(generation)


def test_a_tokenizer_that_is_not_there_is_found_before_the_first_question(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="CITEWELL_GENERATION__TOKENIZER"):
        build(GenerationSettings(backend=VLLM, tokenizer=tmp_path))
