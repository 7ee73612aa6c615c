"""Which originals a browser may show, and under which policy. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/bmp"})
_PLAIN = frozenset({"text/plain", "text/markdown", "text/csv", "text/tab-separated-values", "text/x-rst", "text/x-log"})
_SANDBOXED = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
# A browser's viewer of PDF does not start in a sandbox. What a PDF runs cannot reach the page of this service.
_VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
DOWNLOAD_POLICY = "sandbox; default-src 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The media type and the policy with which a browser is sent a file to show."""

    media_type: str
    policy: str


def opening_of(media_type: str) -> Opening | None:
    """Returns how a browser shows a file of this type; None for one that it must not, or cannot, show.

    HTML, and all that may hold a script, is never shown under the service's address.
    """
    if media_type == "application/pdf":
        return Opening(media_type=media_type, policy=_VIEWER)
    if media_type in _IMAGES:
        return Opening(media_type=media_type, policy=_SANDBOXED)
    return Opening(media_type="text/plain", policy=_SANDBOXED) if media_type in _PLAIN else None
