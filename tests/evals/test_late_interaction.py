"""Where MaxSim puts the hits, and how its weight is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from evals.late_interaction import WEIGHTS, SetRun, Way, order
from evals.late_interaction_choice import weigh
from evals.token_forms import FORMS
from rag.types import Hit
from tests.support.passages import make_hit

LIKENESS = np.array([0.2, 0.5, 0.8], dtype=np.float32)


@pytest.fixture
def fused() -> list[Hit]:
    scores = {"a": 4.0, "b": 3.5, "c": 2.0, "d": 1.0}
    return [replace(make_hit(text, key=text), score=score) for text, score in scores.items()]


def texts(hits: list[Hit]) -> str:
    return "".join(each.chunk.text for each in hits)


def test_maxsim_counts_in_standard_deviations_from_the_lowest(fused: list[Hit]) -> None:
    # Deviation 0.245: the shares are 0, 1.22 and 2.45 times the weight; the fourth hit was not compared.
    assert texts(order(Way.INSTEAD, fused, fused, LIKENESS, weight=0.25)) == "abcd"
    assert texts(order(Way.INSTEAD, fused, fused, LIKENESS, weight=0.4)) == "abcd"
    assert texts(order(Way.INSTEAD, fused, fused, LIKENESS, weight=0.5)) == "bacd"
    assert texts(order(Way.INSTEAD, fused, fused, LIKENESS, weight=2.0)) == "cbad"


def test_an_encoder_that_sees_no_difference_moves_little(fused: list[Hit]) -> None:
    assert texts(order(Way.INSTEAD, fused, fused, LIKENESS, weight=1.0)) == "bcad"
    # Deviation 0.0245 counts as 0.08: the shares are 0, 0.375 and 0.75.
    assert texts(order(Way.INSTEAD, fused, fused, LIKENESS * np.float32(0.1), weight=1.0)) == "abcd"


def test_beside_the_reranker_only_what_it_read_moves(fused: list[Hit]) -> None:
    read = [replace(fused[2], rerank_score=1.2), replace(fused[0], rerank_score=1.0)]
    reranked = [*read, fused[1], fused[3]]
    # As shares of the first score, 4, "a" gets 0 and "c" 0.61 of the weight; "b" would get 0.31.
    assert texts(order(Way.BESIDE, fused, reranked, LIKENESS, weight=1.0)) == "cabd"
    assert texts(order(Way.BESIDE, fused, reranked, LIKENESS[::-1], weight=0.25)) == "cabd"
    assert texts(order(Way.BESIDE, fused, reranked, LIKENESS[::-1], weight=1.0)) == "acbd"


def run(name: str, by_weight: Mapping[float, list[float]]) -> SetRun:
    arms = {(form, way, weight): by_weight[weight] for form, way, weight in product(FORMS, Way, WEIGHTS)}
    return SetRun(dataset=name, fused=[0.5], reranked=[0.5], with_maxsim=arms, costs={}, reranker_milliseconds=[1.0])


def test_a_set_has_no_say_in_the_weight_it_is_measured_with() -> None:
    light = run("light", dict(zip(WEIGHTS, ([0.9], [0.6], [0.6], [0.1]), strict=True)))
    heavy = run("heavy", dict(zip(WEIGHTS, ([0.2], [0.6], [0.6], [0.8]), strict=True)))
    outcomes = weigh([light, heavy])
    assert [(outcome.way, outcome.form) for outcome in outcomes] == list(product(Way, FORMS))
    assert outcomes[0].weights == {"light": WEIGHTS[3], "heavy": WEIGHTS[0]}
    assert outcomes[0].ndcg_at_10 == {"light": 0.1, "heavy": 0.2}
    assert outcomes[0].gains["light"].mean == pytest.approx(-0.4)
    assert outcomes[0].overall.mean == pytest.approx((-0.4 - 0.3) / 2)
