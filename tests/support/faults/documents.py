"""Documents to take in while things break: some good, of several sizes, and some that no parser can read."""

from __future__ import annotations

from random import Random

_SUBJECTS = "harbour orchard railway glacier library bakery observatory vineyard workshop lighthouse".split()
_SENTENCES = (
    "The {subject} keeps {number} entries in its register and closes it at dusk.",
    "Whoever visits the {subject} signs for item {number} before leaving it.",
    "Inspection {number} of the {subject} found nothing that had to be repaired.",
)


def good_document(random: Random, *, sections: int) -> bytes:
    """Returns Markdown with ``sections`` numbered sections, no two documents alike."""
    serial = random.getrandbits(48)
    subject = random.choice(_SUBJECTS)
    parts = [f"# Document {serial:x}\n"]
    for number in range(1, sections + 1):
        sentences = " ".join(text.format(subject=subject, number=number) for text in _SENTENCES)
        parts.append(f"## Section {number}\n\n{sentences}\n")
    return "\n".join(parts).encode()


def bad_document(random: Random) -> bytes:
    """Returns what begins like a PDF and is none."""
    return b"%PDF-1.7\n" + random.randbytes(400)
