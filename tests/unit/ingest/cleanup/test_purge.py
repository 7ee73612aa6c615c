from pathlib import Path

from ingest.cleanup.purge import remove_quotes


def test_lines_about_a_version_or_its_gold_passages_go_and_the_others_stay(tmp_path: Path) -> None:
    run, mine = tmp_path / "run" / "questions.jsonl", tmp_path / "datasets" / "mine.jsonl"
    for path in (run, mine):
        path.parent.mkdir()
    run.write_text('{"passages":[{"version_id":"v1"}]}\n{"passages":[{"version_id":"v2"}]}\n', encoding="utf-8")
    mine.write_text('{"gold_passages":[{"document":"规程.md"}]}\n{"gold_passages":[]}\n', encoding="utf-8")
    remove_quotes(tmp_path, "v1", "规程.md", "default")
    assert run.read_text("utf-8") == '{"passages":[{"version_id":"v2"}]}\n'
    assert mine.read_text("utf-8") == '{"gold_passages":[]}\n'


def test_without_evaluations_there_is_nothing_to_forget(tmp_path: Path) -> None:
    remove_quotes(tmp_path / "evals", "v1", "a.md", "default")


def test_a_name_is_looked_for_in_the_files_of_its_tenant_alone(tmp_path: Path) -> None:
    mine, theirs = tmp_path / "datasets" / "tenant-acme", tmp_path / "datasets" / "tenant-globex"
    run = tmp_path / "20261130-run"
    line = '{"gold_passages":[{"document":"plan.md"}]}\n'
    for folder in (mine, theirs, run):
        folder.mkdir(parents=True)
        (folder / "questions.jsonl").write_text(line)
    (run / "run.json").write_text('{"tenant": "globex"}')
    remove_quotes(tmp_path, "v1", "plan.md", "acme")
    assert (mine / "questions.jsonl").read_text() == ""
    assert (theirs / "questions.jsonl").read_text() == (run / "questions.jsonl").read_text() == line
