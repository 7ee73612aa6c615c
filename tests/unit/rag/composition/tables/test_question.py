import pytest

from rag.composition.tables.question import Comparison, Operation, asked_of


@pytest.mark.parametrize(
    ("question", "operation"),
    [
        ("What is the total weight?", Operation.SUM),
        ("Wie hoch ist die Summe der Preise?", Operation.SUM),
        ("combien d'employés à Lyon", Operation.COUNT),
        ("¿Cuál es el precio más alto?", Operation.MAX),
        ("绿茶的平均单价", Operation.MEAN),
        ("quanti dipendenti lavorano qui", Operation.COUNT),
        ("difference between A and B", Operation.DIFFERENCE),
    ],
)
def test_operations_are_asked_for_in_several_languages(question: str, operation: Operation) -> None:
    assert operation in asked_of(question).operations


@pytest.mark.parametrize(
    ("question", "comparison"),
    [
        ("machines over 100 kg", Comparison(sign=">", value=100.0, unit="kg")),
        ("40% or more of them", Comparison(sign=">=", value=40.0, unit="%")),
        ("weniger als 1.500,50 Euro", Comparison(sign="<", value=1500.5, unit="€")),
        ("au moins 20 places", Comparison(sign=">=", value=20.0, unit="places")),
        ("价格超过100元的产品", Comparison(sign=">", value=100.0, unit="元")),
        ("placed after 2024-06-30", Comparison(sign=">", value="2024-06-30", unit="")),
        ("ordered before 1.2.2024", Comparison(sign="<", value="2024-02-01", unit="")),
    ],
)
def test_comparisons_are_read_with_unit(question: str, comparison: Comparison) -> None:
    assert asked_of(question).comparisons == (comparison,)


def test_a_range_is_two_comparisons() -> None:
    asked = asked_of("machines between 90 and 150 kg")
    assert [(one.sign, one.value) for one in asked.comparisons] == [(">=", 90.0), ("<=", 150.0)]
    assert asked.words == ("machin",)


@pytest.mark.parametrize(
    ("question", "top", "operation"),
    [
        ("top 3 cheapest machines", 3, Operation.MIN),
        ("the five heaviest", 5, Operation.MAX),
        ("die zwei billigsten Artikel", 2, Operation.MIN),
        ("heaviest machine of 2024", 1, Operation.MAX),
    ],
)
def test_a_number_beside_a_superlative_says_how_many(question: str, top: int, operation: Operation) -> None:
    asked = asked_of(question)
    assert (asked.top, asked.operations) == (top, (operation,))


def test_what_is_meant_without_being_named_is_a_concept() -> None:
    assert "weight" in asked_of("how heavy is the L-60?").concepts
    assert asked_of("how heavy is the L-60?").words == ("l60",)


def test_a_negated_word_is_known() -> None:
    assert asked_of("machines without coolant").negated == {"coolant"}
