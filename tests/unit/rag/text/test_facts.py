import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.facts import claimed, fact_places, stated

SAME = [
    ("It lasts 6000 hours.", "Every 6,000 hours."),
    ("It rose by 5 percent.", "It rose by 5 %."),
    ("It rose by 5%.", "A rise of 5 per cent."),
    ("Signed on 2024-03-12.", "Signed on 12 March 2024."),
    ("Signed on March 12, 2024.", "Signed on 2024-03-12."),
    ("Signed on the 12th of March 2024.", "On Mar. 12, 2024 it was signed."),
    ("Signed in March 2024.", "Signed on 12 March 2024."),
    ("Signed in 2024.", "Signed on 12.03.2024."),
    ("Signed on 12/03/2024.", "Signed on March 12, 2024."),
    ("It lasts 7 years.", "It lasts seven years."),
    ("It lasts twelve years.", "It lasts 12 years."),
    ("It lasts one year.", "It lasts a year."),
    ("Two million people.", "2,000,000 people."),
    ("2.5 million people.", "2,500,000 people."),
    ("A weight of 2.50 kg.", "2.5 kg"),
    ("In the 10th century.", "In the tenth century."),
    ("保修期为7年。", "压缩机的保修期为七年。"),
    ("保修期为十二个月。", "12个月"),
    ("于2024年3月12日签署。", "Signed on 12 March 2024."),
    ("增长百分之5。", "增长5%。"),
    ("They met Anna Lindqvist.", "ANNA LINDQVIST'S office"),
    ("It belongs to Lindqvist’s firm.", "Lindqvist owns it."),
    ("He works in the U.S. today.", "the US market"),
    ("It was the Norman rule.", "the Normans ruled"),
    ("The P-6000 rests.", "the P6000 model"),
    ("They went to Malmo.", "in Malmö"),
    ("It has 10^3 cells.", "10³ cells"),
    ("A gap of 2.0 · 10⁻³ m.", "2 · 10^-3 m"),
    ("It takes 2.5 cups.", "2½ cups"),
    ("It takes 1/2 cup.", "½ cup"),
    ("A floor of 40 m2.", "40 m²"),
]
DIFFERENT = [
    ("It lasts 6,000 hours.", "Every 6,001 hours."),
    ("It rose by 5 %.", "It weighs 5 kg."),
    ("It lasts 7 years.", "It lasts seventy years."),
    ("Signed on 12 March 2024.", "Signed in March 2024."),
    ("Signed on 12 March 2024.", "Signed on 13 March 2024. Revised on 12 April 2024."),
    ("Signed in May 2024.", "It may last until 2024."),
    ("2 million people.", "2 people"),
    ("They met Anna Lindqvist.", "They met Anna Berg."),
    ("The P-6000 rests.", "The P-7000 rests."),
    ("Anna Lindqvist left.", "Anna Berg left."),
    ("保修期为七年。", "保修期为五年。"),
    ("It has 103 cells.", "10³ cells"),
    ("It has 10³ cells.", "103 cells"),
    ("It has 10³ cells.", "10 racks of 3 cells"),
    ("It takes 21 cups.", "2½ cups"),
    ("It takes 1 cup.", "½ cup"),
    ("It has 101 pages.", "page 10①"),
]


def holds(claim: str, source: str) -> bool:
    wanted, there = claimed(claim), stated(source)
    return there.holds_figures(wanted) and not there.missing_names(wanted)


@pytest.mark.parametrize(("claim", "source"), SAME)
def test_the_same_fact_in_another_form_is_found(claim: str, source: str) -> None:
    assert holds(claim, source)


@pytest.mark.parametrize(("claim", "source"), DIFFERENT)
def test_another_fact_is_not_taken_for_it(claim: str, source: str) -> None:
    assert not holds(claim, source)


def test_the_first_word_of_a_sentence_is_no_name_for_being_written_large() -> None:
    assert claimed("Filters are cleaned. Technicians do it.").names == frozenset()
    assert claimed("Olav Berg cleans filters.").names == {"olav", "berg"}


def test_a_code_is_not_taken_apart_into_numbers() -> None:
    assert claimed("Error E42 of the P-6000 is shown.").numbers == frozenset()
    assert claimed("Error E42 of the P-6000 is shown.").names == {"e42", "p6000"}


def test_a_month_that_is_none_is_no_date() -> None:
    assert claimed("Version 2024-13-01 is out.").dates == frozenset()


def test_each_fact_is_found_in_its_place() -> None:
    text = "On 12 March 2024 Anna Lindqvist paid two million euros, 2½ % of 6,000 P-6000 pumps."
    assert [(text[span.start : span.end]) for span, _ in fact_places(text)] == [
        "12 March 2024",
        "Anna",
        "Lindqvist",
        "two million",
        "6,000",
        "P-6000",
    ]


@given(st.text(max_size=80))
def test_the_facts_in_their_places_claim_nothing_that_the_whole_text_does_not(text: str) -> None:
    assert all(fact.is_part_of(claimed(text)) for _, fact in fact_places(text))


def test_a_number_beside_a_name_with_a_percent_sign_is_a_percentage() -> None:
    assert stated("Discount %: 12; Stock: 38").holds_figures(claimed("12 %"))
    assert not stated("Discount %: 12; Stock: 38").holds_figures(claimed("38 %"))
