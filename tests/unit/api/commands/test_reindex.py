from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.main import app
from api.commands.reindex import read_questions
from rag.errors import ConfigurationError


def written(folder: Path, *lines: str) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_questions_are_read_line_by_line_without_fields_of_other_uses(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '{"question": "How long?", "id": 7}',
        "",
        '{"question": "Who\u2028says so?", "collection": "hr", "documents": ["a.md"]}\r',
    )
    assert read_questions(path) == [
        {"question": "How long?"},
        {"question": "Who\u2028says so?", "collection": "hr", "documents": ["a.md"]},
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("How long?", "line 2 is not valid JSON"),
        ('["How long?"]', "line 2 must be a JSON object."),
        ('{"documents": ["a.md"]}', "line 2: question is missing."),
        ('{"question": ""}', "line 2: question must have 1 or more characters."),
        ('{"question": "x", "documents": "a.md"}', "line 2: documents must be a list."),
        ('{"question": "x", "collection": "../x"}', "line 2: collection must begin with a letter"),
    ],
)
def test_a_line_that_is_no_question_is_named_with_what_is_wrong(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_questions(written(tmp_path, '{"question": "x"}', line))
    assert said in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.jsonl cannot be read: No such file"):
        read_questions(tmp_path / "none.jsonl")
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b'{"question": "Gr\xf6\xdfe?"}')
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_questions(path)


def test_without_a_terminal_a_running_service_changes_over_only_with_yes() -> None:
    refused = CliRunner().invoke(app, ["reindex", "--url", "http://127.0.0.1:9"])
    assert isinstance(refused.exception, ConfigurationError)
    assert "--yes" in str(refused.exception)
