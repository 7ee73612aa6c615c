from __future__ import annotations

import pytest

from rag.access.tokens import digest_of, is_key, new_key, new_token, shown_start


def test_tokens_are_long_and_never_the_same() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) == 43
    assert digest_of("a") != digest_of("b")
    assert len(digest_of(new_token())) == 64


def test_a_key_is_known_by_its_form_and_shown_by_its_start() -> None:
    key = new_key()
    assert is_key(key)
    assert key.startswith(shown_start(key))
    assert len(shown_start(key)) == 10


@pytest.mark.parametrize("text", ["", "ck_", "sk_" + "a" * 43, "ck_" + "a" * 42, "ck_" + "a" * 44, "ck_" + "é" * 43])
def test_other_texts_are_no_keys(text: str) -> None:
    assert not is_key(text)
