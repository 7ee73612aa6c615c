import pytest

from rag.answering.readings import Reading, best_of, choose
from rag.answers import Condensed
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.search import SearchSteps
from rag.types import Candidates, Hit
from tests.support.builders.passages import make_hit
from tests.support.fakes.hash_encoder import HashEncoder

LOOM = make_hit("The loom weighs ninety kilos. The loom was oiled in June.", key="loom")
KILN = make_hit("The kiln weighs forty kilos. The kiln was oiled in May.", key="kiln")
FERRY = make_hit("The ferry to the island leaves at noon.", key="ferry")
SCORER = EvidenceScorer(HashEncoder())


def reading(query: Condensed, *hits: Hit, confidence: float = 0.5) -> Reading:
    steps = SearchSteps(candidates=Candidates(dense=(), bm25=()), fused=hits, reranked=hits, hits=hits)
    return Reading(query=query, steps=steps, confidence=confidence)


def chosen(alone: str, resolved: Condensed, *hits: Hit) -> str:
    return choose(reading(Condensed(text=alone), *hits), reading(resolved, *hits, confidence=0.6), SCORER).query.text


def test_a_new_topic_is_read_alone() -> None:
    resolved = Condensed(text="How heavy is the loom? ferry island noon", new="ferry island noon")
    assert chosen("ferry island noon", resolved, LOOM, KILN, FERRY) == "ferry island noon"


def test_a_fragment_is_completed_where_the_documents_support_it() -> None:
    resolved = Condensed(text="When was the kiln oiled?", new="kiln")
    assert chosen("the kiln?", resolved, LOOM, KILN, FERRY) == resolved.text


def test_a_pronoun_is_resolved() -> None:
    resolved = Condensed(text="When was the kiln oiled?", leans=True)
    assert chosen("When was it oiled?", resolved, LOOM, KILN) == resolved.text


def test_a_pronoun_in_a_question_that_one_sentence_holds_is_left() -> None:
    alone = "When leaves the ferry to the island with its cars?"
    resolved = Condensed(text="How heavy is the loom? When leaves the ferry with its cars?", leans=True)
    assert chosen(alone, resolved, LOOM, FERRY) == alone


@pytest.mark.parametrize(("question", "agreed"), [("the ferry?", True), ("the yellow ferry?", False)])
def test_both_readings_agree_on_a_sentence_with_all_words(question: str, agreed: bool) -> None:  # noqa: FBT001
    resolved = Condensed(text="When does the ferry leave?", new="ferry")
    first, second = reading(Condensed(text=question), FERRY), reading(resolved, FERRY, confidence=0.6)
    best = choose(first, second, SCORER)
    assert (best.query.text, best.query.agreed) == (resolved.text, agreed)


def test_without_hits_for_one_reading_the_other_is_taken() -> None:
    resolved = reading(Condensed(text="How heavy is the kiln?"), KILN)
    assert choose(reading(Condensed(text="the kiln?")), resolved, SCORER) is resolved
    assert choose(reading(Condensed(text="the kiln?"), KILN), reading(Condensed(text="?")), SCORER).query.text != "?"


def test_of_several_completed_readings_the_supported_one_is_taken() -> None:
    wrong = reading(Condensed(text="When was the loom kiln oiled?", alone="the kiln?", new="kiln"), LOOM)
    right = reading(Condensed(text="When was the kiln oiled?", alone="the kiln?", new="kiln"), KILN)
    assert best_of(None, [wrong, right], SCORER).query.text == right.query.text


@pytest.mark.parametrize(("said", "agreed"), [("The loom was oiled in June.", True), ("Nobody knows.", False)])
def test_a_question_without_own_words_is_answered_where_the_last_answer_is_found(said: str, agreed: bool) -> None:  # noqa: FBT001
    why = reading(Condensed(text="When was the loom oiled? Why?", leans=True, said=said), LOOM)
    assert best_of(None, [why], SCORER).query.agreed is agreed
