"""A data folder and its catalogue: nothing is lost by a start with the wrong one, and the service says how to go on."""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.opening import open_storage
from ingest.upkeep.adoption import Adoption, adopt_originals
from rag.errors import (
    CatalogDamagedError,
    CatalogUnavailableError,
    CitewellError,
    FolderMismatchError,
    UnusableFolderError,
)
from rag.settings import GenerationSettings, GeneratorBackend, Settings, StorageSettings
from tests.support.servers.service import running_client, take_in, wait_for_job

SocketPaths = Callable[[], Path]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two documents, one of them with two versions."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    with running_client(_settings(folder), tmp_path_factory.mktemp("socket") / "api.sock") as client:
        take_in(client, "cat.md", b"# Cat\n\nThe office cat is called Juniper.")
        take_in(client, "gate.txt", b"The north gate opens at six.", collection="site")
        take_in(client, "gate.txt", b"The north gate opens at seven.", collection="site")
    return folder


@pytest.fixture
def folder(tmp_path: Path, filled: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "data")


@pytest.fixture
def sockets() -> Iterator[SocketPaths]:
    with tempfile.TemporaryDirectory() as short:  # the path of a Unix socket may have 107 bytes
        yield lambda: Path(short) / f"{len(list(Path(short).iterdir()))}"


def _settings(folder: Path, url: str | None = None) -> Settings:
    storage = StorageSettings.model_validate({"folder": folder, "catalog_url": url})
    return Settings(storage=storage, generation=GenerationSettings(backend=GeneratorBackend.EXTRACTIVE))


