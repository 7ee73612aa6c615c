"""Encrypts the keys of model servers, and signs the audit trail. The only place that imports ``cryptography``.

It covers a copy of the catalogue: a backup, a dump, a stolen database file. It does not cover a reader of the file that
holds the secret, which lies outside of the data folder, nor one who can read this process's memory.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rag.errors import KeyFileError, SealedKeyError
from rag.settings import StorageSettings

_SECRET_BYTES = 32
_NONCE_BYTES = 12


class Seal:
    """Seals and opens texts with AES-256-GCM. The file of the secret is made when the first text is sealed."""

    def __init__(self, settings: StorageSettings) -> None:
        self._given = settings.secret_key or None  # an empty text is no secret
        self.file = key_file(settings.folder)

    def seal(self, text: str, *, bound_to: str) -> str:
        """Returns the text sealed, in base64. It opens only together with ``bound_to``.

        Raises:
            KeyFileError: the file of the secret cannot be made or read.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._secret(create=True)).encrypt(nonce, text.encode(), bound_to.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, bound_to: str) -> str:
        """Returns the text of a seal.

        Raises:
            SealedKeyError: it was sealed with another secret or bound to something else, or the secret is lost.
        """
        try:
            held = base64.b64decode(sealed, validate=True)
            secret = self._secret(create=False)
            return AESGCM(secret).decrypt(held[:_NONCE_BYTES], held[_NONCE_BYTES:], bound_to.encode()).decode()
        except (InvalidTag, ValueError, KeyFileError) as error:
            raise SealedKeyError from error

    def sign(self, text: str) -> str:
        """Returns the HMAC-SHA-256 of a text, in hexadecimal digits.

        Raises:
            KeyFileError: the file of the secret cannot be made or read.
        """
        key = hashlib.sha256(b"citewell audit trail\0" + self._secret(create=True)).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def _secret(self, *, create: bool) -> bytes:
        if self._given is not None:
            return hashlib.sha256(b"citewell endpoint keys\0" + self._given.get_secret_value().encode()).digest()
        try:
            if create and not self.file.exists():
                _create(self.file)
            secret = self.file.read_bytes()
        except OSError as error:
            raise KeyFileError(str(self.file), error.strerror or str(error)) from error
        if len(secret) != _SECRET_BYTES:
            raise KeyFileError(str(self.file), f"it does not hold {_SECRET_BYTES} bytes")
        return secret


def key_file(folder: Path) -> Path:
    """Returns the file of the secret: beside the data folder, so that a copy of the folder does not hold it."""
    whole = folder.absolute()
    return whole.with_name(f"{whole.name}.key")


def _create(path: Path) -> None:
    """Makes the file, whole at once, readable by its owner alone. Several processes may call at once."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was faster: its secret is the one
    finally:
        draft.unlink(missing_ok=True)
