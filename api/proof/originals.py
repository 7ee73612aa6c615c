"""Which originals a browser may show, and under which policy. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.intake.formats import BY_MEDIA_TYPE, Container

_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/bmp"})
_ENCODED = frozenset({"message/rfc822", "application/mbox", "multipart/related"})
"""Text by its bytes, in which a browser would show the encoded parts of a message."""
_CLOSED = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_SANDBOXED = f"sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; {_CLOSED}"
# An origin of its own, without scripts, forms and anything that is loaded: a page's words in its own styles.
_PAGE = f"sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; {_CLOSED}"
# A browser's viewer of PDF does not start in a sandbox. What a PDF runs cannot reach the page of this service.
_VIEWER = f"default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; {_CLOSED}"
DOWNLOAD_POLICY = "sandbox; default-src 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The content type and the policy with which a browser is sent a file to show."""

    content_type: str
    policy: str


def opening_of(media_type: str) -> Opening | None:
    """Returns how a browser shows a file of this type; None for one that it must not, or cannot, show.

    HTML has no script, no form and no address of this service there; all other text is shown as it was typed.
    """
    if media_type == "application/pdf":
        return Opening(content_type=media_type, policy=_VIEWER)
    if media_type in _IMAGES:
        return Opening(content_type=media_type, policy=_SANDBOXED)
    if media_type == "text/html":
        return Opening(content_type=media_type, policy=_PAGE)  # the page itself names its encoding
    found = BY_MEDIA_TYPE.get(media_type)
    is_text = found is not None and found.container is Container.TEXT and media_type not in _ENCODED
    return Opening(content_type="text/plain; charset=utf-8", policy=_SANDBOXED) if is_text else None
