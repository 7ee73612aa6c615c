from collections.abc import Callable

import pytest

from rag.guard.personal import checksums

PUBLISHED: dict[Callable[[str], bool], str] = {
    checksums.is_card: "4111 1111 1111 1111",
    checksums.is_iban: "DE89 3704 0044 0532 0130 00",
    checksums.is_german_tax_id: "86095742719",
    checksums.is_spanish_id: "12345678Z",
    checksums.is_french_nir: "2 55 08 14 168 025 38",
    checksums.is_italian_code: "RSSMRA85T10A562S",
    checksums.is_polish_pesel: "44051401359",
    checksums.is_brazilian_cpf: "529.982.247-25",
    checksums.is_chinese_id: "11010519491231002X",
    checksums.is_swedish_number: "811228-9874",
    checksums.is_finnish_code: "131052-308T",
    checksums.is_dutch_bsn: "111222333",
    checksums.is_nhs_number: "943 476 5919",
    checksums.is_aadhaar: "2341 2341 2346",
}
"""Examples that the issuers, or articles about the numbers, give."""


@pytest.mark.parametrize(("check", "number"), PUBLISHED.items(), ids=[check.__name__ for check in PUBLISHED])
def test_a_published_example_holds_and_no_other_last_sign_does(check: Callable[[str], bool], number: str) -> None:
    others = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if number[-1].isalpha() else "0123456789"
    assert [sign for sign in others if check(number[:-1] + sign)] == [number[-1]]


def test_a_spanish_number_of_a_foreigner_has_a_letter_for_its_first_digit() -> None:
    assert checksums.is_spanish_id("X1234567L")


def test_a_passport_line_has_check_digits() -> None:
    line = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    assert checksums.is_passport_line(line)
    assert not checksums.is_passport_line(line.replace("L898902C36", "L898902C37"))


@pytest.mark.parametrize("number", ["4111 1111 1111", "0000 0000 0000 0000", "9999 9999 9999 9995"])
def test_a_number_that_no_issuer_gives_is_no_card(number: str) -> None:
    assert not checksums.is_card(number)


@pytest.mark.parametrize("number", ["000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000"])
def test_a_number_that_was_never_given_out_is_no_us_ssn(number: str) -> None:
    assert not checksums.is_us_ssn(number)


def test_digits_of_any_script_count() -> None:
    assert checksums.is_card("４１１１ １１１１ １１１１ １１１１")
    assert checksums.is_us_ssn("٠٧٨-٠٥-١١٢٠")


@pytest.mark.parametrize("address", ["127.0.0.1", "::", "::1", "224.0.0.1", "12:30:45", "300.1.1.1"])
def test_an_address_that_is_nobodys_is_none(address: str) -> None:
    assert not checksums.is_public_ip(address)
