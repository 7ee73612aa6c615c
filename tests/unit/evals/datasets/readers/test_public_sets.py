"""The readers of public sets, on files of the same layout."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.main import app
from evals.datasets.readers import public_sets as module
from evals.datasets.readers.catalogue import read_dataset
from evals.datasets.readers.public_sets import public_sets, read_public_set
from rag.errors import ConfigurationError


@pytest.fixture(autouse=True)
def split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A split in which the article ``Kept`` and the passage ``A kept passage.`` are the test part."""
    path = tmp_path / "split.json"
    kept = hashlib.sha256(b"A kept passage.").hexdigest()[:10]
    path.write_text(json.dumps({"squad2_articles": ["Kept"], "nq_passages_sha256": [kept]}))
    monkeypatch.setattr(module, "_SPLIT_FILE", path)
    module.test_part.cache_clear()
    yield
    module.test_part.cache_clear()


def squad(*articles: tuple[str, str, str, str | None]) -> str:
    data = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": context,
                    "qas": [
                        {
                            "question": question,
                            "is_impossible": answer is None,
                            "answers": [{"text": answer}] if answer else [],
                        }
                    ],
                }
            ],
        }
        for title, context, question, answer in articles
    ]
    return json.dumps({"data": data})


def test_only_answerable_questions_on_articles_of_the_test_part_are_asked(tmp_path: Path) -> None:
    path = tmp_path / "squad2_cs224n_dev" / "dev-v2.0.json"
    path.parent.mkdir()
    path.write_text(
        squad(("Kept", "It is red.", "What?", "red"), ("Kept", "It is.", "Why?", None), ("Other", "No.", "Who?", "No"))
    )
    found = read_public_set("squad2", tmp_path)
    assert [chunk.text for chunk in found.corpus] == ["It is red.", "It is.", "No."]
    assert dict(found.queries) == {"q0": "What?"}
    assert dict(found.judgements) == {"q0": {"p0": 1}}
    assert dict(found.answers) == {"q0": ("red",)}


def test_questions_may_come_in_another_language(tmp_path: Path) -> None:
    folder = tmp_path / "xquad"
    folder.mkdir()
    (folder / "xquad.en.json").write_text(squad(("Garden", "Pears.", "What grows?", "Pears")))
    (folder / "xquad.zh.json").write_text(squad(("Garden", "梨树。", "种着什么？", "梨树")))
    found = read_public_set("xquad-en-zh", tmp_path)
    assert ([chunk.text for chunk in found.corpus], list(found.queries.values())) == (["梨树。"], ["What grows?"])


def test_each_question_has_its_gold_passage(tmp_path: Path) -> None:
    path = tmp_path / "nq_open" / "nq-open-oracle.jsonl.gz"
    path.parent.mkdir()
    rows = [
        {"question": "kept?", "ctxs": [{"title": "T", "text": "A kept passage."}]},
        {"question": "trained on?", "ctxs": [{"title": "T", "text": "Another passage."}]},
    ]
    with gzip.open(path, "wt") as file:
        file.write("\n".join(json.dumps(row) for row in rows))
    found = read_public_set("nq", tmp_path)
    assert len(found.corpus) == 2
    [(query, gold)] = found.judgements.items()
    assert found.queries[query] == "kept?"
    assert {chunk.text for chunk in found.corpus if chunk.document_id in gold} == {"A kept passage."}


def test_a_question_of_two_steps_has_two_gold_passages(tmp_path: Path) -> None:
    folder = tmp_path / "hotpotqa_hipporag_100"
    folder.mkdir()
    (folder / "corpus.json").write_text(json.dumps({"A": ["One.", " Two."], "B": ["Three."], "C": ["Four."]}))
    question = {"_id": "x", "question": "Which?", "answer": "Three", "supporting_facts": [["A", 1], ["B", 0]]}
    (folder / "questions.json").write_text(json.dumps([question]))
    found = read_public_set("hotpotqa", tmp_path)
    assert found.judgements == {"x": {"A": 1, "B": 1}}
    assert found.corpus[0].text == "One. Two."


@pytest.mark.parametrize("name", ["scifact", "nq", "cmrc", "financebench"])
def test_a_set_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    assert name in public_sets()
    with pytest.raises(ConfigurationError, match=f"{tmp_path}/.* is missing. Set CITEWELL_DATA") as caught:
        read_public_set(name, tmp_path)
    assert "docs/benchmarks.md#data" in str(caught.value)


@pytest.mark.parametrize(
    "command",
    [
        "eval retrieval",
        "eval fusion",
        "eval public --dataset squad2",
        "eval verification",
        "eval abstention",
        "eval generation",
        "eval compression",
        "eval run nq",
        "train reranker",
    ],
)
def test_a_command_without_the_public_sets_says_which_file_is_missing(command: str, tmp_path: Path) -> None:
    failure = CliRunner().invoke(app, [*command.split(), "--data", str(tmp_path)]).exception
    assert isinstance(failure, ConfigurationError)
    assert "is not part of Citewell" in str(failure)
    assert str(tmp_path) in str(failure)
    assert ("--collection" in str(failure)) == command.startswith("train")


def test_the_benchmarks_name_every_file_of_the_public_sets() -> None:
    page = (Path(__file__).parents[5] / "docs" / "benchmarks.md").read_text("utf-8")
    data = page.partition("## Data\n")[2]
    assert not [folder for folder in module.SOURCES if f"`{folder}/" not in data]


def test_a_folder_without_questions_is_told_what_it_must_have(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"must have questions\.jsonl.*BEIR layout"):
        read_dataset(str(tmp_path), tmp_path)


def test_an_unknown_set_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="xquad-zh"):
        read_public_set("msmarco", tmp_path)
