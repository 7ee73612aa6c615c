from __future__ import annotations

import pytest

from rag.text.languages import can_be_english, languages_differ

ENGLISH = "The tenant pays the deposit before the keys are handed over. It is returned after the end of the lease."
GERMAN = "Die Mieterin zahlt die Kaution vor der Übergabe. Sie wird nach dem Ende der Miete erstattet."
CHINESE = "租户在交钥匙之前支付押金。租约结束后退还。"
JAPANESE = "借主は鍵の引き渡し前に敷金を支払います。"
RUSSIAN = "Арендатор вносит залог до передачи ключей, и он возвращается после окончания аренды."


@pytest.mark.parametrize("passage", [GERMAN, CHINESE, JAPANESE, RUSSIAN])
def test_a_question_in_another_language_or_script_differs(passage: str) -> None:
    assert languages_differ("When is the deposit returned to the tenant?", passage)
    assert languages_differ(passage, ENGLISH)


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("When is the deposit returned to the tenant?", ENGLISH),
        ("Wann wird die Kaution erstattet?", GERMAN),
        ("押金什么时候退还？", CHINESE),
        ("敷金はいつ支払いますか？", JAPANESE),
        ("Когда возвращается залог?", RUSSIAN),
    ],
)
def test_the_same_language_does_not_differ(question: str, passage: str) -> None:
    assert not languages_differ(question, passage)


@pytest.mark.parametrize("question", ["deposit", "Kaution", "E-1120", "4711", "ACME Berlin", ""])
def test_a_name_or_a_number_is_in_no_language(question: str) -> None:
    assert not languages_differ(question, ENGLISH)
    assert not languages_differ(question, GERMAN)


def test_a_few_words_of_the_other_language_change_nothing() -> None:
    quoting = f"The lease says: 'Die Kaution ist sofort fällig.' {ENGLISH}"
    assert not languages_differ("When is the deposit returned?", quoting)
    assert not languages_differ("What does 'die Kaution' mean in the lease?", ENGLISH)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How many people live in Berlin?", True),
        ("Where did Ludwig Börne die?", True),
        ("Warfarin dosage", True),
        ("", True),
        ("3.5 %", True),
        ("Wie viele Menschen leben in der Stadt und auf dem Land?", False),
        ("Quelle est la population de la ville ?", False),
        ("年假需要提前多久申请？", False),
        ("Сколько людей живёт в городе?", False),
        ("كم عدد سكان المدينة؟", False),
    ],
)
def test_other_scripts_and_other_function_words_are_not_english(text: str, *, expected: bool) -> None:
    assert can_be_english(text) is expected
