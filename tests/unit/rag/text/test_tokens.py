from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE

from rag.errors import ModelError
from rag.text.tokens import EncoderTokens, EstimatedTokens, TokenizerFile
from tests.support.models import minilm_folder, minilm_tokenizer_file

DOCUMENTS = Path(__file__).parents[4] / "evals" / "datasets" / "sample" / "documents"
TEXTS = sorted(path for path in DOCUMENTS.iterdir() if path.suffix in {".md", ".txt", ".html", ".csv", ".eml"})


@cache
def reference() -> Tokenizer:
    loaded = Tokenizer.from_file(str(minilm_tokenizer_file()))
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


@cache
def ours() -> EncoderTokens:
    return EncoderTokens(minilm_tokenizer_file())


AWKWARD = st.sampled_from(
    ["Hello, ", "world", "\x85", "\x0b", "\x1c", "\u200b", "\u00a0", "\u3000", "\n\t\r", "中文，", "豈", "한국",
     "e\u0301", "[SEP]", "[MASK] ", "\x00", "\ufffd", "İ", "ﬁ", "🙂", "𠀀", "鿿"]
)  # fmt: skip


@settings(deadline=None)  # the first call loads two tokenizers
@given(text=st.one_of(st.lists(AWKWARD, max_size=30).map("".join), st.text(max_size=100)))
def test_count_equals_that_of_the_whole_text(text: str) -> None:
    assert ours().count(text) == len(reference().encode(text, add_special_tokens=False))


def test_long_text_is_not_truncated() -> None:
    assert ours().count("word " * 5_000) == 5_000


@pytest.mark.parametrize("content", ["", "{}", "no json"])
def test_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        EncoderTokens(path)


def test_tokenizer_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    Tokenizer(BPE()).save(str(path))
    with pytest.raises(ModelError, match="not a WordPiece tokenizer"):
        EncoderTokens(path)


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
