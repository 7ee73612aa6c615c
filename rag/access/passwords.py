"""Hashes passwords with argon2id, and compares them. The one door to argon2."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rag.errors import WeakPasswordError

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 256
_LEAST_DIFFERENT = 5
# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes and 1 lane, or more.
_HASHER = PasswordHasher(time_cost=2, memory_cost=32_768, parallelism=1)


def hash_of(password: str) -> str:
    """Returns a salted hash, which also names its parameters."""
    return _HASHER.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Compares a password with a hash. Without a hash it takes as long, and is False."""
    try:
        _HASHER.verify(password_hash or _no_password(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def refuse_weak(password: str, *, name: str) -> None:
    """Refuses a password that is easily guessed. Any characters are allowed.

    Raises:
        WeakPasswordError: it is too short or too long, holds the user's name, or has few different characters.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise WeakPasswordError(f"has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters")
    if name.casefold().partition("@")[0] in password.casefold():
        raise WeakPasswordError("does not hold the user's name")
    if len(set(password)) < _LEAST_DIFFERENT:
        raise WeakPasswordError(f"has at least {_LEAST_DIFFERENT} different characters")


@cache
def _no_password() -> str:
    """Returns a hash that a password is compared with where there is none, so that both take as long."""
    return _HASHER.hash("")
