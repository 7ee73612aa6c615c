"""Reads files with another library: ``python peer_script.py LIBRARY MEMORY_BYTES``, run by that library's own Python.

Imports nothing of Citewell. Each line that it reads is ``{"path": ..., "answer": ...}``: what it made of the first file
goes into the second, as JSON; then it answers with an empty line, as it does when it is ready.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

Answer = dict[str, Any]
_UNKNOWN = {
    "ImportError",
    "MissingDependencyException",
    "ModuleNotFoundError",
    "UnknownFormatError",
    "UnsupportedFileFormatError",
    "UnsupportedFormatException",
}
_ABSENT = {"cv2", "pdf2image", "unstructured_inference", "unstructured_pytesseract"}


class UnknownFormatError(Exception):
    """The library does not read such files."""


def markitdown() -> Callable[[str], Answer]:
    """Returns a reader that writes Markdown."""
    converter = import_module("markitdown").MarkItDown(enable_plugins=False)
    return lambda path: {"text": converter.convert_local(path).markdown, "is_markdown": True}


def pdfplumber() -> Callable[[str], Answer]:
    """Returns a reader of PDF files, with tables as rows."""
    library = import_module("pdfplumber")

    def read(path: str) -> Answer:
        if Path(path).suffix.lower() != ".pdf":
            raise UnknownFormatError
        texts, rows = [], []
        with library.open(path) as pdf:
            for page in pdf.pages:
                texts.append(page.extract_text() or "")
                rows += page.extract_tables()
                page.close()
        return {"text": "\n".join(texts), "rows": rows}

    return read


def unstructured() -> Callable[[str], Answer]:
    """Returns a reader with tables as HTML. It takes PDF files by their text layers: strategy ``fast``.

    Their module imports packages that only its models for page images need, and sentences are found with a model that
    is downloaded. Both are stood in for: only the kinds of elements depend on the model.
    """
    sys.meta_path.append(_Absent())
    spacy, tokenize = import_module("spacy"), import_module("unstructured.nlp.tokenize")
    language = spacy.blank("en")
    language.add_pipe("sentencizer")
    vars(tokenize)["_load_spacy_model"] = lambda: language
    partition = import_module("unstructured.partition.auto").partition

    def read(path: str) -> Answer:
        try:
            elements = partition(path, strategy="fast")
        except FileNotFoundError as error:
            raise UnknownFormatError(str(error)) from error  # old formats of Office need LibreOffice
        tables = [each.metadata.text_as_html for each in elements if each.metadata.text_as_html]
        return {"text": "\n".join(each.text for each in elements), "html": tables}

    return read


class _Anything(type):
    def __getattr__(cls, name: str) -> int:
        if name.startswith("__"):
            raise AttributeError(name)
        return 0


class _AbsentModule(ModuleType):
    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (), {})


class _Absent(MetaPathFinder, Loader):
    """Finds modules that are not installed, with any name in them."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in _ABSENT else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Runs nothing."""


def main(library: str, memory_bytes: int) -> None:
    """Answers until standard input ends."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), 1)  # a library that prints must not get into the answers
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    read = {each.__name__: each for each in (markitdown, pdfplumber, unstructured)}[library]()
    replies.write(b"\n")
    for line in requests:
        request = json.loads(line)
        start = _processor_seconds()
        answer = _answer(read, request["path"])
        answer["seconds"] = _processor_seconds() - start
        Path(request["answer"]).write_text(json.dumps(answer), encoding="utf-8")
        replies.write(b"\n")


def _answer(read: Callable[[str], Answer], path: str) -> Answer:
    try:
        return read(path)
    except Exception as error:  # noqa: BLE001 - whatever a library raises is its result
        name = type(error).__name__
        return {"error": f"{name}: {error}"[:200], "is_unknown": name in _UNKNOWN}


def _processor_seconds() -> float:
    used = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
