from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rag.answers import Role, Turn
from rag.generation.endpoints.routing import Needs, Option, may_answer, needs_of, order
from rag.settings import EndpointSettings, GenerationSettings, Tier
from tests.support.builders.passages import make_passage
from tests.support.fakes.generation import generation_request

NEEDS = Needs(tenant="acme", language="en", confidence=0.6, tier=Tier.SMALL, prompt_bytes=3_000, max_tokens=500)


def endpoint(name: str = "a", **settings: Any) -> EndpointSettings:
    return EndpointSettings(name=name, url="http://model/v1", **settings)


def names(needs: Needs, *options: tuple[EndpointSettings, float]) -> str:
    return "".join(each.name for each in order([Option(endpoint=one, load=load) for one, load in options], needs))


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({}, True),
        ({"tenants": {"acme", "b"}}, True),
        ({"tenants": {"b"}}, False),
        ({"languages": {"en", "de"}}, True),
        ({"languages": {"de"}}, False),
        ({"least_confidence": 0.6}, True),
        ({"least_confidence": 0.61}, False),
        ({"tenants": {"acme"}, "languages": {"de"}}, False),
    ],
)
def test_an_endpoint_sees_only_the_questions_that_it_is_for(settings: dict[str, Any], *, allowed: bool) -> None:
    assert may_answer(endpoint(**settings), NEEDS) is allowed


def test_a_question_in_no_clear_language_goes_to_endpoints_for_all() -> None:
    unclear = replace(NEEDS, language=None)
    assert not may_answer(endpoint(languages={"en"}), unclear)
    assert may_answer(endpoint(), unclear)


def test_the_least_loaded_of_equals_comes_first_and_else_the_order_of_the_settings_stays() -> None:
    assert names(NEEDS, (endpoint("a"), 2), (endpoint("b"), 0.5), (endpoint("c"), 0.5)) == "bca"


def test_the_tier_goes_before_the_load_and_the_other_tier_is_what_is_left() -> None:
    small, large = (endpoint("s"), 9.0), (endpoint("l", tier="large"), 0.0)
    assert names(NEEDS, large, small) == "sl"
    assert names(replace(NEEDS, tier=Tier.LARGE), small, large) == "ls"


def test_the_model_that_a_collection_prefers_goes_before_all_else() -> None:
    first, other = (Option(endpoint=endpoint(name), load=load, model=name) for name, load in (("a", 0.0), ("b", 9.0)))
    assert [each.name for each in order([first, other], replace(NEEDS, model="b"))] == ["b", "a"]
    assert [each.name for each in order([first, other], replace(NEEDS, model="gone"))] == ["a", "b"]


def test_a_prompt_goes_where_it_fits() -> None:
    narrow, wide = (endpoint("n", context_tokens=1_400), 0.0), (endpoint("w", tier="large", context_tokens=8_192), 5.0)
    assert names(NEEDS, narrow, wide) == "wn"
    assert names(replace(NEEDS, prompt_bytes=2_000), narrow, wide) == "nw"


@pytest.mark.parametrize(
    ("question", "escalated", "tier"),
    [
        ("How long?", False, Tier.SMALL),
        ("x" * 400, False, Tier.SMALL),
        ("x" * 401, False, Tier.LARGE),
        ("How long?", True, Tier.LARGE),
    ],
)
def test_hard_questions_and_second_tries_need_a_large_model(question: str, tier: Tier, *, escalated: bool) -> None:
    asked = replace(generation_request(question), escalated=escalated)
    assert needs_of(asked, GenerationSettings(), language=None).tier is tier


def test_a_prompt_is_as_long_as_its_parts() -> None:
    passage = make_passage("Five years.", number=1)
    asked = generation_request("保修？", passage, history=(Turn(role=Role.USER, content="Hi"),))
    assert needs_of(asked, GenerationSettings(), language=None).prompt_bytes == 9 + 2 + len(passage.text)
