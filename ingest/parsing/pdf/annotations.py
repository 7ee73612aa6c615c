"""Reads what a PDF holds beside the text of its pages: fields and forms, notes and free text, attached files."""

from __future__ import annotations

import ctypes
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2
from lxml import etree
from pypdfium2 import raw

from ingest.parsing.blocks.assembly import clean
from ingest.parsing.pdf.page_characters import shown

_MAX_ANNOTATIONS = 2_000
_MAX_BYTES = 200_000
_MAX_OPTIONS = 500
_MAX_FORM_BYTES = 8_000_000
_HIDDEN = 2
_NO_VIEW = 32
_PASSWORD = 1 << 13
_NOTES = frozenset(
    {
        raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_SQUIGGLY,
        raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE, raw.FPDF_ANNOT_POLYGON,
        raw.FPDF_ANNOT_LINE, raw.FPDF_ANNOT_POLYLINE, raw.FPDF_ANNOT_INK, raw.FPDF_ANNOT_CARET, raw.FPDF_ANNOT_STAMP,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A form field on a page: its box as shown, its name for people (may be empty), and its value.

    ``is_button``: a check box or a radio button, whose label stands after it; its value is yes or no.
    """

    box: tuple[float, float, float, float]
    name: str
    value: str
    is_button: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on a page. ``is_free_text``: it is text on the page itself."""

    box: tuple[float, float, float, float]
    author: str
    text: str
    is_free_text: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """The fields and notes of a page; ``hidden`` notes and fields with a value are left out."""

    fields: tuple[Field, ...] = ()
    notes: tuple[Note, ...] = ()
    hidden: int = 0


def page_annotations(page: pypdfium2.PdfPage, form: pypdfium2.internal.PdfFormEnv | None) -> Annotations:
    """Reads the annotations of a page; those beyond the 2,000th are not looked at."""
    count = min(raw.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)
    fields: list[Field] = []
    notes: list[Note] = []
    hidden = 0
    for index in range(count):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            found = _field(page, annotation, form) or _note(page, annotation)
            if found is None:
                continue
            if raw.FPDFAnnot_GetFlags(annotation) & (_HIDDEN | _NO_VIEW):
                hidden += bool(found.text if isinstance(found, Note) else found.value)
            elif isinstance(found, Field):
                fields.append(found)
            else:
                notes.append(found)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return Annotations(fields=tuple(fields), notes=tuple(notes), hidden=hidden)


def attached_files(document: pypdfium2.PdfDocument) -> tuple[str, ...]:
    """Returns the names of the files that a PDF holds."""
    names = []
    for index in range(min(document.count_attachments(), _MAX_OPTIONS)):
        try:
            names.append(" ".join(clean(document.get_attachment(index).get_name()).split()) or "without a name")
        except pypdfium2.PdfiumError:
            names.append("without a name")
    return tuple(names)


def form_lines(document: pypdfium2.PdfDocument) -> list[str]:
    """Returns the texts and filled fields of a form that stands in XML (XFA) behind a page that asks to wait.

    A field's value is the next one of its name in the form's data.
    """
    parts = _xml_parts(document)
    values: dict[str, deque[str]] = defaultdict(deque)
    for element in parts["datasets"].iterfind("{*}data//*") if "datasets" in parts else ():
        if not len(element) and isinstance(element.tag, str):
            values[etree.QName(element).localname].append(_xml_text(element))
    lines = [_form_line(element, values) for element in _form_parts(parts["template"])] if "template" in parts else []
    return list(filter(None, lines))


def _xml_parts(document: pypdfium2.PdfDocument) -> dict[str, etree._Element]:
    parts = {}
    for index in range(min(max(raw.FPDF_GetXFAPacketCount(document), 0), 32)):
        name = ctypes.create_string_buffer(64)
        size = ctypes.c_ulong()
        raw.FPDF_GetXFAPacketName(document, index, name, 64)
        raw.FPDF_GetXFAPacketContent(document, index, None, 0, size)
        if name.value not in {b"template", b"datasets"} or not 0 < size.value <= _MAX_FORM_BYTES:
            continue
        content = ctypes.create_string_buffer(size.value)
        raw.FPDF_GetXFAPacketContent(document, index, content, size.value, size)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
        try:
            parts[name.value.decode()] = etree.fromstring(content.raw, parser)
        except etree.XMLSyntaxError:
            continue
    return parts


def _form_parts(template: etree._Element) -> Iterator[etree._Element]:
    """Yields the texts and fields that are shown, in order."""
    waiting = [template]
    while waiting:
        element = waiting.pop()
        is_button = element.find("{*}ui/{*}button") is not None
        if element.get("presence") in {"hidden", "invisible", "inactive"} or is_button:
            continue
        if etree.QName(element).localname in {"draw", "field"}:
            yield element
        else:
            waiting += reversed(element)


def _form_line(element: etree._Element, values: dict[str, deque[str]]) -> str:
    value = _form_value(element, "{*}value/*")
    if etree.QName(element).localname == "draw":
        return value
    given = values[element.get("name", "")]
    value = given.popleft() if given else value
    caption = _form_value(element, "{*}caption/{*}value/*").rstrip(": ")
    return f"{caption or element.get('name', '')}: {value}" if value else caption


def _form_value(element: etree._Element, path: str) -> str:
    return "".join(_xml_text(part) for part in element.iterfind(path) if etree.QName(part).localname != "image")


def _xml_text(element: etree._Element) -> str:
    return " ".join(clean(" ".join(element.itertext(with_tail=False))).split())


def _field(page: pypdfium2.PdfPage, annotation: Any, form: Any) -> Field | None:  # noqa: ANN401 - PDFium handles
    if form is None or raw.FPDFAnnot_GetSubtype(annotation) != raw.FPDF_ANNOT_WIDGET:
        return None
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    name = _string(lambda buffer, size: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, buffer, size))
    name = name or _string(lambda buffer, size: raw.FPDFAnnot_GetFormFieldName(form, annotation, buffer, size))
    if kind in {raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON}:
        value = "yes" if raw.FPDFAnnot_IsChecked(form, annotation) else "no"
        return Field(box=_box(page, annotation), name=name, value=value, is_button=True)
    if kind in {raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}:
        value = "; ".join(_chosen(form, annotation)) or _value(form, annotation)
    elif kind == raw.FPDF_FORMFIELD_TEXTFIELD:
        is_password = raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD
        value = "" if is_password else _value(form, annotation)
    else:
        return None
    return Field(box=_box(page, annotation), name=name, value=value, is_button=False)


def _value(form: Any, annotation: Any) -> str:  # noqa: ANN401
    return _string(lambda buffer, size: raw.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))


