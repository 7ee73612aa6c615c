"""The multipart form of an upload: one file, its name in any encoding, and no part that would be ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from api.schemas.base import storable
from ingest.intake.file_types import has_name

_TEXT_FIELDS = frozenset({"collection", "name", "tags", "fields"})
_FIELDS = _TEXT_FIELDS | {"file"}
_ENCODED_WORD = re.compile(r"=\?[^?]+\?[bq]\?[^?]*\?=", re.IGNORECASE)  # RFC 2047; some clients encode names so
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})


class UploadRoute(APIRoute):
    """A route whose form, where it has one, is read and checked by this module."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Returns the route's handler, which receives the form read."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def with_form(request: Request) -> Response:
            if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
                request._form = await _read_form(request)  # noqa: SLF001 - what ``form()`` returns
            return await handle(request)

        return with_form


async def _read_form(request: Request) -> FormData:
    """Reads the form.

    Raises:
        RequestValidationError: it is not one file with at most one of each other field, or text in it is not UTF-8.
        HTTPException: it is no multipart form, or the client has disconnected.
    """
    parser = _FormParser(request.headers, request.stream())
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message.rstrip(".")) from error
    except ClientDisconnect as error:
        raise HTTPException(400, "The client has gone") from error
    faults = parser.faults or _faults(form)
    if faults:
        parser.close()
        raise RequestValidationError([{"type": kind, "loc": ("body", *place)} for kind, *place in faults])
    return form


class _FormParser(MultiPartParser):
    """Starlette's parser, but with names of files as in RFC 6266, and with text that must be UTF-8.

    Starlette ignores ``filename*``, uses the last of several headers, and reads other encodings as Latin-1.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - Starlette's
        super().__init__(*arguments, **options)
        self.faults: list[tuple[str, ...]] = [("form_cut",)]

    def close(self) -> None:
        """Closes all files that arrived, an incomplete one included."""
        for file in self._files_to_close_on_error:
            file.close()

    def on_headers_finished(self) -> None:
        part = self._current_part
        self._charset = "utf-8"
        headers = part.item_headers
        encoding = b"".join(value for name, value in headers if name == b"content-transfer-encoding")
        if encoding.strip().lower().decode("latin-1") not in _AS_IT_IS:
            self.faults.append(("part_encoded",))
        try:
            if sum(name == b"content-disposition" for name, _ in headers) > 1:
                raise ValueError("two headers")
            part.content_disposition = _disposition(part.content_disposition or b"")
        except ValueError:
            self.faults.append(("part_name",))
        super().on_headers_finished()

    def on_part_end(self) -> None:
        part = self._current_part
        if part.file is None:
            try:
                storable(part.data.decode())
            except ValueError:
                self.faults.append(("broken_text", part.field_name))
        super().on_part_end()

    def on_end(self) -> None:
        self.faults.remove(("form_cut",))


def _disposition(header: bytes) -> bytes:
    """Returns a part's ``Content-Disposition`` with each parameter plain, in UTF-8 and once.

    Raises:
        ValueError: a parameter comes twice, or is not text.
    """
    message = Message()
    message["content-disposition"] = header.decode("latin-1")
    parameters: list[tuple[str, Any]]
    [(kind, _), *parameters] = message.get_params([], header="content-disposition")
    plain: list[tuple[str, str]] = []
    extended: dict[str, tuple[str | None, str | None, str]] = {}  # as RFC 2231 has it: charset, language, bytes
    for key, value in parameters:
        if isinstance(value, tuple):
            extended[key.lower()] = value
        else:
            plain.append((key.lower(), value))
    texts = {key: _decoded(value, "utf-8") for key, value in plain}
    if len(texts) < len(plain):
        raise ValueError("a parameter comes twice")
    if _ENCODED_WORD.match(texts.get("filename", "")):
        texts["filename"] = _without_encoded_words(texts["filename"])
    texts |= {key: _decoded(value, charset or "utf-8") for key, (charset, _, value) in extended.items()}
    written = [f'{key}="{_quoted(texts[key])}"' for key in ("name", "filename") if key in texts]
    return "; ".join([kind, *written]).encode()


def _decoded(latin: str, charset: str) -> str:
    """Returns the text of a header in which each character stands for a byte."""
    try:
        return storable(latin.encode("latin-1").decode(charset))
    except LookupError as error:
        raise ValueError(f"{charset} is no encoding of text") from error


def _without_encoded_words(text: str) -> str:
    try:
        return storable(str(make_header(decode_header(text))))
    except (HeaderParseError, LookupError) as error:
        raise ValueError("a broken encoded word") from error


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _faults(form: FormData) -> list[tuple[str, ...]]:
    """Returns the parts that would be ignored or are of the wrong kind, each with its place."""
    items = form.multi_items()
    names = [name for name, _ in items]
    faults: list[tuple[str, ...]] = [("extra_forbidden", name) for name in names if name not in _FIELDS]
    faults += [("form_repeated", name) for name in sorted(_FIELDS) if names.count(name) > 1]
    for name, value in items:
        if name == "file" and not isinstance(value, UploadFile):
            faults.append(("form_not_file", name))
        if (name, value) == ("collection", ""):  # FastAPI would take the default instead
            faults.append(("form_empty", name))
        if name in _TEXT_FIELDS and not isinstance(value, str):
            faults.append(("string_type", name))
        if isinstance(value, UploadFile) and not has_name(str(form.get("name") or value.filename)):
            faults.append(("form_nameless", name))
    return faults
