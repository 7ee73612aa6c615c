"""Random tokens: of sessions, API keys and invitations. Only their hashes are stored."""

from __future__ import annotations

import hashlib
import re
import secrets

KEY_PREFIX = "ck_"
_BYTES = 32  # 256 random bits: a plain hash keeps them secret, no salt is needed
_SHOWN_CHARACTERS = 10
_KEY = re.compile(r"ck_[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Returns a random token of 43 characters that stand in addresses and cookies."""
    return secrets.token_urlsafe(_BYTES)


def new_key() -> str:
    """Returns a random API key."""
    return KEY_PREFIX + new_token()


def is_key(text: str) -> bool:
    """Returns whether a text has the form of an API key."""
    return _KEY.fullmatch(text) is not None


def shown_start(key: str) -> str:
    """Returns the first characters of a key, by which people recognise it."""
    return key[:_SHOWN_CHARACTERS]


def digest_of(token: str) -> str:
    """Returns the hash under which a token is stored and looked up, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()
