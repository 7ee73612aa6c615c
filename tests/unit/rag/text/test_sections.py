import pytest

from rag.text.sections import begins_section, named_sections, release_of


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


@pytest.mark.parametrize(
    ("heading", "version"),
    [
        ("[0.10.0] - 2031-07-16", "0.10.0"),
        ("Version 3.1, 12 March 2031", "3.1"),
        ("v2.0.0-rc1 (May 3, 2031)", "2.0.0-rc1"),
        ("1.2 Scope", ""),
        ("1.0 Introduction (2031-01-01)", ""),
        ("Changes in 3.0", ""),
    ],
)
def test_a_release_is_a_heading_of_a_version_and_nothing_but_its_date(heading: str, version: str) -> None:
    assert release_of(heading) == version
