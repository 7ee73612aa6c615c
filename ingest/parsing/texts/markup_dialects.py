"""Rewrites what Pandoc would drop of reStructuredText, AsciiDoc and Org as what it reads. Pure."""

from __future__ import annotations

import re

_FIELD = re.compile(r"^:([^:\s`][^:\n`]{0,60}):[ \t]+(\S[^\n]*(?:\n[ \t]+\S[^\n]*)*)", re.MULTILINE)
_VERSION = re.compile(
    r"^([ \t]{0,40})\.\. (versionadded|versionchanged|versionremoved|deprecated|deprecated-removed):: *(\S[^\n]*)$"
    r"(?=(\n[ \t]{1,60}\S)?)",
    re.MULTILINE,
)
_OBJECT = re.compile(
    r"^([ \t]{0,40})\.\. (?!class:: [a-z\d _-]*$)(?:[a-z]{1,8}:)?"
    r"(?:function|method|classmethod|staticmethod|class|data|attribute|property|"
    r"exception|module|envvar|confval|setting|describe|object|macro|type|member|decorator)::[ \t]+(\S[^\n]*)$",
    re.MULTILINE,
)
_ONLY = re.compile(r"^([ \t]{0,40})\.\. (?:only|ifconfig):: [^\n]*$", re.MULTILINE)
_ROLE = re.compile(r"(?<!\w):[a-z][\w:+.-]{0,30}:`([^`<\n]{1,200}?)[ ]?<[^`>\n]{1,300}>`")
_REST_INCLUDED = re.compile(r"^[ \t]{0,40}\.\. ((?:literal)?include):: (\S[^\n]*)$", re.MULTILINE)
_SAID_OF_VERSION = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "versionremoved": "Removed in version",
    "deprecated": "Deprecated since version",
    "deprecated-removed": "Deprecated and removed in versions",
}
_INCLUDED = re.compile(r"^include::([^\[\n]{1,300})\[[^\n]*", re.MULTILINE)
_CONDITION = re.compile(r"^(?:ifn?def|ifeval|endif)::[^\[\n]{0,200}\[([^\n]*)\]$", re.MULTILINE)
_REVISION = re.compile(r"(\A= [^\n]+\n[^\n:=][^\n]*\n)(v?\d[^\n]{0,100})\n((?:[^\n]+\n)*)")
_PLANNED = re.compile(r"^[ \t]*((?:(?:DEADLINE|SCHEDULED|CLOSED):[ \t]*[<\[][^>\]\n]+[>\]][ \t]*){1,3})$", re.MULTILINE)
_ANGLES = re.compile(r"[<>]")
_PROPERTIES = re.compile(
    r"^[ \t]*:PROPERTIES:[ \t]*\n((?:[ \t]*:[^:\n]+:[^\n]*\n){0,100}?)[ \t]*:END:[ \t]*$", re.MULTILINE
)
_PROPERTY = re.compile(r"^[ \t]*+:([^:\n]++):[ \t]*+(\S[^\n]*)$", re.MULTILINE)
_TAGS = re.compile(r"^(\*+ [^\n]*?\S)[ \t]+:((?:[\w@#%]+:)+)[ \t]*$", re.MULTILINE)
_OF_PROGRAMS = frozenset({"ID", "CUSTOM_ID", "VISIBILITY", "COLUMNS"})


def rst(text: str) -> str:
    """Returns reStructuredText with fields as items, and with the versions and signatures that directives name."""
    text = _VERSION.sub(_said_of_version, text)
    text = _OBJECT.sub(r"\1.. container::\n\n\1   ``\2``\n", text)
    text = _REST_INCLUDED.sub(r"\1: \2", _ONLY.sub(r"\1.. container::\n", text))
    return _FIELD.sub(_item, _ROLE.sub(r"\1", text))


def asciidoc(text: str) -> str:
    """Returns AsciiDoc without conditions, with the revision as a line, and with the names of the files it includes.

    Pandoc refuses a document that includes others.
    """
    text = _CONDITION.sub(r"\1", _INCLUDED.sub(r"include: \1", text))
    return _REVISION.sub(r"\1\3\nVersion: \2\n", text)


def org(text: str) -> str:
    """Returns Org with days, properties and tags as words."""
    text = _PLANNED.sub(lambda match: f"{_ANGLES.sub('', match[1]).strip()}\n", text)
    text = _PROPERTIES.sub(
        lambda match: "".join(
            f"- {one[1]}: {one[2]}\n" for one in _PROPERTY.finditer(match[1]) if one[1].upper() not in _OF_PROGRAMS
        ),
        text,
    )
    return _TAGS.sub(lambda match: f"{match[1]} ({match[2].strip(':').replace(':', ', ')})", text)


def _said_of_version(match: re.Match[str]) -> str:
    indent, follows = match[1], match[4]
    said = f"{_SAID_OF_VERSION[match[2]]} {match[3].rstrip('.: ')}"
    return f"{indent}.. container::\n\n{indent}   {said}{':' if follows else ''}"


def _item(field: re.Match[str]) -> str:
    """Returns a field, such as ``:Status: Final``, as an item: Pandoc drops those at a document's head."""
    return f"- {field[1]}: {' '.join(field[2].split())}"
