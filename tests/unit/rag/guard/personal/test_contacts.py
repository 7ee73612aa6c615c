import pytest

from rag.guard.personal.finder import find
from rag.settings import PersonalKind


def found(text: str, kind: PersonalKind) -> list[str]:
    return [text[each.span.start : each.span.end] for each in find(text) if each.kind is kind]


@pytest.mark.parametrize(
    "address",
    ["a.b+c@example.com", "o'neil@mail.example.co.uk", "jürgen@münchen.example", "ada [at] example [dot] com"],
)
def test_an_email_address_is_found(address: str) -> None:
    assert found(f"Write to {address}.", PersonalKind.EMAIL) == [address]


@pytest.mark.parametrize("text", ["+@router.get", "@handle", "a@b", "x @ y.com"])
def test_what_only_looks_like_an_email_address_is_none(text: str) -> None:
    assert found(text, PersonalKind.EMAIL) == []


@pytest.mark.parametrize(
    "number",
    [
        "+49 30 901820",
        "+46 (0)8 928 571 38",
        "0049 30 901820",
        "(212) 555-0123",
        "345-899-3560x4587",
        "0490 75 40 81",
        "082 490 1693",
        "13812345678",
    ],
)
def test_a_telephone_number_is_found_without_a_word_that_says_so(number: str) -> None:
    assert found(f"Ada, {number}, Berlin", PersonalKind.PHONE) == [number]


def test_any_number_behind_or_before_a_word_for_it_is_one() -> None:
    assert found("Call me on 9472 7916?", PersonalKind.PHONE) == ["9472 7916"]
    assert found("9472 7916 (mobile)", PersonalKind.PHONE) == ["9472 7916"]
    assert found("Berlin\n416 60 039\n", PersonalKind.PHONE) == ["416 60 039"]
    assert found("9472 7916 parts were sold", PersonalKind.PHONE) == []


@pytest.mark.parametrize("text", ["on 2026-03-12", "3.141592653", "from 12.03.2026 to 14.03.2026", "6,000 hours"])
def test_dates_and_amounts_are_no_telephone_numbers(text: str) -> None:
    assert found(text, PersonalKind.PHONE) == []


def test_an_ip_address_is_found_unless_it_is_a_server_a_section_or_this_machine() -> None:
    assert found("from 86.121.97.248 and 2a00:1450:4001:800::200e", PersonalKind.IP_ADDRESS) == [
        "86.121.97.248",
        "2a00:1450:4001:800::200e",
    ]
    assert found("http://10.0.0.5:6333 and 127.0.0.1 and section 3.2.1.4 at 12:30:45", PersonalKind.IP_ADDRESS) == []


@pytest.mark.parametrize(
    "address",
    [
        "https://ada:secret@example.com/",
        "https://example.com/reset?email=ada%40example.com",
        "https://example.com/users/ada",
        "https://example.com/~ada/",
        "postgresql://citewell:pw@db/citewell",
    ],
)
def test_an_address_that_names_a_user_is_found(address: str) -> None:
    assert found(f"See {address}.", PersonalKind.URL) == [address]


@pytest.mark.parametrize("address", ["https://example.com/docs?page=2", "https://example.com/", "http://[broken/"])
def test_an_address_of_a_site_is_no_personal_data(address: str) -> None:
    assert found(f"See {address}.", PersonalKind.URL) == []
