from collections import Counter

import pytest

from evals.ragas_scores.agreement import agreement_of, labelled_items
from evals.ragas_scores.samples import NotComputedError, Sample

LABELS = {item.sample: item.supported for item in labelled_items()}


def test_half_of_the_items_are_supported_and_some_are_chinese() -> None:
    items = labelled_items()
    assert len({item.id for item in items}) == len(items) == 24
    assert sum(item.supported for item in items) == 12
    assert Counter(item.language for item in items) == {"en": 18, "zh": 6}


async def test_a_judge_that_is_right_agrees_with_every_label_and_with_itself() -> None:
    async def faithfulness(sample: Sample) -> float:
        return 1.0 if LABELS[sample] else 0.5

    agreement = await agreement_of(faithfulness, lambda *_: None, concurrency=4)
    assert (agreement.label, agreement.same, agreement.items) == (1.0, 1.0, 24)


async def test_a_judge_that_says_yes_to_everything_agrees_with_half() -> None:
    async def faithfulness(_: Sample) -> float:
        return 1.0

    assert (await agreement_of(faithfulness, lambda *_: None, concurrency=1)).label == 0.5


async def test_a_judge_that_changes_its_mind_does_not_agree_with_itself() -> None:
    told: Counter[Sample] = Counter()

    async def faithfulness(sample: Sample) -> float:
        told[sample] += 1
        return float(told[sample] == 1)

    agreement = await agreement_of(faithfulness, lambda *_: None, concurrency=4)
    assert (agreement.label, agreement.same) == (0.5, 0.0)
    assert sum(told.values()) == 24 + 8


async def test_items_without_a_verdict_count_for_nothing() -> None:
    async def faithfulness(sample: Sample) -> float:
        if not sample.user_input.isascii():
            raise NotComputedError("cut off")
        return 1.0 if LABELS[sample] else 0.0

    agreement = await agreement_of(faithfulness, lambda *_: None, concurrency=4)
    assert (agreement.label, agreement.same, agreement.items) == (1.0, 1.0, 18)


async def test_without_any_verdict_nothing_was_measured() -> None:
    async def faithfulness(_: Sample) -> float:
        raise NotComputedError("gone")

    agreement = await agreement_of(faithfulness, lambda *_: None, concurrency=4)
    assert (agreement.label, agreement.same, agreement.items) == (None, None, 0)


@pytest.mark.parametrize("wanted", [True, False])
def test_items_asked_about_twice_are_of_both_kinds(*, wanted: bool) -> None:
    assert wanted in {item.supported for item in labelled_items()[::3]}
