from collections.abc import Sequence

from rag.answers import Composed
from rag.composition.composer import Composer
from rag.composition.facts import FactPlanner
from rag.composition.material import Material
from rag.retrieval.evidence import EvidenceScorer
from rag.types import Hit, Passage, Scope
from tests.support.builders.passages import make_hit
from tests.support.fakes.hash_encoder import HashEncoder


def compose(question: str, hits: Sequence[Hit]) -> Composed:
    composed = composed_or_none(question, hits)
    assert composed is not None
    return composed


class FailingPlanner:
    def plan(self, material: Material) -> Composed | None:
        raise ZeroDivisionError(material.question)


def composed_or_none(question: str, hits: Sequence[Hit]) -> Composed | None:
    composer = Composer([FactPlanner(max_sentences=2)], scorer=EvidenceScorer(HashEncoder()))
    passages = [Passage(number=at, hit=hit, kept=()) for at, hit in enumerate(hits, start=1)]
    return composer.compose(question, passages, scope=Scope(tenant="acme", collection="default"))


def fees(*titles: str) -> list[Hit]:
    return [
        make_hit(f"The fee is {at} dollars.", key=f"fees-{2030 + at}", title=title) for at, title in enumerate(titles)
    ]


def test_an_answer_from_one_of_several_editions_says_which() -> None:
    composed = compose("What is the fee?", fees("Pool rules 2030", "Pool rules 2031"))
    assert composed.sentences[0].text == "Pool rules 2031: The fee is 1 dollars."
    composed = compose("What is the fee in 2031?", fees("Pool rules", "Pool rules"))
    assert composed.sentences[0].text == "fees-2031.txt: The fee is 1 dollars."


def test_an_answer_from_the_only_edition_is_as_it_stands() -> None:
    assert compose("What is the fee?", fees("Pool rules 2030")).sentences[0].text == "The fee is 0 dollars."


def test_an_answer_with_the_very_code_is_certain() -> None:
    hits = [make_hit("Alarm K-3301: the fan stands still. Alarm K-3302: the belt is loose.")]
    assert compose("what is k3302", hits).certain
    assert not compose("how loose is the belt", hits).certain


def test_an_answer_from_the_very_section_is_certain() -> None:
    hits = [make_hit("The sum is due in May.", headings=("§ 4 Price",))]
    assert compose("what does § 4 say?", hits).certain
    assert not compose("what does § 5 say?", hits).certain
    assert not compose("which colour has the ship of § 4?", hits).certain


def test_addresses_behind_words_are_shown_only_where_a_place_is_asked_for() -> None:
    hits = [make_hit("The fee is paid by card (https://pool.example/pay?id=7).")]
    assert compose("How is the fee paid?", hits).sentences[0].text == "The fee is paid by card."
    assert "https://pool.example" in compose("Where is the fee paid?", hits).sentences[0].text


def test_a_change_is_quoted_with_its_release() -> None:
    hits = [make_hit("Support for old ropes was dropped.", headings=("Changes", "[2.1.0] - 2031-05-02", "Removed"))]
    composed = compose("which version dropped old ropes", hits)
    assert composed.sentences[0].text == "[2.1.0] - 2031-05-02, Removed: Support for old ropes was dropped."


def test_no_answer_is_composed_without_the_quantity_or_price_that_is_asked_for() -> None:
    hits = [make_hit("The fan of the mill is made in Ghent. It is black.")]
    assert composed_or_none("How heavy is the fan of the mill?", hits) is None
    assert composed_or_none("What is the price of the fan?", [make_hit("The fan of the mill has 30 blades.")]) is None
    assert composed_or_none("What is the price of the fan?", [make_hit("The fan of the mill is free.")]) is not None
    assert composed_or_none("Where is the fan of the mill made and how much is it?", hits) is not None


def test_a_price_of_another_numbered_thing_is_no_answer() -> None:
    text = "Hall 2 is by the gate. Hall 5 is new. It costs 300 dollars."
    assert composed_or_none("What does Hall 2 cost?", [make_hit(text)]) is None
    assert composed_or_none("What does Hall 5 cost?", [make_hit(text)]) is not None


def test_a_planner_that_fails_is_named_and_passed_over() -> None:
    composer = Composer([FailingPlanner(), FactPlanner(max_sentences=2)], scorer=EvidenceScorer(HashEncoder()))
    passages = [Passage(number=1, hit=make_hit("The fee is 7 dollars."), kept=())]
    failures: list[str] = []
    scope = Scope(tenant="acme", collection="default")
    composed = composer.compose("What is the fee?", passages, scope=scope, on_failure=failures.append)
    assert composed is not None
    assert composed.sentences[0].text == "The fee is 7 dollars."
    assert failures == ["FailingPlanner failed; the next one answered."]


def test_an_answer_must_have_one_of_several_quantities() -> None:
    hits = [make_hit("The fan of the mill costs 300 dollars.")]
    assert composed_or_none("How heavy is the fan of the mill?", hits) is None
    assert composed_or_none("How heavy is the fan of the mill, and how much does it cost?", hits) is not None


def test_a_document_of_another_year_does_not_answer_for_the_one_that_is_named() -> None:
    hits = [make_hit("Berths cost 30 dollars a night.", title="Prices 2031")]
    assert composed_or_none("How much is a berth in 2032?", hits) is None
    assert composed_or_none("How much is a berth in 2031?", hits) is not None
    assert composed_or_none("How much is a berth in 2032?", [make_hit("Berths cost 30 dollars.")]) is not None
