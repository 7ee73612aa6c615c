"""Builds prompt files and prompt writers."""

from __future__ import annotations

from pathlib import Path

from openai import AsyncOpenAI

from rag.generation.model_servers.calls import ModelCalls
from rag.generation.model_servers.context_window import ContextWindow
from rag.generation.model_servers.prompt_writer import PromptChoice, PromptWriter
from rag.generation.prompts.data import AnswerPrompt

USER = "{% for source in sources %}{{ source.text }}{% endfor %} {{ question }}"


def write_prompt(folder: Path, *, name: str = "ours-v1", system: str = "Be brief.", user: str = USER) -> Path:
    path = folder / f"{name}.j2"
    path.write_text(f"{{% block system %}}{system}{{% endblock %}}{{% block user %}}{user}{{% endblock %}}")
    return path


def prompt_writer(client: AsyncOpenAI, *, context_tokens: int = 4_096) -> PromptWriter:
    window = ContextWindow(ModelCalls(client=client, model=""), tokens=context_tokens)
    return PromptWriter(choice=PromptChoice([(AnswerPrompt("answer-v1"), 1.0)]), window=window, max_tokens=64)
