from datetime import UTC, datetime

from rag.catalog.trail.chain import canonical, digest_of_text, safe_text


def test_the_same_values_are_the_same_line_of_ascii() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None)
    line = canonical({"b": "é\r\n\u2028", "a": moment})
    assert line == '{"a":"2026-01-02T03:04:05.000000","b":"\\u00e9\\r\\n\\u2028"}'
    assert canonical({"a": moment, "b": "é\r\n\u2028"}) == line


def test_a_key_that_was_pasted_is_not_kept() -> None:
    assert "ck_0123456789abcdef" not in safe_text({"question": "Why is ck_0123456789abcdef refused?"})
    assert safe_text({"question": "Is a duck_pond wet?", "actor": ""}) == canonical({"question": "Is a duck_pond wet?"})


def test_a_text_is_hashed_with_its_salt() -> None:
    assert digest_of_text("a", "Anna") != digest_of_text("b", "Anna")
