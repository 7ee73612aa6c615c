from hypothesis import given, settings
from hypothesis import strategies as st

from rag.guard.personal.masking import NOTHING, Policy, blacken, counts, mask
from rag.settings import PersonalAction, PersonalKind

ALL = Policy.of({PersonalKind.ALL: PersonalAction.MASK})
TEXT = "Ask Ada Krylova\n(ada@example.com) about 4111 1111 1111 1111."


def test_a_mask_says_what_stood_there() -> None:
    masked, findings = mask(TEXT, ALL)
    assert masked == "Ask ‹person›\n(‹email›) about ‹card›."
    assert counts(findings) == {PersonalKind.PERSON: 1, PersonalKind.EMAIL: 1, PersonalKind.CARD: 1}


def test_blocks_keep_every_place_and_all_white_space() -> None:
    masked, _ = blacken(TEXT, ALL)
    assert masked == "Ask ███ ███████\n(███████████████) about ████ ████ ████ ████."


def test_a_kind_that_is_named_goes_before_all() -> None:
    policy = Policy.of(
        {
            PersonalKind.ALL: PersonalAction.MASK,
            PersonalKind.PERSON: PersonalAction.OFF,
            PersonalKind.CARD: PersonalAction.WARN,
        }
    )
    masked, findings = mask(TEXT, policy)
    assert masked == "Ask Ada Krylova\n(‹email›) about 4111 1111 1111 1111."
    assert [each.kind for each in findings] == [PersonalKind.EMAIL, PersonalKind.CARD]


def test_without_a_policy_nothing_is_done() -> None:
    assert NOTHING.is_off
    assert mask(TEXT, NOTHING) == (TEXT, [])


@settings(deadline=None)  # the first call reads the lists of names
@given(st.text(max_size=200))
def test_blackened_text_has_the_length_of_any_text(text: str) -> None:
    assert len(blacken(text, ALL)[0]) == len(text)
