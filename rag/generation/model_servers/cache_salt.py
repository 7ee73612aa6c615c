"""Keeps tenants apart in a model server's prefix cache, where the time of an answer tells what is in it."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

_SECRET_BYTES = 32


def cache_salt(secret: bytes, tenant: str) -> str:
    """Returns the tenant's salt; nobody can tell it who does not know the secret."""
    return hmac.new(secret, b"cache_salt\0" + tenant.encode(), hashlib.sha256).hexdigest()


def installation_secret(path: Path) -> bytes:
    """Returns the secret of this installation from its file, made at the first call. Processes may call at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was faster: its secret is the one
        finally:
            draft.unlink()
    return path.read_bytes()
