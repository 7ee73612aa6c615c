import pytest

from rag.guard.personal.finder import find
from rag.settings import PersonalKind


def found(text: str, kind: PersonalKind) -> list[str]:
    return [text[each.span.start : each.span.end] for each in find(text) if each.kind is kind]


def test_an_iban_ends_where_its_country_says_whatever_follows() -> None:
    text = "Pay to DE89 3704 0044 0532 0130 00 from tomorrow, or to gb82west12345698765432."
    assert found(text, PersonalKind.IBAN) == ["DE89 3704 0044 0532 0130 00", "gb82west12345698765432"]


def test_an_iban_with_a_wrong_digit_is_none() -> None:
    assert found("DE89 3704 0044 0532 0130 01", PersonalKind.IBAN) == []


@pytest.mark.parametrize("number", ["4111111111111111", "4111-1111-1111-1111", "3782 822463 10005"])
def test_a_card_is_found_however_it_is_written(number: str) -> None:
    assert found(f"Charged to {number}, thank you.", PersonalKind.CARD) == [number]


def test_a_short_card_number_needs_a_word_that_says_so() -> None:
    assert found("Block my card 503867297114 please", PersonalKind.CARD) == ["503867297114"]
    assert found("Article 503867297114 is in stock", PersonalKind.CARD) == []


def test_an_order_number_that_fails_the_check_is_no_card() -> None:
    assert found("Order 4111111111111112", PersonalKind.CARD) == []


def test_a_us_ssn_is_found_by_its_form_and_bare_behind_its_name() -> None:
    assert found("It is 078-05-1120.", PersonalKind.US_SSN) == ["078-05-1120"]
    assert found("SSN: 078051120", PersonalKind.US_SSN) == ["078051120"]
    assert found("Part 078051120", PersonalKind.US_SSN) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("NI number QQ 12 34 56 C", None),
        ("NI number AB 12 34 56 C", "AB 12 34 56 C"),
        ("Steuer-ID: 86 095 742 719", "86 095 742 719"),
        ("DNI 12345678Z", "12345678Z"),
        ("No. 2 55 08 14 168 025 38", "2 55 08 14 168 025 38"),
        ("CF rssmra85t10a562s", "rssmra85t10a562s"),
        ("PESEL 44051401359", "44051401359"),
        ("CPF 529.982.247-25", "529.982.247-25"),
        ("号码11010519491231002X。", "11010519491231002X"),
        ("född 811228-9874", "811228-9874"),
        ("hetu 131052-308T", "131052-308T"),
        ("BSN 111222333", "111222333"),
        ("NHS number 943 476 5919", "943 476 5919"),
        ("CPR 070761-4285", "070761-4285"),
        ("Aadhaar 2341 2341 2346", "2341 2341 2346"),
        ("PAN ABCPE1234F", "ABCPE1234F"),
        ("National ID: A-1234567", "A-1234567"),
    ],
)
def test_a_national_number_is_found(text: str, number: str | None) -> None:
    assert found(text, PersonalKind.NATIONAL_ID) == ([number] if number else [])


def test_a_passport_is_found_behind_its_name_and_in_its_machine_readable_lines() -> None:
    assert found("Passport No: C01X00T47", PersonalKind.PASSPORT) == ["C01X00T47"]
    names = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
    line = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    assert found(f"{names}\n{line}", PersonalKind.PASSPORT) == [names, line]


def test_a_driving_licence_is_found_behind_its_name() -> None:
    assert found("My driver's license number is F162823540116", PersonalKind.DRIVING_LICENCE) == ["F162823540116"]
