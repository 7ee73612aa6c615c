from __future__ import annotations

import pytest

from rag.access import passwords
from rag.errors import WeakPasswordError


def test_a_hash_is_argon2id_salted_and_fits_its_password_alone() -> None:
    first, second = passwords.hash_of("correct horse"), passwords.hash_of("correct horse")
    assert first.startswith("$argon2id$")
    assert first != second
    assert passwords.matches("correct horse", first)
    assert not passwords.matches("correct horsf", first)


def test_without_a_hash_no_password_fits_and_the_work_is_the_same() -> None:
    assert not passwords.matches("", None)
    assert not passwords.matches("anything", None)
    assert not passwords.matches("anything", "no hash at all")


@pytest.mark.parametrize("password", ["short", "x" * 257, "my name is anna, truly", "abababababab"])
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError, match="Choose another password"):
        passwords.refuse_weak(password, name="Anna@example.org")


def test_any_characters_make_a_password() -> None:
    passwords.refuse_weak("søl på fjellet 山", name="anna")
