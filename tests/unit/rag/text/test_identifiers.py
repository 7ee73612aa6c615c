import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.identifiers import Identifier, IdentifierKind, holds, identifiers, index_terms, is_sibling, spellings

LOG = (
    "Alarm K-3301 stops the fan. Alarm K-3310 warns. Order 88.204.517-C is the belt. RX44LP2M is the relay. "
    "Pay to GB82 WEST 1234 5698 7654 32. CVE-2031-40404 is closed by release 3.8.12. "
    "POOL_MAX_SIZE is 12. The class TokenBucketLimiter waits. Use --dry-run first. See notes-2031.txt."
)


def only(text: str) -> Identifier:
    (found,) = identifiers(text)
    return found


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("K-3301", IdentifierKind.CODE, "k3301"),
        ("K 3301", IdentifierKind.CODE, "k3301"),
        ("88204517C", IdentifierKind.CODE, "88204517c"),
        ("GB82 WEST 1234 5698 7654 32", IdentifierKind.CODE, "gb82west12345698765432"),
        ("order 2031-118", IdentifierKind.CODE, "2031118"),
        ("3301", IdentifierKind.NUMBER, "3301"),
        ("12,500", IdentifierKind.NUMBER, "12500"),
        ("v3.8.12", IdentifierKind.CODE, "v3812"),
        ("--dry-run", IdentifierKind.NAME, "dryrun"),
        ("POOL_MAX_SIZE", IdentifierKind.NAME, "poolmaxsize"),
        ("TokenBucketLimiter", IdentifierKind.NAME, "tokenbucketlimiter"),
        ("readme.txt", IdentifierKind.NAME, "readmetxt"),
    ],
)
def test_identifiers_are_found_with_their_key(text: str, kind: IdentifierKind, key: str) -> None:
    found = only(text)
    assert (found.kind, found.key) == (kind, key)


@pytest.mark.parametrize(
    "text",
    ["how long", "5 kg", "5kg", "10am", "3rd", "20%", "15:30", "24/7", "e.g. this", "and/or", "on 5 March 2031", "12"],
)
def test_words_amounts_and_dates_are_none(text: str) -> None:
    assert identifiers(text) == ()


@pytest.mark.parametrize(
    "spelling",
    [
        "K-3301",
        "K3301",
        "k 3301",
        "alarm 3301",
        "88204517C",
        "88.204.517-C",
        "rx44lp2m",
        "GB82WEST12345698765432",
        "CVE 2031-40404",
        "3.8.12",
        "--pool-max-size",
        "pool_max_size",
        "token_bucket_limiter",
        "notes-2031.txt",
    ],
)
def test_an_identifier_is_found_in_any_spelling(spelling: str) -> None:
    assert any(holds(LOG, one) for one in identifiers(spelling))


def test_a_word_may_stand_for_the_letters_of_a_code() -> None:
    assert holds("Error 77120: no signal.", only("E77120"))
    assert not holds("Fault 77120: no signal.", only("E77120"))


@pytest.mark.parametrize(
    "other", ["K-330", "K-3302", "L-3301", "RX44", "3.8", "3.81.2", "38.12", "8.12", "CVE-2031-4040"]
)
def test_another_identifier_is_not_found(other: str) -> None:
    assert not any(holds(LOG, one) for one in identifiers(other))


def test_a_line_number_behind_a_file_is_no_part_of_its_name() -> None:
    assert holds("Failed at Loom.java:27, see 3.4:5.", only("loom.java"))
    assert not holds("Failed at 3.4:5.", only("v3.4"))


def test_codes_of_one_pattern_are_siblings() -> None:
    assert is_sibling(only("K-3301"), only("K3310"))
    assert not is_sibling(only("K-3301"), only("K3301"))
    assert not is_sibling(only("K-3301"), only("L-3301"))
    assert not is_sibling(only("3.8.12"), only("3.8.13"))


def test_stored_and_asked_spellings_share_a_term() -> None:
    for asked in ("K3301", "88204517c", "dry_run", "TokenBucketLimiter", "5. März 2031", "2031-03-05"):
        stored = f"{LOG} Since March 5, 2031."
        assert set(index_terms(asked)) & set(index_terms(stored)), asked


def test_a_date_and_a_long_number_are_spelled_otherwise() -> None:
    assert "05.03.2031" in spellings("on 2031-03-05")
    assert spellings("88204517") == ("88.204.517",)
    assert spellings("how long") == ()


@given(st.text(max_size=80))
def test_every_identifier_is_held_by_its_text(text: str) -> None:
    for one in identifiers(text):
        assert text[one.span.start : one.span.end].strip()
        assert len(one.key) <= one.span.end - one.span.start or not text.isascii()
