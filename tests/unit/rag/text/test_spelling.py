import pytest

from rag.text.spelling import corrected

TEXTS = (
    "The kiln is insulated with ceramic fibre.",
    "Fasten the bobbin. A ten years' guarantee. Die Spannung.",
)
KNOWN = {"horse", "insulated", "ceramic", "guarantee", "bobbin"}


def pieces(word: str) -> int:
    return 1 if word in KNOWN else 2


def asked(question: str) -> str:
    return corrected(question, TEXTS, pieces=pieces)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("is it insulatd", "is it insulated"),
        ("which cermaic", "which ceramic"),
        ("how long is the garantee", "how long is the guarantee"),
        ("fasten the bobin", "fasten the bobbin"),
        ("wie hoch ist die spanung", "wie hoch ist die spannung"),
    ],
)
def test_misspelt_words_are_corrected_by_the_words_of_the_texts(question: str, expected: str) -> None:
    assert asked(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "is the kiln insulated",
        "how are kilns insulated",  # another form
        "who is Mr Bobbins or Cermaic",  # names
        "which horse is fast",  # a common word that the texts have not
        "what is fibr",  # inside of a word
        "code garantee-7",
        "",
    ],
)
def test_other_words_stay(question: str) -> None:
    assert asked(question) == question
