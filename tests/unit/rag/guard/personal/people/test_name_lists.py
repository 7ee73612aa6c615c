import sys

from rag.guard.personal.people.name_lists import fold, name_lists


def test_the_lists_hold_names_of_many_languages_and_tell_them_from_words() -> None:
    lists = name_lists()
    assert {"maria", "bjorn", "katarzyna", "иван"} <= lists.given
    assert {"garcia", "kowalski", "smith"} <= lists.family
    assert not lists.alone & {"may", "will", "german", "paris", "the"}
    assert {"germany", "berlin"} <= lists.places


def test_only_the_data_of_the_package_is_read() -> None:
    name_lists()
    assert "mimesis" not in sys.modules


def test_folding_removes_case_and_accents() -> None:
    assert fold("Bjørn ŁUKASZ Renée") == "bjorn lukasz renee"
