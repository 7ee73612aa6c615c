import json
from pathlib import Path

import pytest

from evals.studies.personal_data.sentences import Half, read_sentences
from rag.errors import ConfigurationError
from rag.types import Span


def written(folder: Path, templates: int) -> Path:
    path = folder / "sentences.json"
    label = {"entity_type": "PERSON", "entity_value": "Ada", "start_position": 0, "end_position": 3}
    rows = [
        {"full_text": "Ada came.", "masked": "", "spans": [label], "template_id": at % templates, "metadata": None}
        for at in range(templates * 3)
    ]
    path.write_text(json.dumps(rows))
    return path


def test_sentences_of_one_template_are_in_one_half_and_the_halves_stay(tmp_path: Path) -> None:
    path = written(tmp_path, 10)
    sentences = read_sentences(path)
    halves = [{sentence.half for sentence in sentences[at::10]} for at in range(10)]
    assert all(len(half) == 1 for half in halves)
    assert sum(half == {Half.LOOKED_AT} for half in halves) == 5
    assert read_sentences(path) == sentences
    assert sentences[0].labels == (("PERSON", Span(start=0, end=3)),)


@pytest.mark.parametrize("content", ["", "{}", '[{"full_text": "x"}]'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sentences.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match="presidio-research"):
        read_sentences(path)
