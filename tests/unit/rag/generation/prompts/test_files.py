from pathlib import Path

import pytest

from rag.errors import ConfigurationError
from rag.generation.prompts.data import AnswerPrompt, CondensePrompt
from rag.generation.prompts.files import read_examples
from tests.support.builders.prompts import USER, write_prompt


def load(folder: Path, name: str = "ours-v1") -> AnswerPrompt:
    return AnswerPrompt(name, folder=folder)


def test_a_prompt_of_the_users_folder_is_found(tmp_path: Path) -> None:
    write_prompt(tmp_path, system="Be brief.")
    assert load(tmp_path).messages("Why?", (), ())[0] == ("system", "Be brief.")
    assert load(tmp_path).name == "ours-v1"


def test_those_built_in_are_found_beside_it(tmp_path: Path) -> None:
    assert load(tmp_path, "answer-v1").name == "answer-v1"


def test_an_unknown_name_tells_those_there_are(tmp_path: Path) -> None:
    write_prompt(tmp_path)
    with pytest.raises(ConfigurationError, match=r"There are: answer-v1, .*ours-v1"):
        load(tmp_path, "our-v1")


@pytest.mark.parametrize("name", ["../secret", "..", "", "answer-v1.j2"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "prompts").mkdir()
    write_prompt(tmp_path, name="secret")
    with pytest.raises(ConfigurationError, match="There is no prompt"):
        load(tmp_path / "prompts", name)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CITEWELL_GENERATION__PROMPTS_FOLDER"):
        load(tmp_path / "missing")


def test_a_prompt_may_not_take_the_name_of_one_built_in(tmp_path: Path) -> None:
    write_prompt(tmp_path, name="answer-v1")
    with pytest.raises(ConfigurationError, match="another name"):
        load(tmp_path, "answer-v1")


@pytest.mark.parametrize(
    ("system", "user", "told"),
    [
        ("Be brief.", "{% for source in sources %}", "line 1"),
        (
            "Be brief.",
            f"{USER} {{{{ kwestion }}}}",
            "it uses kwestion, which no one sets. There are: question, shape, sources, tables",
        ),
        ("Be brief.", f"{{% if false %}}{{{{ kwestion }}}}{{% endif %}}{USER}", "kwestion"),
        ("Be brief.", "{{ question }}{% for source in sources %}{{ source.txt }}{% endfor %}", "'txt'"),
        ("Be brief.", "{{ question }}{{ sources[0].text }}{{ sources[1].text }}", "no element 1"),
        ("Be brief.", "{{ question }}", "does not show the text"),
        ("Be brief.", "{% for source in sources %}{{ source.text }}{% endfor %}", "does not show the question"),
        ("{{ sources | length }} sources.", USER, "must be the same for every question"),
        ("Be brief.", f"{USER} {{{{ 1 / 0 }}}}", "division by zero"),
    ],
)
def test_a_prompt_that_does_not_work_is_found_when_it_is_loaded(
    tmp_path: Path, system: str, user: str, told: str
) -> None:
    write_prompt(tmp_path, system=system, user=user)
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path)
    assert told in str(caught.value)
    assert "ours-v1.j2" in str(caught.value)


def test_a_missing_block_is_named(tmp_path: Path) -> None:
    (tmp_path / "ours-v1.j2").write_text("{% block user %}" + USER + "{% endblock %}")
    with pytest.raises(ConfigurationError, match="block 'system' is missing"):
        load(tmp_path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "ours-v1.j2").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"ours-v1\.j2"):
        load(tmp_path)


def test_a_prompt_for_something_else_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"There are: question, turns \(condense\)"):
        CondensePrompt("answer-v1")
    with pytest.raises(ConfigurationError, match="it uses turns"):
        AnswerPrompt("condense-v1")


def test_examples_stand_beside_a_prompt(tmp_path: Path) -> None:
    path = write_prompt(tmp_path)
    assert read_examples(path) == ()
    source = '[[example.source]]\ntitle = "T"\ntext = "Five years."\n'
    path.with_suffix(".toml").write_text('[[example]]\nquestion = "How long?"\nanswer = "Five years. [1]"\n' + source)
    assert load(tmp_path).messages("Why?", (), ())[1:3] == [
        ("user", "Five years. How long?"),
        ("assistant", "Five years. [1]"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[example]]\nquestion = "How long?"\nanswer = "Five."\n', "example.0.source: is missing"),
        ('[[exampel]]\nquestion = "How long?"\n', "exampel: is not known"),
        ("[[example", "cannot be read"),
    ],
)
def test_examples_that_are_wrong_are_found_when_they_are_loaded(tmp_path: Path, text: str, told: str) -> None:
    write_prompt(tmp_path).with_suffix(".toml").write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        load(tmp_path)
