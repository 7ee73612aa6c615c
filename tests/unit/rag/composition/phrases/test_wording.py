from __future__ import annotations

import tomllib
from importlib.resources import files
from string import Formatter

import pytest

from rag.composition.phrases.wording import worded


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the difference between the two?", "not stated"),
        ("Was ist der Unterschied zwischen den beiden?", "nicht angegeben"),
        ("Quelle est la différence entre les deux ?", "non indiqué"),
        ("¿Cuál es la diferencia entre los dos?", "no se indica"),
        ("两者有什么区别？", "未说明"),
        ("A / B", "not stated"),
        ("Darf ich im Winter allein paddeln?", "nicht angegeben"),
        ("Où puis-je me garer ?", "non indiqué"),
        ("hasta qué edad es gratis", "no se indica"),
        ("when does it open on mondays", "not stated"),
        ("per diem Norway", "not stated"),
        ("carry over til when", "not stated"),
        ("", "not stated"),
    ],
)
def test_words_are_those_of_the_language_of_the_question(question: str, said: str) -> None:
    assert worded("not_stated", question) == said


def test_every_language_has_every_wording_with_the_same_places() -> None:
    wordings = tomllib.loads(files("rag.composition.phrases").joinpath("wording.toml").read_text("utf-8"))
    for wording in wordings.values():
        assert wording.keys() == wordings["en"].keys()
        for key, text in wording.items():
            assert _places(text) == _places(wordings["en"][key])


def _places(text: str) -> set[str | None]:
    return {place for _, place, _, _ in Formatter().parse(text)} - {None}
