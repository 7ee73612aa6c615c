import io
import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

from evals.benchmarks.peers.drivers.library import Document, in_batches
from evals.benchmarks.peers.drivers.run import serve
from evals.benchmarks.peers.installing import ENCODER


class Library:
    def __init__(self) -> None:
        self.stored: list[str] = []
        self.saved = 0

    def add(self, documents: Sequence[Document]) -> None:
        self.stored += [document.passage for document in documents]

    def save(self) -> None:
        self.saved += 1

    def search(self, question: str) -> list[str]:
        if question == "fail":
            raise ValueError(question)
        return [question, *self.stored]

    def ids(self) -> list[str]:
        return ["1"]

    def close(self) -> None:
        pass


def ask(library: Library, *requests: dict[str, object]) -> list[dict[str, object]]:
    replies = io.StringIO()
    serve(library, io.StringIO("".join(json.dumps(request) + "\n" for request in requests)), replies)
    first, *others = map(json.loads, replies.getvalue().splitlines())
    assert first == {"open": True}
    return others


def test_documents_are_added_and_saved_when_that_is_asked_for() -> None:
    library = Library()
    document = {"id": "1", "title": "Gate", "text": "open"}
    assert ask(library, {"add": [document], "save": False}, {"save": True}, {"ids": True}) == [{}, {}, {"ids": ["1"]}]
    assert (library.stored, library.saved) == (["Gate\nopen"], 1)


def test_clients_search_at_once_and_answers_keep_the_order_of_questions() -> None:
    [reply] = ask(Library(), {"search": ["a", "b", "c"], "clients": 2})
    assert reply["ranked"] == [["a"], ["b"], ["c"]]
    assert isinstance(reply["milliseconds"], list)
    assert len(reply["milliseconds"]) == 3


def test_what_a_library_raises_ends_it() -> None:
    with pytest.raises(ValueError, match="fail"):
        ask(Library(), {"search": ["fail"], "clients": 1})


def test_batches_hold_all_documents_in_order() -> None:
    documents = [Document(id=str(number), title="", text="") for number in range(5)]
    assert [[each.id for each in batch] for batch in in_batches(documents, 2)] == [["0", "1"], ["2", "3"], ["4"]]


IMPORTED = """
import sys
before = set(sys.modules)
import evals.benchmarks.peers.drivers.run
print(*{name.partition(".")[0] for name in set(sys.modules) - before if not name.startswith("_")})
"""


def test_a_driver_needs_no_other_packages_of_citewell_than_its_encoder() -> None:
    known = set(sys.stdlib_module_names) | {"evals", "google", "rag", *ENCODER}  # google: protobuf, of onnxruntime
    found = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)  # noqa: S603
    assert set(found.stdout.split()) <= known