def _files(folder: Path) -> dict[str, str]:
    """Hashes of originals, labels and extracted texts."""
    kept = [path for name in ("blobs", "extracted", "bin") for path in (folder / name).rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def _replace(path: Path, content: bytes | None) -> None:
    """Puts another content into the place of a catalogue and its log, or none."""
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink()
    if content is not None:
        path.write_bytes(content)


def _remove(path: Path) -> None:
    _replace(path, None)


def _empty(path: Path) -> None:
    _replace(path, b"")


def _cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    _replace(path, content[: len(content) // 2])


def _cut_inside_a_page(path: Path) -> None:
    _replace(path, path.read_bytes()[:5_000])


def _overwrite_the_start(path: Path) -> None:
    _replace(path, bytes(4_096) + path.read_bytes()[4_096:])


def _overwrite_the_middle(path: Path) -> None:
    content = path.read_bytes()
    middle = len(content) // 8_192 * 4_096
    _replace(path, content[:middle] + b"\xff" * 8_192 + content[middle + 8_192 :])


def _replace_by_that_of_another_program(path: Path) -> None:
    _replace(path, None)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()


def _replace_by_that_of_another_folder(path: Path) -> None:
    other = path.parent.with_name("other")
    with open_storage(_settings(other)):
        pass
    _replace(path, (other / path.name).read_bytes())


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (_remove, FolderMismatchError),
        (_empty, FolderMismatchError),
        (_cut_in_half, CatalogDamagedError),
        (_cut_inside_a_page, CatalogDamagedError),
        (_overwrite_the_start, CatalogDamagedError),
        (_overwrite_the_middle, CatalogDamagedError),
        (_replace_by_that_of_another_program, CatalogDamagedError),
        (_replace_by_that_of_another_folder, FolderMismatchError),
    ],
)
def test_a_start_with_a_lost_or_damaged_catalogue_is_refused_and_touches_nothing(
    folder: Path, sockets: SocketPaths, harm: Callable[[Path], None], error: type[CitewellError]
) -> None:
    before = _files(folder)
    harm(folder / "catalog.db")
    for _ in range(2):
        refused = pytest.raises(error, match=r"citewell restore.*citewell adopt")
        with refused, running_client(_settings(folder), sockets()):
            pass
    assert _files(folder) == before


@pytest.mark.integration
def test_a_start_with_a_new_database_over_an_old_folder_is_refused(
    folder: Path, sockets: SocketPaths, postgres_url: str
) -> None:
    before = _files(folder)
    with pytest.raises(FolderMismatchError), running_client(_settings(folder, postgres_url), sockets()):
        pass
    assert _files(folder) == before


def test_a_start_with_a_catalogue_over_the_folder_of_another_is_refused(folder: Path, sockets: SocketPaths) -> None:
    other = folder.with_name("other")
    other.mkdir()
    shutil.copyfile(folder / "catalog.db", other / "catalog.db")
    with pytest.raises(FolderMismatchError), running_client(_settings(other), sockets()):
        pass


@pytest.mark.parametrize("harm", [_remove, _cut_in_half])
def test_adopting_brings_every_document_back_under_its_name_and_ids(
    folder: Path, sockets: SocketPaths, harm: Callable[[Path], None]
) -> None:
    with running_client(_settings(folder), sockets()) as client:
        [before] = [document for document in _documents(client) if document["name"] == "gate.txt"]
    harm(folder / "catalog.db")
    assert adopt_originals(_settings(folder)) == Adoption(versions=3, unnamed=0, unreadable=0)
    assert adopt_originals(_settings(folder)) == Adoption(versions=0, unnamed=0, unreadable=0)
    with running_client(_settings(folder), sockets()) as client:
        _until_read(client)
        found = {(document["collection"], document["name"]): document for document in _documents(client)}
        assert set(found) == {("site", "gate.txt"), ("default", "cat.md")}
        gate = found["site", "gate.txt"]
        assert (gate["id"], gate["version_id"]) == (before["id"], before["version_id"])
        versions = client.get(f"/v1/documents/{gate['id']}/versions").json()["versions"]
        assert [version["number"] for version in versions] == [2, 1]
        assert _found(client, "When does the north gate open?", "site") == ["The north gate opens at seven."]


def test_originals_without_a_label_come_back_with_what_their_bytes_tell(folder: Path, sockets: SocketPaths) -> None:
    _remove(folder / "catalog.db")
    shutil.rmtree(folder / "blobs" / "labels")
    assert adopt_originals(_settings(folder)) == Adoption(versions=0, unnamed=3, unreadable=0)
    with running_client(_settings(folder), sockets()) as client:
        _until_read(client)
        names = [document["name"] for document in _documents(client)]
        assert len(names) == 3
        assert all(name.startswith("recovered-") and name.endswith(".txt") for name in names)


def test_what_an_older_catalogue_does_not_know_comes_back_with_the_newer_one_or_by_adopting(
    tmp_path: Path, sockets: SocketPaths
) -> None:
    folder = tmp_path / "data"
    catalog = folder / "catalog.db"
    with running_client(_settings(folder), sockets()) as client:
        take_in(client, "old.txt", b"The old lift carries four.")
    older = catalog.read_bytes()
    with running_client(_settings(folder), sockets()) as client:
        take_in(client, "new.txt", b"The new lift carries eight.")
    newer, before = catalog.read_bytes(), _files(folder)

    _replace(catalog, older)
    with running_client(_settings(folder), sockets()) as client:
        assert [document["name"] for document in _documents(client)] == ["old.txt"]
    assert sorted(_files(folder).values()) == sorted(before.values())

    _replace(catalog, newer)
    with running_client(_settings(folder), sockets()) as client:
        _until_read(client)
        assert "The new lift carries eight." in _found(client, "How many does the new lift carry?")
    assert _files(folder) == before

    _replace(catalog, older)
    with running_client(_settings(folder), sockets()):
        pass
    assert adopt_originals(_settings(folder)) == Adoption(versions=1, unnamed=0, unreadable=0)
    with running_client(_settings(folder), sockets()) as client:
        _until_read(client)
        assert sorted(document["name"] for document in _documents(client)) == ["new.txt", "old.txt"]


@pytest.mark.parametrize("below", ["", "below"])
def test_a_folder_that_cannot_be_used_is_explained(tmp_path: Path, sockets: SocketPaths, below: str) -> None:
    folder = tmp_path / "data"
    folder.write_text("This is not a folder.")
    with pytest.raises(UnusableFolderError), running_client(_settings(folder / below), sockets()):
        pass
    with pytest.raises(UnusableFolderError):
        adopt_originals(_settings(folder / below))


def test_a_catalogue_that_is_no_file_is_an_unavailable_one(tmp_path: Path, sockets: SocketPaths) -> None:
    folder = tmp_path / "data"
    (folder / "catalog.db").mkdir(parents=True)
    with pytest.raises(CatalogUnavailableError, match="unable to open"), running_client(_settings(folder), sockets()):
        pass


def _documents(client: httpx.Client) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = client.get("/v1/documents").raise_for_status().json()["documents"]
    return documents


def _found(client: httpx.Client, question: str, collection: str = "default") -> list[str]:
    asked = {"query": question, "collection": collection}
    return [hit["source"]["text"] for hit in client.post("/v1/search", json=asked).raise_for_status().json()["hits"]]


def _until_read(client: httpx.Client) -> None:
    for job in client.get("/v1/jobs").raise_for_status().json()["jobs"]:
        assert wait_for_job(client, job["id"])["state"] == "succeeded"
