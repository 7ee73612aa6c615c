"""Rewrites what MkDocs, Docusaurus, Hugo, GitBook, Obsidian, Pandoc and GitHub add to Markdown as Markdown. Pure.

Everything is told by single lines outside of fenced code.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping

from ingest.parsing.formats.config_lines import toml_lines, yaml_lines
from rag.errors import WrongFieldError
from rag.fields.from_files import LARGEST_BYTES, read_mapping

# As text, because one day that the calendar does not have would lose the whole head; days are told from it later.
_TOML_DAY = re.compile(r"= ?(\d{4}-\d\d-\d\d)(?=[ \t]*(?:#|\n|\Z))")
_FRONT_MATTER = re.compile(r"\A\ufeff?(---|\+\+\+)[ \t]*\n(.*?)\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY_LINE = re.compile(r"^[\w.-]+\s*[:=]", re.MULTILINE)
_JSON_START = re.compile(r"\A\ufeff?\{[ \t]*\n")
_HEADERS = re.compile(
    r"\A\ufeff?(?=(?:title|author|authors|date|layout|category|tags|slug|summary)[ ]?:)"
    r"(?:[A-Za-z][\w -]{0,30}:[^\n]*\n)+(?=\n)",
    re.IGNORECASE,
)
_TITLE_BLOCK = re.compile(r"\A\ufeff?%[ ]?([^\n]*)\n(?:%[ ]?([^\n]*)\n)?(?:%[ ]?([^\n]*)\n)?")
_FENCE = re.compile(r"[ \t>]*+(?:[-*+][ \t]++)?(`{3,}|~{3,})")
_TAB = re.compile(r"([ \t]*+)===[+!]?[ \t]++\"([^\"\n]*+)\"[ \t]*+")
_DIV = re.compile(r"([ \t]*+):{3,}+[ \t]*+(?:\{([^}\n]*+)\}|([\w-]++))?+[ \t]*+(.*)")
_DIV_TITLE = re.compile(r"title=\"([^\"\n]*+)\"")
_DIV_KIND = re.compile(r"(?<!\S)\.(?:callout-)?([\w-]+)")
_ALERT = re.compile(r"([ \t]*+(?:>[ \t]*+)+)\[!([\w-]++)\][+-]?[ \t]*+(.*)")
_ABBREVIATION = re.compile(r"\*\[([^\]\n]++)\]:[ \t]*+(\S.*)")
_LEFT_OUT = re.compile(
    r"(?:\[TOC\]|\[\[_?TOC_?\]\]|\$\{toc\}|\{:[^{}\n]*+\}|"
    r"import\s[^\n]{1,300}\sfrom\s+(?:\"[^\"\n]+\"|'[^'\n]+');?)[ \t]*+",
    re.IGNORECASE,
)
"""Places of a table of contents, attributes of Kramdown, and imports of MDX."""
_TAG = (
    r"\{(?:\{[<%]|%)-? *+(?P<end>/|end)?(?P<name>[\w-]++)(?P<rest>[^{}\n]*+)\}{1,2}"
    r"|\[(?:/[a-z]++(?:-[a-z]++)*+|[a-z]++(?:-[a-z]++)*+(?P<attributes>(?: [\w-]++=\"[^\"\n]*+\")++))\](?!\()"
)
_CODE = r"(?<!`)(?P<ticks>`++)(?:(?!(?P=ticks)).)*+(?P=ticks)(?!`)"
_TAG_OR_CODE = re.compile(rf"{_CODE}|{_TAG}")
_INDENTS = ("    ", "\t")
"""How a line begins that may be code."""
_TAG_TITLE = re.compile(r"\b(?:title|caption|label|header|summary|content|alt)=(?:\"([^\"\n]++)\"|'([^'\n]++)')")
_TAG_NAMED = re.compile(r"\s*+\"([^\"\n]++)\"")
_TAG_KIND = re.compile(r"(?<![\w-])(?:note|tip|info|warning|caution|danger|important|success)(?![\w-])")
_NAMED = frozenset({"tab", "tabitem", "ref", "relref", "details", "expand", "collapse", "card", "step"})
"""Tags whose first value says what they are or refer to."""
_MARKED_OR_CODE = re.compile(rf"{_CODE}|(?<![=\w])==(?=\S)(?P<marked>[^=\n]++)(?<=\S)==(?![=\w])")
_CODE_SPAN = re.compile(r"(?<!`)(`++)([^`\n]*+)\1(?!`)")
_HTML_BLOCK = re.compile(r"[ \t]*+<[a-zA-Z][^>\n]*?\smarkdown(?:=[\"'][^\"'\n]*+[\"'])?+(?=[\s>])[^>\n]*+>[ \t]*+")


def front_matter(text: str) -> tuple[list[str], str]:
    """Returns the lines of what is said about a document at its head, and the rest of the text."""
    found = _FRONT_MATTER.match(text)
    if found is not None and _KEY_LINE.search(found[2]):
        lines = toml_lines(found[2]) if found[1] == "+++" else yaml_lines(found[2])
        return lines, text[found.end() :]
    if _JSON_START.match(text):
        try:
            stored, end = json.JSONDecoder().raw_decode(text.lstrip("\ufeff"))
        except (ValueError, RecursionError):
            return [], text
        rest = text.lstrip("\ufeff")[end:]
        return (yaml_lines(json.dumps(stored, ensure_ascii=False)), rest) if rest.startswith("\n") else ([], text)
    if found := _HEADERS.match(text):
        return [line.strip() for line in found[0].lstrip("\ufeff").splitlines()], text[found.end() :]
    if found := _TITLE_BLOCK.match(text):
        pairs = zip(("title", "author", "date"), found.groups(), strict=True)
        return [f"{key}: {value.strip()}" for key, value in pairs if value and value.strip()], text[found.end() :]
    return [], text


def front_matter_values(text: str) -> Mapping[str, object]:
    """Returns the keys and values at the head of a document; none where it has no head that can be read."""
    found = _FRONT_MATTER.match(text)
    try:
        if found is not None and found[1] == "+++":
            return tomllib.loads(_TOML_DAY.sub(r'= "\1"', found[2][:LARGEST_BYTES]))
        if found is not None:
            return read_mapping(found[2], what="The head of the file")
        if _JSON_START.match(text):
            stored, _ = json.JSONDecoder().raw_decode(text.lstrip("\ufeff"))
            return stored if isinstance(stored, dict) else {}
    except (WrongFieldError, ValueError, RecursionError):
        return {}
    pairs = (line.partition(":") for line in front_matter(text)[0])
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def common_markdown(text: str) -> str:
    """Returns Markdown with tabs as admonitions, containers and alerts as bold titles, and safe bars in tables."""
    return "\n".join(_rewritten(text.split("\n")))


def _rewritten(lines: list[str]) -> Iterator[str]:
    fence = ""
    for line in lines:
        marks = _FENCE.match(line)
        if marks and not (fence and not marks[1].startswith(fence)):
            fence = "" if fence else marks[1]
        if fence or marks:
            yield line
        elif line.lstrip().startswith("|") and "`" in line:
            yield _CODE_SPAN.sub(_with_safe_bars, line)
        elif _HTML_BLOCK.fullmatch(line):
            yield from (line, "")
        elif _LEFT_OUT.fullmatch(line):
            yield ""
        elif not line.startswith(_INDENTS) and ("{" in line or "=" in line or line.lstrip().startswith("[")):
            yield from _without_tags(line)
        else:
            yield from _retitled(line)


def _without_tags(line: str) -> Iterator[str]:
    """Yields a line without the tags of site builders, but with what they say; tags alone as titles."""
    text = _MARKED_OR_CODE.sub(lambda match: match["marked"] or match[0], line)
    said = _TAG_OR_CODE.sub(_said_by_tag, text)
    if said == text:
        yield from _retitled(text)
    elif _TAG_OR_CODE.sub(lambda match: match[0] if match[0].startswith("`") else "", text).strip():
        yield said
    else:
        title = said.strip().removesuffix(":")
        yield from ("", f"<span></span>**{title}**", "") if title else ("",)


def template_tags(text: str) -> list[str]:
    """Returns the tags of site builders in a text, which are no words of it; also those in fenced code."""
    tags = [match[0] for match in _TAG_OR_CODE.finditer(text) if not match[0].startswith("`")]
    return [*tags, *(line for line in text.split("\n") if _LEFT_OUT.fullmatch(line))]


def _said_by_tag(match: re.Match[str]) -> str:
    """Returns the title of a tag, what it refers to, or the kind of a note; code as it is."""
    if match[0].startswith("`"):
        return match[0]
    name, rest = (match["name"] or "").lower(), match["rest"] or match["attributes"] or ""
    if match["end"]:
        return ""
    if titled := _TAG_TITLE.search(rest):
        return titled[1] or titled[2]
    if name in _NAMED and (named := _TAG_NAMED.match(rest)):
        return named[1]
    kind = _TAG_KIND.search(f"{name} {rest}".replace('"', " ").replace("=", " "))
    return f"{kind[0].capitalize()}: " if kind else ""


def _with_safe_bars(match: re.Match[str]) -> str:
    return match[0].replace("\\|", "|").replace("|", "\\|")


def _retitled(line: str) -> Iterator[str]:
    if tab := _TAB.fullmatch(line):
        yield f'{tab[1]}!!! tab "{tab[2]}"'
    elif div := _DIV.fullmatch(line):
        yield ""
        if title := _div_title(div):
            # The empty element keeps it from being read as a heading, for what follows the container is not below it.
            yield from (f"{div[1]}<span></span>**{title}**", "")
    elif alert := _ALERT.fullmatch(line):
        title = alert[3].strip()
        yield f"{alert[1]}**{alert[2].capitalize()}: {title}".rstrip() + "**"
        if title:
            yield alert[1]
    elif meaning := _ABBREVIATION.fullmatch(line):
        yield from (f"{meaning[1]}: {meaning[2]}", "")
    else:
        yield line


def _div_title(div: re.Match[str]) -> str:
    attributes, name, rest = div[2] or "", div[3] or "", (div[4] or "").strip().strip("[]").rstrip(":").strip()
    titled, kind = _DIV_TITLE.search(attributes), _DIV_KIND.search(attributes)
    name = name or (kind[1] if kind else "")
    rest = titled[1] if titled else rest
    shown = name.replace("-", " ").capitalize()
    return f"{shown}: {rest}" if shown and rest else rest or shown
