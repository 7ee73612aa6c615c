"""Documents for fault tests: good ones of several sizes, and unreadable ones."""

from __future__ import annotations

from random import Random

_SUBJECTS = "harbour orchard railway glacier library bakery observatory vineyard workshop lighthouse".split()
_SENTENCES = (
    "The {subject} keeps {number} entries in its register and closes it at dusk.",
    "Whoever visits the {subject} signs for item {number} before leaving it.",
    "Inspection {number} of the {subject} found nothing that had to be repaired.",
)


def good_document(random: Random, *, sections: int) -> bytes:
    """Returns Markdown with ``sections`` numbered sections, different for each document."""
    serial = random.getrandbits(48)
    subject = random.choice(_SUBJECTS)
    parts = [f"# Document {serial:x}\n"]
    for number in range(1, sections + 1):
        sentences = " ".join(text.format(subject=subject, number=number) for text in _SENTENCES)
        parts.append(f"## Section {number}\n\n{sentences}\n")
    return "\n".join(parts).encode()


def bad_document(random: Random) -> bytes:
    """Returns bytes that start like a PDF and are none."""
    return b"%PDF-1.7\n" + random.randbytes(400)
