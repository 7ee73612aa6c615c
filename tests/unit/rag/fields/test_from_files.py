from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import NoSuchDayError, WrongFieldError
from rag.fields.from_files import front_matter_of, read_mapping, read_sidecar
from rag.fields.values import MOST_FIELDS, MOST_TAGS, TEXT_CHARACTERS, Field

BOMB = "a: &a [x, x]\n" + "\n".join(
    f"{new}: &{new} [*{old}, *{old}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_a_sidecar_file_gives_tags_and_typed_fields() -> None:
    said = read_sidecar("tags: [HR, Policy]\nauthor: Ada\nyear: 2024\nsigned: 2024-03-01\nfinal: true\n", "a.meta.yaml")
    assert said.tags == ("HR", "Policy")
    assert {field.name: field.value for field in said.fields} == {
        "author": "Ada",
        "year": 2024.0,
        "signed": date(2024, 3, 1),
        "final": "true",
    }
    as_json = '{"tags": "HR, Policy", "fields": {"Author": "Ada"}}'
    assert read_sidecar(as_json, "a.meta.json").fields == (Field(name="author", value="Ada"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "anchor"),
        ("x: " + "[" * 2_000 + "]" * 2_000, "nested"),
        ("{" + '"a": {' * 50_000, "characters"),
        ('{"a": ' * 5_000, "nested"),
        ("a: !!python/object/apply:os.system ['true']", "cannot be read"),
        ("a: b: c", "from line 1"),
        ("- a\n- b", "names and values"),
        ("x" * 70_000, "characters"),
        ("\n".join(f"k{number}: 1" for number in range(5_000)), "values"),
        ("a: " + "9" * 10_000, "cannot be read"),
        ("tags: 5", "list"),
        ("a: {b: 1}", "text"),
        ("a: .inf", "number"),
    ],
)
def test_a_hostile_or_wrong_sidecar_file_is_refused_with_what_to_do(text: str, said: str) -> None:
    with pytest.raises(WrongFieldError, match=said):
        read_sidecar(text, "a.meta.yaml")


def test_what_is_no_tag_or_field_at_the_head_of_a_file_is_left_out() -> None:
    said = front_matter_of(
        {
            "tags": ["a", "A", "", ["b"], "x" * 500],
            "keywords": "c, d",
            "authors": ["Ada", "Grace"],
            "nested": {"a": 1},
            "": 1,
            "long": "x" * 5_000,
            "empty": None,
        }
    )
    assert said.tags == ("a", "c", "d")
    assert {field.name: field.value for field in said.fields} == {
        "authors": "Ada, Grace",
        "long": "x" * TEXT_CHARACTERS,
    }
    assert not any(field.given for field in said.fields)


@pytest.mark.parametrize("text", ["signed: 2026-02-30", '{"signed": "2026-13-01"}', "signed: '2026-02-30'"])
def test_a_day_that_the_calendar_does_not_have_is_refused_in_a_sidecar_file(text: str) -> None:
    with pytest.raises(NoSuchDayError, match="which is no day of the calendar"):
        read_sidecar(text, "a.meta.yaml")
    as_text = read_sidecar('{"signed": {"type": "text", "value": "2026-02-30"}}', "a.meta.json")
    assert [field.value for field in as_text.fields] == ["2026-02-30"]


def test_a_day_that_the_calendar_does_not_have_stays_as_text_at_the_head_of_a_file_with_a_remark() -> None:
    head = read_mapping("signed: 2026-02-30\ndue: 2026-02-28\nat: 2026-02-30 12:00:00\n", what="head")
    said = front_matter_of(head)
    assert {field.name: field.value for field in said.fields} == {
        "signed": "2026-02-30",
        "due": date(2026, 2, 28),
        "at": "2026-02-30 12:00:00",
    }
    assert said.remarks == ("'signed: 2026-02-30' is no day of the calendar and was kept as text",)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(st.text() | st.sampled_from(["tags", "keywords"]), json_values, max_size=100))
def test_the_head_of_any_file_gives_tags_and_fields_within_bounds(found: dict[str, object]) -> None:
    said = front_matter_of(found)
    assert len(said.tags) <= MOST_TAGS
    assert len(said.fields) <= MOST_FIELDS
    assert len({field.name for field in said.fields}) == len(said.fields)
    assert all(1 <= len(field.text) <= TEXT_CHARACTERS for field in said.fields)


@given(st.text(max_size=2_000))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(WrongFieldError):
        assert len(read_sidecar(text, "a.meta.yaml").fields) <= MOST_FIELDS
