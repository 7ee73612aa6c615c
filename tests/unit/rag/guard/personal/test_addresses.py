import pytest

from rag.guard.personal.finder import find
from rag.settings import PersonalKind


def found(text: str) -> list[str]:
    return [text[each.span.start : each.span.end] for each in find(text) if each.kind is PersonalKind.ADDRESS]


@pytest.mark.parametrize(
    "address",
    [
        "12 High Street, London SW1A 1AA",
        "1600 Amphitheatre Parkway\nMountain View, CA 94043",
        "Hauptstraße 5, 10115 Berlin",
        "Adlershofer Straße 5a, 12489 Berlin",
        "24 rue de la Gare, 75010 Paris",
        "Calle de Alcalá 45",
        "ul. Marszałkowska 10",
        "Drottninggatan 12\n111 51 Stockholm",
        "P.O. Box 255",
        "PSC 6293, Box 8158\nAPO AP 04336",
        "Keizersgracht 123, 1015 CJ Amsterdam",
        "江苏省苏州市枫汀路88号",
    ],
)
def test_an_address_is_found_from_its_street_to_its_place(address: str) -> None:
    assert found(f"Send it there: {address}; thanks.") == [address]


def test_flats_lines_and_quote_marks_belong_to_it() -> None:
    text = "> 233 Erzsébet tér 19.\n> Suite 282\n> Domoszló\n> Hungary 34796\nBye."
    assert found(text) == ["233 Erzsébet tér 19.\n> Suite 282\n> Domoszló\n> Hungary 34796"]


def test_a_street_of_no_known_form_is_found_behind_words_for_a_place() -> None:
    assert found("He lives in Dunajska 56 with his dog.") == ["Dunajska 56"]


@pytest.mark.parametrize(
    "text",
    [
        "From 1 November to 31 March 2026 the mill is closed.",
        "See Table 5, 2026 edition.",
        "It is a tie 5 all.",
        "Version 2 Release 3, 12345 downloads",
        "The pump runs 6,000 hours on Monday 12.",
    ],
)
def test_other_words_between_numbers_are_no_address(text: str) -> None:
    assert found(text) == []
