from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.abstention import AbstentionGate, model_for
from rag.answers import AbstentionReason
from rag.models.calibrations import AbstentionFeatures, AbstentionModel, calibration_of
from rag.retrieval.evidence import EvidenceScorer
from tests.support.builders.passages import make_hit
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder

MODELS = calibration_of("default").abstention
SHARES = st.floats(min_value=0, max_value=1)
QUESTION = "After how many hours must the rotary pump be serviced?"
MATCHING = make_hit("After 6,000 hours the rotary pump must be serviced.", key="pump")
UNRELATED = (
    make_hit("My neighbour's cat sleeps on a warm roof.", key="cat"),
    make_hit("Parental leave lasts twelve weeks.", key="leave"),
)


def gate(*, threshold: float = 0.5, encoder: HashEncoder | None = None) -> AbstentionGate:
    return AbstentionGate(scorer=EvidenceScorer(encoder or HashEncoder()), threshold=threshold)


def test_hits_that_have_nothing_to_do_with_the_question_are_weak_support() -> None:
    assert gate().assess(QUESTION, UNRELATED).reason is AbstentionReason.WEAK_SUPPORT


def test_one_matching_hit_is_enough_wherever_it_stands() -> None:
    assert gate().assess(QUESTION, (*UNRELATED, MATCHING)).reason is None


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("lathe", AbstentionReason.WEAK_SUPPORT),
        ("pump", None),
        ("rotary lathe", None),
        ("oldest", None),
        ("", None),
    ],
)
def test_hits_without_the_new_topic_of_a_follow_up_are_weak_support(new: str, reason: AbstentionReason | None) -> None:
    question = f"After how many hours must the {new} pump be serviced?"
    assert gate(threshold=0).assess(question, (MATCHING,), new=new).reason is reason


def test_hits_in_another_language_may_call_the_new_topic_otherwise() -> None:
    hits = (make_hit("Nach 6000 Stunden muss die Drehbank gewartet werden.", key="lathe"),)
    assert gate(threshold=0).assess("When must the lathe be serviced?", hits, new="lathe").reason is None


def test_headings_alone_support_nothing() -> None:
    hit = make_hit("Servicing the rotary pump", headings=("Servicing the rotary pump",))
    assert gate().assess(QUESTION, (hit,)).reason is AbstentionReason.WEAK_SUPPORT


@pytest.mark.parametrize(("threshold", "expected"), [(0.0, None), (1.0, AbstentionReason.WEAK_SUPPORT)])
def test_the_threshold_decides_at_its_ends_alone(threshold: float, expected: AbstentionReason | None) -> None:
    assert gate(threshold=threshold).assess(QUESTION, UNRELATED).reason is expected
    assert gate(threshold=threshold).assess(QUESTION, (MATCHING,)).reason is expected


def test_it_still_tells_the_two_apart_when_the_encoder_fails() -> None:
    wordy = gate(encoder=FailingEncoder())
    assert wordy.assess(QUESTION, UNRELATED).reason is AbstentionReason.WEAK_SUPPORT
    assert wordy.assess(QUESTION, (MATCHING,)).reason is None


@given(low=SHARES, high=SHARES, other=SHARES)
def test_better_support_never_lowers_the_probability(low: float, high: float, other: float) -> None:
    low, high = min(low, high), max(low, high)
    for signal, weights in product(("cosine", "cover"), (MODELS.same_language.weights, MODELS.cjk.weights)):
        features = AbstentionFeatures(cosine=other, cover=other)
        worse, better = (weights.probability(replace(features, **{signal: value})) for value in (low, high))
        assert 0 <= worse <= better <= 1


def test_a_chinese_question_is_judged_by_its_words() -> None:
    hits = (make_hit("压缩机的保修期为七年，自调试完成之日起计算。"),)
    assert gate().assess("压缩机的保修期是多久？", hits).reason is None
    assert gate().assess("公司班车早上几点发车？", hits).reason is AbstentionReason.WEAK_SUPPORT


MODEL = AbstentionModel(weights=MODELS.same_language.weights, thresholds=((0.1, 0.8), (0.2, 0.6), (0.4, 0.2)))


