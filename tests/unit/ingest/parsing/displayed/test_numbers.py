from __future__ import annotations

import pytest

from ingest.parsing.displayed.numbers import shown_number, shown_text


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1250.5, '#,##0.00 "€"', "1,250.50 €"),
        (1234.5, "#,##0.00 [$kr-414]", "1,234.50 kr"),
        (1234.5, '"CHF "#,##0.00', "CHF 1,234.50"),
        (-12, "$#,##0.00", "-$12.00"),
        (-5, "#,##0.00;[Red](#,##0.00)", "(5.00)"),
        (1250, '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)', "$1,250.00"),
        (0, '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)', "$-"),
        (0.125, "0.0%", "12.5%"),
        (1.005, "0.00", "1.01"),
        (-0.001, "0.0", "0.0"),
        (42, "00000", "00042"),
        (7, '0" kg"', "7 kg"),
        (22.5, "0.0\\ °C", "22.5 °C"),
        (5, 'General" pcs"', "5 pcs"),
        (1234567, '#,##0,"k"', "1,235k"),
        (1234567, '0.0,,"M"', "1.2M"),
        (1234567.5, "#\\ ##0.00", "1234 567.50"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (0.5, "#.00", ".50"),
        (2.0, "0.###", "2"),
        (12345, "0.00E+00", "1.23E+04"),
        (2.25, "# ?/?", "2 1/4"),
        (0.375, "# ?/8", "3/8"),
        (1, '"yes";"no";"none"', "yes"),
        (0, '"yes";"no";"none"', "none"),
        (150, '[>=100]"high";[<50]"low";0', "high"),
        (60, '[>=100]"high";[<50]"low";0', "60"),
        (3, ";;;", ""),
        (0.1 + 0.2, "General", "0.3"),
        (7.0, "General", "7"),
        (5, "@", "5"),
    ],
)
def test_numbers_are_shown_with_their_units_and_signs(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (46145, "dd.mm.yyyy", "03.05.2026"),
        (46145, "d mmmm yyyy", "3 May 2026"),
        (46145, "mmm-yy", "May-26"),
        (46145, "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "Sunday, May 03, 2026"),
        (46145.75, "yyyy-mm-dd hh:mm", "2026-05-03 18:00"),
        (46145.5, "m/d/yy h:mm AM/PM", "5/3/26 12:00 PM"),
        (0.25, "h:mm A/P", "6:00 A"),
        (27.5 / 24, "[hh]:mm:ss", "27:30:00"),
        (1.5, "[h]:mm", "36:00"),
        (90 / 1440, '[m]" min"', "90 min"),
        (65 / 86_400, "mm:ss.0", "01:05.0"),
        (59.9999 / 86_400, "hh:mm:ss", "00:01:00"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (-1, "yyyy-mm-dd", "-1"),
        (9e9, "yyyy-mm-dd", "9000000000"),
    ],
)
def test_days_are_shown_as_dates_times_and_durations(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


def test_days_may_count_from_1904() -> None:
    assert shown_number(0, "yyyy-mm-dd", is_1904=True) == "1904-01-01"


def test_a_format_adds_words_to_a_text_or_hides_it() -> None:
    assert shown_text("abc", '0;0;0;"No. "@') == "No. abc"
    assert shown_text("abc", ";;;") == ""
    assert shown_text("abc", "0.00") == "abc"


@pytest.mark.parametrize(
    "code", ["[", '"', "\\", "0.", ".", ",", "%", "/", "E+", "[>]0", ";" * 300, "0" * 10_000, "?/?/?"]
)
def test_damaged_codes_show_something(code: str) -> None:
    assert isinstance(shown_number(12.5, code), str)


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (12_345, "##0.0E+0", "12.3E+3"), (0.00012345, "##0.0E+0", "123.5E-6"), (9.996, "0.00E+00", "1.00E+01"),
        (2.45, "# ?/10", "2 5/10"), (123_456_789, "0." + "0" * 40, "123456789." + "0" * 40),
    ],
)  # fmt: skip
def test_exponents_fractions_and_very_many_decimals(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("[$-407]d. mmmm yyyy;@", "15. März 2023"), ("[$-40C]dddd d mmm", "mercredi 15 mars"),
        ("[$-804]aaaa", "星期三"),
        ('[$-411]ggge"年"m"月"', "令和5年3月"), ("gge.m.d", "令5.3.15"), ("e/mm", "2023/03"), ("[$-409]mmmmm", "M"),
        ('上午/下午h"时"', "下午6时"), ("[$-804]dddd", "星期三"), ("[$-411]ddd", "水"), ("[$-3E8]mmmm", "March"),
    ],
)  # fmt: skip
def test_names_of_dates_are_in_the_language_of_their_code(code: str, shown: str) -> None:
    assert shown_number(45_000.75, code) == shown


def test_the_section_of_texts_stands_for_every_text() -> None:
    assert shown_text("abc", '0;0;0;"none"') == "none"
    assert shown_text("abc", "0;0;0;General") == "abc"


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (3.5, '# ?/?" in"', "3 1/2 in"), (-5, "[>=0]0;-0", "-5"), (-5, '[>=0]"€" 0.00;[<0]-"€" 0.00', "-€ 5.00"),
        (12, '[<10]0" low"', "12"), (1e-9, "General", "1E-09"), (1, "# ?/?", "1"), (0.25, '??/??" of it"', "1/4 of it"),
    ],
)  # fmt: skip
def test_units_of_fractions_and_signs_of_conditions(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown
