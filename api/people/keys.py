"""The API keys of the user who is logged in."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, status

from api.access.notes import note
from api.caller import PersonDependency
from api.dependencies import ServiceDependency, run_in_thread, run_in_writer_thread
from api.people.schemas import KeyBody, KeyList, MadeKey, NewKey
from rag.errors import ForbiddenError

router = APIRouter(prefix="/v1/keys", tags=["keys"])

_OVERLAP = timedelta(days=1)


@router.get("")
async def list_keys(service: ServiceDependency, caller: PersonDependency) -> KeyList:
    """Lists the caller's API keys, without their secrets."""
    found = await run_in_thread(service.storage.people.keys.of, caller.user_id)
    return KeyList(keys=[KeyBody.of(key) for key in found])


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_key(service: ServiceDependency, caller: PersonDependency, body: NewKey) -> MadeKey:
    """Makes an API key. Its secret is answered this once, and cannot be shown again."""
    if lacking := sorted(set(body.rights) - caller.rights):
        raise ForbiddenError(lacking[0])
    lasts = None if body.days is None else timedelta(days=body.days)
    add = service.storage.people.keys.add
    key, secret = await run_in_writer_thread(add, caller.user_id, body.name, rights=body.rights, lasts=lasts)
    note(targets={"key": key.key_id}, details={"name": key.name, "rights": " ".join(sorted(key.rights))})
    return MadeKey(key=KeyBody.of(key), secret=secret)


@router.post("/{key_id}/rotate", status_code=status.HTTP_201_CREATED)
async def rotate_key(service: ServiceDependency, caller: PersonDependency, key_id: str) -> MadeKey:
    """Makes a new key of the same name, rights and time. The old one holds for a day more."""
    rotate = service.storage.people.keys.rotate
    key, secret = await run_in_writer_thread(rotate, caller.user_id, key_id, overlap=_OVERLAP)
    return MadeKey(key=KeyBody.of(key), secret=secret)


@router.delete("/{key_id}")
async def revoke_key(service: ServiceDependency, caller: PersonDependency, key_id: str) -> KeyBody:
    """Revokes a key: from now on it does not hold."""
    revoked = await run_in_writer_thread(service.storage.people.keys.revoke, caller.user_id, key_id)
    return KeyBody.of(revoked)
