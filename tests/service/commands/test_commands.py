"""The commands as a person runs them, with the real service that they start for themselves."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.commands.main import app
from api.commands.shared.client import connect
from rag.errors import ConfigurationError
from rag.settings import load_settings
from tests.unit.api.commands.shared.test_files import write


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("CITEWELL_SERVER__ALLOWED_HOSTS", '["localhost"]')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "docs"
    write(path, "a.txt", "guides/README.md", "guides/setup/README.md")
    return path


def run(*arguments: str | Path, exit_code: int | None = 0) -> Any:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert exit_code in {None, result.exit_code}, (result.output, result.exception)
    return json.loads(result.stdout)


def test_sync_makes_a_collection_equal_to_a_folder(folder: Path) -> None:
    planned = run("sync", folder, "--collection", "docs", "--dry-run")
    assert planned["added"] == ["a.txt", "guides/README.md", "guides/setup/README.md"]
    assert run("sync", folder, "--collection", "docs") == planned

    (folder / "a.txt").write_text("Other words.")
    (folder / "guides" / "README.md").unlink()
    write(folder, "new.txt", "program.exe")
    write(folder, "~$a.docx", "Thumbs.db", "node_modules/README.md")
    (folder / "binary").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(range(256)))
    refused = CliRunner().invoke(app, ["sync", str(folder), "--collection", "docs", "--json"]).exception
    assert isinstance(refused, ConfigurationError)
    assert "1 document of 'docs' is not in" in str(refused)
    assert "will be deleted: guides/README.md. Look at all changes with --dry-run." in str(refused)
    assert "--yes" in str(refused)
    assert "new.txt" not in {document["name"] for document in run("documents")}
    changed = run("sync", folder, "--collection", "docs", "--yes")
    assert run("receipt", changed.pop("receipts")["guides/README.md"])["name"] == "guides/README.md"
    assert sorted(changed.pop("skipped")) == ["Thumbs.db", "binary", "node_modules", "program.exe", "~$a.docx"]
    assert changed == {
        "added": ["new.txt"],
        "updated": ["a.txt"],
        "unchanged": ["guides/setup/README.md"],
        "deleted": ["guides/README.md"],
        "refused": [],
        "kept": [],
        "described": [],
    }
    again = run("sync", folder, "--collection", "docs")
    assert again == {
        "added": [],
        "updated": [],
        "unchanged": ["a.txt", "guides/setup/README.md", "new.txt"],
        "deleted": [],
        "refused": [],
        "kept": [],
        "described": [],
        "receipts": {},
        "skipped": ["Thumbs.db", "node_modules", "program.exe", "~$a.docx", "binary"],
    }


def test_sidecar_files_give_tags_and_fields_and_a_change_of_them_reads_nothing_again(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    write(folder, "a.txt", "b.txt")
    (folder / "a.txt.meta.yaml").write_text("tags: [HR]\nyear: 2024\nauthor: Ada\n")
    assert run("sync", folder)["added"] == ["a.txt", "b.txt"]
    [document] = run("documents", "--tag", "hr")
    assert (document["name"], document["tags"]) == ("a.txt", ["HR"])
    assert {each["name"]: each["value"] for each in document["fields"]} == {"author": "Ada", "year": 2024}
    again = run("sync", folder)
    assert (again["unchanged"], again["described"]) == (["a.txt", "b.txt"], [])

    (folder / "a.txt.meta.yaml").write_text("tags: [Law]\nyear: 2025\n")
    assert run("sync", folder, "--dry-run")["described"] == ["a.txt"]
    assert run("sync", folder)["described"] == ["a.txt"]
    [changed] = run("documents", "--filter", '{"fields": {"year": {"from": 2025}}}')
    assert (changed["tags"], [each["name"] for each in changed["fields"]]) == (["Law"], ["year"])
    assert changed["version_id"] == document["version_id"]

    hits = run("search", "words", "--tag", "law")["hits"]
    assert [hit["source"]["name"] for hit in hits] == ["a.txt"]
    answer = run("ask", "Which words?", "--filter", '{"tags": {"none": ["law"]}}', exit_code=None)
    assert {source["name"] for source in answer["sources"]} <= {"b.txt"}

    (folder / "a.txt.meta.yaml").write_text("a: &a [x]\nb: *a\n")
    refused = run("sync", folder, exit_code=1)["refused"]
    assert [(each["name"], each["code"]) for each in refused] == [("a.txt", "wrong_field")]
    wrong = CliRunner().invoke(app, ["documents", "--filter", "tags=law"])
    assert "JSON object" in str(wrong.exception)


def test_a_sync_is_narrowed_by_a_field_and_leaves_the_others_alone(tmp_path: Path) -> None:
    folder, contracts = tmp_path / "docs", ("--filter", '{"fields": {"type": "contract"}}')
    write(folder, "lease.txt", "letter.txt", "old.txt")
    for name, kind in (("lease", "contract"), ("letter", "letter"), ("old", "contract")):
        (folder / f"{name}.txt.meta.yaml").write_text(f"type: {kind}\ntags: [{kind}]\n")
    (folder / "offer.md").write_text("---\ntype: Contract\n---\n# Offer\n\nThe offer stands.\n")
    (folder / "memo.md").write_text("---\ntype: memo\n---\n# Memo\n\nRemember.\n")
    first = run("sync", folder, *contracts)
    assert first["added"] == ["lease.txt", "offer.md", "old.txt"]
    assert run("sync", folder)["added"] == ["letter.txt", "memo.md"]

    for name in ("old", "letter"):
        (folder / f"{name}.txt").unlink()
        (folder / f"{name}.txt.meta.yaml").unlink()
    (folder / "lease.txt").write_text("Other words.")
    (folder / "memo.md").write_text("---\ntype: memo\n---\n# Memo\n\nForget.\n")
    asked = CliRunner().invoke(app, ["sync", str(folder), *contracts, "--json"]).exception
    assert "1 document of 'default' is not in" in str(asked)
    second = run("sync", folder, *contracts, "--yes")
    assert (second["updated"], second["unchanged"], second["deleted"]) == (["lease.txt"], ["offer.md"], ["old.txt"])
    assert {each["name"] for each in run("documents")} == {"lease.txt", "letter.txt", "memo.md", "offer.md"}
    assert run("sync", folder, "--tag", "letter", "--yes")["deleted"] == ["letter.txt"]

    for wrong, said in (('{"states": ["ready"]}', "no states"), ('{"tag": 1}', "tag"), ('{"types": ["q"]}', "'q'")):
        refused = CliRunner().invoke(app, ["sync", str(folder), "--filter", wrong]).exception
        assert isinstance(refused, ConfigurationError)
        assert said in str(refused)


def test_a_dry_run_lists_what_would_be_refused(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    write(folder, "a.txt", "film.mp4", *(f"program{number}.exe" for number in range(6)))
    (folder / "b.pdf").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 64)
    foreseen = run("sync", folder, "--dry-run", exit_code=1)
    assert (foreseen["added"], [each["code"] for each in foreseen["refused"]]) == (["a.txt"], ["type_mismatch"])
    shown = CliRunner().invoke(app, ["sync", str(folder), "--dry-run"])
    assert "Skipped: 7 of an unsupported type (.exe 6, .mp4 1)." in shown.stderr


def test_sync_keeps_documents_whose_files_are_skipped_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    write(folder, "a.txt", "node_modules/lib/README.md")
    with connect(load_settings(), None) as client:  # as a version that skipped nothing took it in
        client.upload(folder / "node_modules/lib/README.md", name="node_modules/lib/README.md", collection="default")
    synced = run("sync", folder)
    assert (synced["added"], synced["kept"], synced["deleted"]) == (["a.txt"], ["node_modules/lib/README.md"], [])
    shown = CliRunner().invoke(app, ["sync", str(folder)]).stdout
    assert "node_modules/lib/README.md: stays as it is" in shown
    (folder / "node_modules/lib/README.md").unlink()
    assert run("sync", folder, "--yes")["deleted"] == ["node_modules/lib/README.md"]


def test_a_folder_of_which_everything_is_skipped_is_no_failure_but_a_named_file_is(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    write(folder, "~$report.docx", "film.mp4", ".DS_Store")
    assert {outcome["name"]: outcome["skipped"] for outcome in run("ingest", folder)} == dict.fromkeys(
        ["~$report.docx", "film.mp4", ".DS_Store"], True
    )
    shown = CliRunner().invoke(app, ["ingest", str(folder)])
    assert shown.exit_code == 0
    assert "Skipped: 1 of an unsupported type (film.mp4); 2 hidden, temporary, or made by a program." in shown.stderr
    [refused] = run("ingest", folder / "film.mp4", exit_code=1)
    assert (refused["code"], refused["skipped"]) == ("unsupported_type", False)
    write(folder, "torn.pdf")
    [torn, *_] = run("ingest", folder, exit_code=1)
    assert (torn["code"], torn["skipped"]) == ("type_mismatch", False)


def test_a_file_that_is_refused_leaves_the_document_it_would_replace(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    write(folder, "a.txt")
    run("sync", folder)
    (folder / "a.txt").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(range(256)))
    refused = run("sync", folder, exit_code=1)
    assert [each["code"] for each in refused["refused"]] == ["type_mismatch"]
    assert refused["deleted"] == []
    hits = run("search", "words")["hits"]
    assert [hit["source"]["text"] for hit in hits] == ["The words of a.txt."]


def test_an_empty_folder_empties_a_collection_only_when_told_to(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    write(folder, "a.txt")
    run("sync", folder)
    (folder / "a.txt").unlink()
    result = CliRunner().invoke(app, ["sync", str(folder)])
    assert isinstance(result.exception, ConfigurationError)
    assert "all documents of 'default' (1) would be deleted" in str(result.exception)
    assert "--delete-all" in str(result.exception)
    assert run("sync", folder, "--delete-all")["deleted"] == ["a.txt"]
    assert run("search", "words")["hits"] == []


def test_an_empty_folder_and_a_new_collection_are_equal_already(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for arguments in ((), ("--dry-run",), ("--delete-all",)):
        result = CliRunner().invoke(app, ["sync", str(folder), "--collection", "new", *arguments])
        assert result.exit_code == 0, result.exception
        assert result.stdout == "Nothing to do: the folder holds no files, and the collection no documents.\n"


def test_an_update_that_fails_says_which_version_stays_in_use(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The first words.")
    run("ingest", path)
    path.write_text(" \n" * 20)
    [outcome] = run("ingest", path, exit_code=1)
    assert outcome["code"] == "no_text"
    assert outcome["error"].endswith("There is nothing to search in it. Version 1 stays in use.")
    listed = CliRunner().invoke(app, ["jobs", "--state", "failed"]).stdout
    assert "Version 1 stays in use." in listed
    [hit] = run("search", "words")["hits"]
    assert hit["source"]["text"] == "The first words."


def test_ingest_jobs_documents_and_delete_agree(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "program.exe")
    outcomes = run("ingest", folder, folder / "program.exe", exit_code=1)
    by_name = {outcome["name"]: outcome["code"] for outcome in outcomes if not outcome["skipped"]}
    assert by_name == {
        "a.txt": None,
        "guides/README.md": None,
        "guides/setup/README.md": None,
        "program.exe": "unsupported_type",
    }
    assert {job["name"] for job in run("jobs", "--state", "succeeded")} == set(by_name) - {"program.exe"}
    assert run("jobs", "--state", "failed") == []

    listed = {document["name"]: document["id"] for document in run("documents")}
    assert set(listed) == set(by_name) - {"program.exe"}

    document_id = next(outcome["document_id"] for outcome in outcomes if outcome["name"] == "a.txt")
    monkeypatch.setenv("CITEWELL_STORAGE__ERASE_AFTER_SECONDS", "0")
    receipt = run("delete", document_id, "--until-erased", "--yes")
    assert (receipt["kind"], receipt["name"], receipt["state"]) == ("document", "a.txt", "purged")
    assert receipt["index_files_erased_at"] is not None
    assert run("receipt", receipt["id"]) == receipt
    whole = run("delete", "--collection", "default", "--yes")
    assert (whole["kind"], whole["state"], len(whole["versions"])) == ("collection", "purged", 2)


def test_plain_lines_say_the_same_as_json(folder: Path) -> None:
    def shown(*arguments: str | Path, exit_code: int = 0) -> str:
        result = CliRunner().invoke(app, [*map(str, arguments)])
        assert result.exit_code == exit_code, (result.output, result.exception)
        return result.stdout

    write(folder, "program.exe")
    assert "3 of 3 documents can be searched" in shown("ingest", folder)
    synced = shown("sync", folder / "guides", "--dry-run")
    assert ": 2 added, 0 updated, 0 described, 0 unchanged, 3 deleted, 0 refused." in synced
    assert "- guides/setup/README.md" in synced
    assert "(receipt " in shown("sync", folder / "guides", "--yes")
    assert "guides/README.md" in shown("jobs")
    assert "is deleted; receipt" in shown("delete", "--collection", "default", "--yes")


def test_delete_wants_something_to_delete() -> None:
    assert isinstance(CliRunner().invoke(app, ["delete"]).exception, ConfigurationError)