def _chosen(form: Any, annotation: Any) -> list[str]:  # noqa: ANN401
    count = min(max(raw.FPDFAnnot_GetOptionCount(form, annotation), 0), _MAX_OPTIONS)
    chosen = [index for index in range(count) if raw.FPDFAnnot_IsOptionSelected(form, annotation, index)]
    return list(filter(None, (_option(form, annotation, index) for index in chosen)))


def _option(form: Any, annotation: Any, index: int) -> str:  # noqa: ANN401
    return _string(lambda buffer, size: raw.FPDFAnnot_GetOptionLabel(form, annotation, index, buffer, size))


def _note(page: pypdfium2.PdfPage, annotation: Any) -> Note | None:  # noqa: ANN401
    subtype = raw.FPDFAnnot_GetSubtype(annotation)
    is_free_text = subtype == raw.FPDF_ANNOT_FREETEXT
    if not is_free_text and subtype not in _NOTES:
        return None
    text = _string(lambda buffer, size: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size))
    if not text:
        return None
    author = _string(lambda buffer, size: raw.FPDFAnnot_GetStringValue(annotation, b"T", buffer, size))
    return Note(box=_box(page, annotation), author=author, text=text, is_free_text=is_free_text)


def _string(read: Callable[[Any, int], int]) -> str:
    """Calls a function that fills a buffer with UTF-16; returns one line of clean text."""
    size = read(None, 0)
    if not 2 < size <= _MAX_BYTES:  # noqa: PLR2004 - the zero at its end
        return ""
    buffer = ctypes.create_string_buffer(size)
    read(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return " ".join(clean(buffer.raw[:size].decode("utf-16-le", "replace")).replace("\n", " ").split()).strip("\0")


def _box(page: pypdfium2.PdfPage, annotation: Any) -> tuple[float, float, float, float]:  # noqa: ANN401
    rectangle = raw.FS_RECTF()
    if not raw.FPDFAnnot_GetRect(annotation, rectangle):
        return 0.0, 0.0, 0.0, 0.0
    stored = np.array([[rectangle.left, rectangle.bottom, rectangle.right, rectangle.top]], dtype=np.float32)
    stored = np.concatenate(
        [np.minimum(stored[:, :2], stored[:, 2:]), np.maximum(stored[:, :2], stored[:, 2:])], axis=1
    )
    left, bottom, right, top = shown(page, stored)[0].tolist()
    return left, bottom, right, top


def names_of(files: Sequence[str], most: int = 10) -> str:
    """Returns names in a row, and how many more there are."""
    rest = f" and {len(files) - most} more" if len(files) > most else ""
    return ", ".join(files[:most]) + rest
