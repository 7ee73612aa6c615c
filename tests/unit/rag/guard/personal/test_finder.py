import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.guard.personal.finder import EVERY_KIND, find
from rag.settings import PersonalKind


def test_each_kind_can_be_found_alone() -> None:
    text = "Ada Krylova, ada@example.com, +49 30 901820"
    assert [each.kind for each in find(text)] == [PersonalKind.PERSON, PersonalKind.EMAIL, PersonalKind.PHONE]
    assert [each.kind for each in find(text, {PersonalKind.PHONE})] == [PersonalKind.PHONE]


def test_of_findings_that_overlap_the_surer_stays() -> None:
    text = "https://example.com/?email=ada@example.com and call DE89 3704 0044 0532 0130 00"
    assert [each.kind for each in find(text)] == [PersonalKind.URL, PersonalKind.IBAN]


def test_all_is_no_kind_of_its_own() -> None:
    assert {*EVERY_KIND, PersonalKind.ALL} == set(PersonalKind)


@settings(deadline=None)  # the first call reads the lists of names
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_findings_of_any_text_are_in_order_and_do_not_overlap(text: str) -> None:
    spans = [each.span for each in find(text)]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))


DIGITS = st.text(alphabet=st.sampled_from("0123456789٠٧٨１４ -.+()/ABXZ"), max_size=60)


@settings(deadline=None)
@given(st.sampled_from(["", "SSN ", "card ", "Steuer-ID ", "PESEL ", "NHS ", "BSN ", "aadhaar ", "passport "]), DIGITS)
def test_no_number_of_any_script_breaks_a_check(label: str, number: str) -> None:
    find(label + number)
