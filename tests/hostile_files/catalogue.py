"""One bad file of each sort, with the name it is uploaded under."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.hostile_files import archives, markup, messages, pdfs, pictures, texts
from tests.hostile_files.containers import KINDS
from tests.hostile_files.markup import MARKUP_KINDS, extension

_MIB = 1_048_576
_DEPTH = 100_000


def hostile_files(uri: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yields a name and what makes the content; those that reach for another file reach for ``uri``."""
    for kind in KINDS:
        yield f"dense.{kind}", partial(archives.dense, kind, size_bytes=80 * _MIB)
        yield f"large.{kind}", partial(archives.large, kind, size_bytes=1_100 * _MIB)
        yield f"lying.{kind}", partial(archives.lying, kind, size_bytes=500 * _MIB)
        yield f"crowded.{kind}", partial(archives.crowded, kind, count=10_000)
        yield f"nested.{kind}", partial(archives.nested, kind, depth=6)
        yield f"overlapping.{kind}", partial(archives.overlapping, kind, count=1_000)
        yield f"linked.{kind}", partial(archives.linked, kind, target="/etc/hostname")
        yield f"leading-outside.{kind}", partial(archives.leading_outside, kind, member="../../x")
    for kind in MARKUP_KINDS:
        end = extension(kind)
        yield f"{kind}-entity.{end}", partial(markup.external_entity, kind, uri)
        yield f"{kind}-parameter.{end}", partial(markup.external_parameter_entity, kind, uri)
        yield f"{kind}-dtd.{end}", partial(markup.external_dtd, kind, uri)
        yield f"{kind}-laughs.{end}", partial(markup.billion_laughs, kind)
        yield f"{kind}-blowup.{end}", partial(markup.quadratic_blowup, kind)
    yield from _pdfs()
    yield from _others()


def _pdfs() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "circular-xref.pdf", pdfs.circular_xref
    yield "circular-pages.pdf", pdfs.circular_page_tree
    yield "circular-length.pdf", pdfs.circular_length
    yield "flate-bomb.pdf", partial(pdfs.flate_bomb, size_bytes=1_024 * _MIB)
    yield "claimed-pages.pdf", partial(pdfs.claimed_pages, _DEPTH)
    yield "pages.pdf", partial(pdfs.repeated_page, _DEPTH)
    yield "script.pdf", partial(pdfs.script, "app.alert(1)")
    yield "launch.pdf", partial(pdfs.launch, "/bin/true", "x")
    yield "locked.pdf", pdfs.locked


def _others() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "deep.json", partial(markup.deep_json, _DEPTH)
    yield "deep.html", partial(markup.deep_html, _DEPTH)
    yield "deep.xml", partial(markup.deep_xml, _DEPTH)
    yield "deep.yaml", partial(markup.deep_list, _DEPTH)
    yield "deep.toml", partial(markup.deep_list, _DEPTH, head=b"a = ")
    yield "deep.ipynb", partial(markup.deep_list, _DEPTH, head=b'{"cells": ')
    yield "laughs.yaml", markup.laughing_yaml
    yield "deep.eml", partial(messages.deep_message, 2_000)
    yield "parts.eml", partial(messages.many_parts, _DEPTH)
    yield "deep.zip", partial(archives.nested_archive, 12)
    yield "claimed.dat", messages.claiming_container
    for end in ("txt", "html", "csv"):
        yield f"line.{end}", partial(texts.one_line, 50_000_000)
    yield "flood.png", partial(pictures.png_flood, 20_000)
    yield "below-flood.png", partial(pictures.png_flood, 9_900)
    yield "flood.tif", partial(pictures.tiff_flood, 60_000)
    yield "frames.tif", partial(pictures.tiff_flood, 100, frames=2_000)
    yield "attachment.msg", partial(messages.outlook_message, attachment="../../x")
    yield "attachment.eml", partial(messages.internet_message, attachment="../../x")
    yield "locked.docx", messages.locked_office_file
    yield "impossible-encoding.txt", texts.impossible_encoding