@pytest.mark.parametrize(
    ("target", "threshold"), [(0.1, 0.8), (0.15, 0.7), (0.3, 0.4), (0.05, 0.9), (0.0, 1.0), (0.9, 0.2)]
)
def test_a_target_between_two_known_ones_has_a_threshold_between_theirs(target: float, threshold: float) -> None:
    assert MODEL.threshold(target) == pytest.approx(threshold)


@pytest.mark.parametrize("encoder", ["default", "multilingual-e5-small-int8-v1"])
def test_fewer_wrong_answers_never_take_a_lower_threshold(encoder: str) -> None:
    models = calibration_of(encoder).abstention
    for model in (models.same_language, models.cjk, models.other_language or models.cjk):
        shares, thresholds = zip(*model.thresholds, strict=True)
        assert list(shares) == sorted(shares)
        assert list(thresholds) == sorted(thresholds, reverse=True)


def test_hits_in_another_language_are_judged_by_their_own_model_where_the_encoder_has_one() -> None:
    multilingual = calibration_of("multilingual-e5-small-int8-v1").abstention
    german = (make_hit("Die Pumpe muss nach 6000 Stunden in der Werkstatt gewartet werden."),)
    assert model_for(QUESTION, german, multilingual) is multilingual.other_language
    assert model_for(QUESTION, (MATCHING,), multilingual) is multilingual.same_language
    assert model_for(QUESTION, german, MODELS) is MODELS.same_language
    hebrew = (make_hit("אחוז ההנחה הוא 15%."),)
    assert model_for("מה אחוז ההנחה?", hebrew, multilingual) is multilingual.other_language


def test_the_target_decides_and_a_threshold_of_its_own_overrides_it() -> None:
    scorer = EvidenceScorer(HashEncoder())
    hits = (make_hit("The rotary pump rests.", key="pump"),)
    strict = AbstentionGate(scorer=scorer, target_error=0.01)
    lax = AbstentionGate(scorer=scorer, target_error=0.99)
    assert strict.assess(QUESTION, hits).reason is AbstentionReason.WEAK_SUPPORT
    assert lax.assess(QUESTION, hits).reason is None
    assert AbstentionGate(scorer=scorer, target_error=0.01, threshold=0.0).assess(QUESTION, hits).reason is None


@pytest.mark.parametrize(
    ("code", "reason"), [("K-3302", AbstentionReason.WEAK_SUPPORT), ("K3301", None), ("Z-9", None), ("3.1.4", None)]
)
def test_hits_with_other_codes_of_the_kind_asked_for_are_weak_support(
    code: str, reason: AbstentionReason | None
) -> None:
    hits = (make_hit("Alarm K-3301: the fan stands still. It came with release 3.1.5.", key="alarm"),)
    assert gate(threshold=0).assess(f"What does alarm {code} mean?", hits).reason is reason


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Does Larkspur 4.2 read archives?", AbstentionReason.WEAK_SUPPORT),
        ("Does Larkspur 3.1 read archives?", None),
        ("Does Larkspur run with Python 3.13?", None),
        ("Does Larkspur run with Ruby 3.13?", None),
    ],
)
def test_hits_with_other_versions_of_the_thing_asked_for_are_weak_support(
    question: str, reason: AbstentionReason | None
) -> None:
    hits = (make_hit("Larkspur 3.1.0 - 2024-09-02 reads archives. It runs with Python 3.9 or newer.", key="notes"),)
    assert gate(threshold=0).assess(question, hits).reason is reason


def test_a_word_that_nothing_found_is_like_weighs_much() -> None:
    features = AbstentionGate(scorer=EvidenceScorer(HashEncoder())).features
    hits = (make_hit("The rotary pump is serviced in May.", key="pump"),)
    assert features("Is the rotary pump serviced?", hits).words == pytest.approx(1)
    assert features("Is the rotary pump serviced for elephants?", hits).words < 0.5
    assert features("How many rotary pumps?", hits).words == pytest.approx(1)  # how it is asked is no subject


def test_without_vectors_of_words_their_likeness_is_the_cover() -> None:
    features = AbstentionGate(scorer=EvidenceScorer(FailingEncoder())).features(QUESTION, (MATCHING,))
    assert features.words == features.cover
