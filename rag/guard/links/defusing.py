"""Takes the action out of a written text: addresses that no source has, images, HTML. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field

from rag.guard.hidden.characters import without_invisible

REMOVED = "(link removed)"
_TLDS = (
    "com|net|org|info|biz|xyz|top|site|online|shop|club|app|dev|io|ai|co|me|tv|cc|ly|gg|link|click|live|space|website"
    "|icu|cloud|tech|store|pro|work|page|example|test|invalid|edu|gov|eu|de|uk|fr|es|it|nl|ru|cn|jp|br|in|us|ca|au|ch"
)
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}:)?//[^\s<>()\[\]{}\"'`|\\]{2,}"
    r"|\b(?:data|javascript|vbscript|file|blob|mailto|tel|sms|intent|about|view-source|ms-[a-z]{2,20}):(?!\s)[^\s<>\"'`]{1,}"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
    r"|\bwww\d?\.[^\s<>()\[\]{}\"'`|\\]{2,}"
    rf"|(?<![\w.@/-])(?:[\w-]{{1,63}}\.){{1,6}}(?:{_TLDS})\b(?![\w-])(?::\d{{1,5}})?(?:[/?#][^\s<>()\[\]{{}}\"'`|\\]*)?"
    r"|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?/[^\s<>()\[\]{}\"'`|\\]*",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(!?)\[([^\[\]]{0,500})\]\(\s{0,20}(<[^<>\n]{0,2000}>|(?:[^\s()]|\([^\s()]{0,500}\)){0,2000})"
    r"(?:\s{1,20}(?:\"[^\"]{0,500}\"|'[^']{0,500}'|\([^()]{0,500}\)))?\s{0,20}\)"
)
_REFERENCE = re.compile(r"!?\[([^\[\]]{1,500})\]\[[^\[\]]{0,100}\]")
_DEFINITION = re.compile(r"^[ \t]{0,8}\[[^\[\]\n]{1,100}\]:[ \t]{0,8}\S[^\n]{0,2000}", re.MULTILINE)
_TAG = re.compile(
    r"<(?:!--.{0,2000}?(?:-->|\Z)|[!?][^<>]{0,2000}>|/?([A-Za-z][\w:-]{0,40})((?:\s|/)[^<>]{0,4000})?>)", re.DOTALL
)
_OPEN_TAG = re.compile(r"<(?=[!?/]|([A-Za-z][\w:-]{0,40}))")
_ORPHAN = re.compile(r"\](?=\()|!(?=\[)")
_ESCAPED = re.compile(r"\\(?=[:/.@])")
_ENTITY = re.compile(r"&(?:#\w{1,8}|[A-Za-z]{2,12});")
_HTML = frozenset(
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote "
    "body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl "
    "dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html i "
    "iframe image img input ins isindex kbd keygen label layer legend li link listing main map mark marquee math "
    "menu meta meter nav noembed noframes noscript object ol optgroup option output p param picture plaintext pre "
    "progress q rp rt ruby s samp script section select slot small source span strike strong style sub summary sup "
    "svg table tbody td template textarea tfoot th thead time title tr track tt u ul use var video wbr xml xmp "
    "animate set foreignobject".split()
)
_AT_END = ".,;:!?)]}'\"»”’"
RISKY = re.compile(
    r"[<\[\]\\]|!\Z|&[#A-Za-z]|//|\w@\w|\bwww|\b(?:data|javascript|vbscript|file|blob|mailto|tel|sms|intent):\S"
    rf"|[\w-]\.(?:{_TLDS})\b|\d\.\d{{1,3}}\.\d{{1,3}}\.\d|[\uff21-\uff5a]|[^\s\u2e80-\uffff]{{41,}}"
    r"|[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0e\U000e0000-\U000e01ef]",
    re.IGNORECASE,
)
"""Beginnings of what may have to be taken out, for a text that is still being written."""
_FIRST_WIDE = "\u2e80"
"""From here on scripts have no spaces between words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defused:
    """A text that does nothing when it is shown, and how many places were changed."""

    text: str
    changed: int


@dataclass(slots=True)
class _Defuser:
    sources: str
    changed: int = field(default=0)

    def run(self, text: str) -> str:
        text = self._plain(text)
        text = _DEFINITION.sub(self._definition, text)
        for _ in range(3):  # an image may be the label of a link
            text, before = _LINK.sub(self._link, text), text
            if text == before:
                break
        text = _REFERENCE.sub(self._reference, text)
        text = _TAG.sub(self._tag, text)
        text = _OPEN_TAG.sub(self._open_tag, text)
        text = _ORPHAN.sub(self._orphan, text)
        return _ADDRESS.sub(self._address, text)

    def _plain(self, text: str) -> str:
        """Returns the text without what hides an address: entities, escapes, invisible and wide characters."""
        plain = without_invisible(text)
        if _ENTITY.search(plain):
            plain = html.unescape(plain)
        plain = _ESCAPED.sub("", plain)
        if not plain.isascii():
            folded = " ".join(unicodedata.normalize("NFKC", word) for word in plain.split(" "))
            plain = folded if len(_ADDRESS.findall(folded)) > len(_ADDRESS.findall(plain)) else plain
        self.changed += plain != text
        return plain

    def _known(self, address: str) -> bool:
        return bool(address) and address.rstrip(_AT_END).casefold() in self.sources

    def _definition(self, _: re.Match[str]) -> str:
        self.changed += 1
        return ""

    def _link(self, match: re.Match[str]) -> str:
        is_image, label, target = match[1], match[2], match[3].strip("<>")
        if not is_image and self._known(target):
            return match[0]
        self.changed += 1
        return f"{label} {target}" if self._known(target) else label

    def _reference(self, match: re.Match[str]) -> str:
        if match[0].casefold() in self.sources:
            return match[0]
        self.changed += 1
        return match[1]

    def _tag(self, match: re.Match[str]) -> str:
        name, rest = match[1], match[2] or ""
        if name and name.casefold() not in _HTML and "=" not in rest:
            return match[0]  # a placeholder such as <snapshot-ID> is no element
        self.changed += 1
        return ""

    def _open_tag(self, match: re.Match[str]) -> str:
        name = match[1]
        if name and name.casefold() not in _HTML:
            return match[0]
        self.changed += 1
        return "&lt;"

    def _orphan(self, match: re.Match[str]) -> str:
        # What stays of a link or image at this point has an address that a source states, or lost its own.
        if match[0] == "]" and _LINK.search(match.string, max(0, match.string.rfind("[", 0, match.start()))):
            return match[0]
        self.changed += 1
        return f"{match[0]} "

    def _address(self, match: re.Match[str]) -> str:
        address = match[0].rstrip(_AT_END)
        if self._known(address):
            return match[0]
        self.changed += 1
        return REMOVED + match[0][len(address) :]


def defuse(text: str, *, sources: str = "") -> Defused:
    """Returns the text without HTML, images, and addresses that ``sources``, the cited words, do not state."""
    defuser = _Defuser(sources.casefold())
    written = defuser.run(text)
    return Defused(text=written, changed=defuser.changed)


def harmless_length(text: str) -> int:
    """Returns how many characters of a growing text can go out whatever follows: whole words before any risky one."""
    end = len(text)
    if risky := RISKY.search(text):
        end = risky.start()
    while end and not text[end - 1].isspace() and text[end - 1] < _FIRST_WIDE:
        end -= 1
    return end
