import pytest

from rag.text.sections import begins_section, named_sections


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("what does clause 7.2 say", {"7.2"}),
        ("§ 9", {"9"}),
        ("Was steht in §9a?", {"9a"}),
        ("Article 12 and annex IV", {"12", "iv"}),
        ("artículo 4", {"4"}),
        ("第十二条说什么", {"12"}),
        ("第3章", {"3"}),
        ("how many articles", set()),
        ("article 12x4", set()),
    ],
)
def test_sections_are_named_by_word_and_number(question: str, numbers: set[str]) -> None:
    assert named_sections(question) == numbers


@pytest.mark.parametrize("line", ["7.2 Liability", "Clause 7.2", "§ 7.2 Haftung", "7.2. Haftung", "7.2"])
def test_a_heading_begins_its_section(line: str) -> None:
    assert begins_section(line, frozenset({"7.2"}))


@pytest.mark.parametrize("line", ["7.21 Liability", "7 Liability", "Liability", "17.2 More", "第二条 价格"])
def test_other_headings_do_not(line: str) -> None:
    assert not begins_section(line, frozenset({"7.2"}))


def test_a_chinese_heading_begins_its_section() -> None:
    assert begins_section("第二条 价格", frozenset({"2"}))
