"""Numbers of list items. Pure."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(?:\d++\.)++")


def below(above: str, number: str) -> str:
    """Returns the number of an item that stands in the item numbered ``above``: ``1.2.`` where both are digits.

    A page shows by its indentation which item it belongs to, and text has none.
    """
    is_alike = _DIGITS.fullmatch(above) and _DIGITS.fullmatch(number) and number.count(".") == 1
    return f"{above}{number}" if is_alike else number
