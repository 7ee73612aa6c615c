from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.text.token_counts import EstimatedTokens, TokenizerFile
from tests.support.models import minilm_folder

DOCUMENTS = Path(__file__).parents[4] / "evals" / "datasets" / "sample" / "documents"
TEXTS = sorted(path for path in DOCUMENTS.iterdir() if path.suffix in {".md", ".txt", ".html", ".csv", ".eml"})


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_the_estimate_is_on_the_safe_side_and_not_far_off(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    exact = TokenizerFile(minilm_folder()).count(text)
    assert exact <= EstimatedTokens().count(text) <= 2.5 * exact


def test_letters_digits_signs_and_other_scripts_are_estimated_each_in_their_way() -> None:
    count = EstimatedTokens().count
    assert count("") == 0
    assert count("warranty") == 3
    assert count("2026-03") == 7
    assert count("a 5") == 3
    assert count("a b  c") == 3
    assert count("a\n\nb") == 4
    assert count("保修") == 5
    assert count("é") == 1


def test_a_models_folder_or_its_tokenizer_file_will_do() -> None:
    folder = minilm_folder()
    assert TokenizerFile(folder).count("the last word") == 3
    assert TokenizerFile(folder / "tokenizer.json").count("the last word") == 3


@pytest.mark.parametrize("content", [None, "{}"])
def test_a_tokenizer_that_cannot_be_read_names_the_setting(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match="CITEWELL_GENERATION__TOKENIZER"):
        TokenizerFile(tmp_path)
