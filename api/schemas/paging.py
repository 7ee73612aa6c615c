"""Pages of lists. A cursor names the entry before a page, so entries that are added or removed move no other one."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import TypeAdapter

from rag.errors import WrongCursorError

Entry = TypeVar("Entry")
Limit = Annotated[int, Query(ge=1, le=1_000, description="Maximum number of entries on the page.")]
Cursor = Annotated[
    str | None,
    Query(description="The `next_cursor` of the page before, with all other parameters as they were."),
]
_MAX_DIGITS = 9
_PARTS = TypeAdapter(list[str | None])


class Pages:
    """The pages of one list with one filter. ``about`` names both, so that no other list accepts its cursors."""

    def __init__(self, *about: str | None) -> None:
        self._about = list(about)

    def start(self, cursor: str | None, *, width: int = 1) -> list[str] | None:
        """Returns the key after which the page begins, of ``width`` texts; None for the first page.

        Raises:
            WrongCursorError: the cursor was not made for this list.
        """
        if cursor is None:
            return None
        try:
            parts = _PARTS.validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except ValueError as error:
            raise WrongCursorError from error
        key = [part for part in parts[len(self._about) :] if part is not None]
        if parts[: len(self._about)] != self._about or len(key) != width or len(parts) != len(self._about) + width:
            raise WrongCursorError
        return key

    def moment(self, cursor: str | None) -> tuple[datetime, str] | None:
        """Returns the key of a page that begins after a time and an id; None for the first page.

        Raises:
            WrongCursorError: the cursor was not made for this list.
        """
        key = self.start(cursor, width=2)
        try:
            return (datetime.fromisoformat(key[0]).astimezone(UTC), key[1]) if key else None
        except (ValueError, OverflowError) as error:
            raise WrongCursorError from error

    def number(self, cursor: str | None) -> int:
        """Returns the number of the entry after which a page begins; 0 for the first page, as entries count from 1.

        Raises:
            WrongCursorError: the cursor was not made for this list.
        """
        [after] = self.start(cursor) or ["0"]
        if not (after.isascii() and after.isdecimal() and len(after) <= _MAX_DIGITS):
            raise WrongCursorError
        return int(after)

    def cut(
        self, found: Sequence[Entry], limit: int, key: Callable[[Entry], Sequence[str]]
    ) -> tuple[Sequence[Entry], str | None]:
        """Returns the page and the cursor of the next one, None unless ``found`` is longer than ``limit``."""
        if len(found) <= limit:
            return found, None
        parts = _PARTS.dump_json([*self._about, *key(found[limit - 1])])
        return found[:limit], urlsafe_b64encode(parts).decode().rstrip("=")
