import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from rag.catalog.endpoints.sealing import Seal, key_file
from rag.errors import KeyFileError, SealedKeyError
from rag.settings import StorageSettings

URL = "https://llm.example.org/v1"


def seal(folder: Path, secret: str | None = None) -> Seal:
    return Seal(StorageSettings(folder=folder, secret_key=None if secret is None else SecretStr(secret)))


def test_a_sealed_text_opens_again_and_does_not_show_it(tmp_path: Path) -> None:
    sealed = seal(tmp_path / "data").seal("sk-secret", bound_to=URL)
    assert "sk-secret" not in sealed
    assert seal(tmp_path / "data").open(sealed, bound_to=URL) == "sk-secret"
    assert sealed != seal(tmp_path / "data").seal("sk-secret", bound_to=URL)


def test_the_file_of_the_secret_lies_beside_the_folder_and_is_its_owners_alone(tmp_path: Path) -> None:
    seal(tmp_path / "data").seal("sk-secret", bound_to=URL)
    assert key_file(tmp_path / "data") == tmp_path / "data.key"
    assert stat.S_IMODE((tmp_path / "data.key").stat().st_mode) == 0o600
    assert not (tmp_path / "data").exists()


def test_it_does_not_open_for_another_address_with_another_secret_or_when_it_was_changed(tmp_path: Path) -> None:
    here = seal(tmp_path / "data")
    sealed = here.seal("sk-secret", bound_to=URL)
    for other, held, url in (
        (here, sealed, "https://elsewhere.example.org/v1"),
        (seal(tmp_path / "other"), sealed, URL),
        (seal(tmp_path / "data", "a setting"), sealed, URL),
        (here, sealed[:-8] + "AAAAAAA=", URL),
        (here, "no base64", URL),
    ):
        with pytest.raises(SealedKeyError, match="Enter the key again"):
            other.open(held, bound_to=url)


def test_reading_makes_no_file(tmp_path: Path) -> None:
    sealed = seal(tmp_path / "other").seal("sk-secret", bound_to=URL)
    with pytest.raises(SealedKeyError):
        seal(tmp_path / "data").open(sealed, bound_to=URL)
    assert not (tmp_path / "data.key").exists()


def test_with_a_secret_in_the_settings_no_file_is_needed(tmp_path: Path) -> None:
    sealed = seal(tmp_path / "data", "a long text").seal("sk-secret", bound_to=URL)
    assert seal(tmp_path / "elsewhere", "a long text").open(sealed, bound_to=URL) == "sk-secret"
    assert list(tmp_path.iterdir()) == []


def test_an_empty_setting_is_no_secret(tmp_path: Path) -> None:
    seal(tmp_path / "data", "").seal("sk-secret", bound_to=URL)
    assert (tmp_path / "data.key").exists()


def test_where_the_file_cannot_be_made_the_message_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(KeyFileError, match="CITEWELL_STORAGE__SECRET_KEY"):
        seal(tmp_path / "taken" / "data").seal("sk-secret", bound_to=URL)
    (tmp_path / "data.key").write_bytes(b"short")
    with pytest.raises(KeyFileError, match="32 bytes"):
        seal(tmp_path / "data").seal("sk-secret", bound_to=URL)
