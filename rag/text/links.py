"""Takes out of a text what only leads elsewhere: addresses behind link texts, pictures, rests of templates. Pure."""

from __future__ import annotations

import re

_TARGET = re.compile(r"(?<=\S) ?\((?:https?|ftp)://[^\s()]{1,500}(?:\([^\s()]{0,200}\)[^\s()]{0,200})?\)")
"""An address in brackets behind the words that link to it."""
_PICTURE = re.compile(r" ?!\[[^\[\]\n]{0,200}\]\([^()\n]{0,500}\)")
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((?:\{[^\n{}]{0,300}\}|[/#][^\s()]{0,300})\)")
"""A link to a place of the same site, which its parser left as it was."""
_TEMPLATE = re.compile(r"\{%-? {0,4}\w{1,50}(?: {1,4}[\"']([^\"'\n{}]{1,200})[\"'])? {0,4}-?%\}")
"""A command of a template, and what it is given."""
_ANCHOR = re.compile(r" ?\{[/#][\w-]{1,100}/?\}")


def without_targets(text: str) -> str:
    """Returns the text as a reader of the page sees it; unchanged where nothing would be left."""
    if "(" not in text and "{" not in text:
        return text
    named = _LINK.sub(r"\1", _PICTURE.sub("", text))
    shown = _TEMPLATE.sub(lambda match: match[1] or "", _ANCHOR.sub("", _TARGET.sub("", named))).strip()
    return shown or text
