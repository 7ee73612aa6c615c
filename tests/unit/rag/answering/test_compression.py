from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.answering.compression import SentenceCompressor, WholePassages
from rag.retrieval.evidence import EvidenceScorer
from rag.types import Context
from tests.support.builders.passages import make_hit
from tests.support.builders.pipeline import WordTokenizer
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder

FACTS = (
    "The pump must be serviced every 6,000 hours.",
    "The warranty of the pump lasts five years.",
    "Filters are cleaned in spring and in autumn.",
    "A loud fan is a reason to call a partner.",
    "The casing is made of stainless steel.",
    "Oil of the grade ISO VG 46 is used.",
    "The display shows the pressure in bar.",
    "水泵每六千小时保养一次。",
)
QUESTION = "How often must the pump be serviced?"
LONGEST = max(len(fact.split()) for fact in FACTS)


def compress(*texts: str, question: str = QUESTION, budget: int = 1_000, start: int = 0) -> Context:
    compressor = SentenceCompressor(
        scorer=EvidenceScorer(HashEncoder()), tokenizer=WordTokenizer(), budget_tokens=budget
    )
    hits = [make_hit(text, key=str(place), start=start + 1_000 * place) for place, text in enumerate(texts)]
    return compressor.compress(question, hits)


def kept(context: Context) -> list[tuple[str, ...]]:
    return [passage.sentences for passage in context.passages]


@given(
    places=st.lists(st.lists(st.sampled_from(FACTS), min_size=1, max_size=4), min_size=1, max_size=4),
    budget=st.integers(min_value=LONGEST, max_value=60),
    start=st.integers(min_value=0, max_value=50),
)
def test_what_is_kept_is_verbatim_in_order_within_budget_and_numbered_from_one(
    places: list[list[str]], budget: int, start: int
) -> None:
    texts = [" ".join(facts) for facts in places]
    context = compress(*texts, budget=budget, start=start)
    documents = {str(place): " " * (start + 1_000 * place) + text for place, text in enumerate(texts)}
    for passage in context.passages:
        document = documents[passage.hit.chunk.chunk_id.removeprefix("chunk-")]
        assert [document[span.start : span.end] for span in passage.kept] == list(passage.sentences)
        assert all(before.end <= after.start for before, after in zip(passage.kept, passage.kept[1:], strict=False))
    words = sum(len(sentence.split()) for sentences in kept(context) for sentence in sentences)
    assert words == context.tokens_after <= budget
    assert context.tokens_before == sum(len(text.split()) for text in texts)
    assert [passage.number for passage in context.passages] == list(range(1, len(context.passages) + 1))
    assert context.passages


def test_a_small_budget_keeps_the_sentence_that_answers() -> None:
    context = compress(" ".join(FACTS[1:5]), f"{FACTS[5]} {FACTS[0]}", budget=8)
    assert kept(context) == [(FACTS[0],)]
    assert context.passages[0].number == 1
    assert context.passages[0].hit.chunk.chunk_id == "chunk-1"


def test_a_large_budget_keeps_everything() -> None:
    context = compress(*FACTS)
    assert kept(context) == [(fact,) for fact in FACTS]
    assert context.tokens_after == context.tokens_before


def test_the_best_sentence_is_kept_even_if_it_alone_is_over_budget() -> None:
    context = compress(FACTS[0], FACTS[4], budget=2)
    assert kept(context) == [(FACTS[0],)]


def test_a_sentence_that_leans_on_the_one_before_takes_it_along() -> None:
    text = "Our fan hums. The rotary pump stands outside. It must be serviced every 6,000 hours."
    [sentences] = kept(compress(text, question="What must be serviced every 6,000 hours?", budget=12))
    assert sentences == ("The rotary pump stands outside.", "It must be serviced every 6,000 hours.")


def test_an_answer_takes_its_question_along() -> None:
    text = "Our fan hums. Is the pump serviced? Every 6,000 hours it is."
    [sentences] = kept(compress(text, question="Every how many hours?", budget=10))
    assert sentences == ("Is the pump serviced?", "Every 6,000 hours it is.")


def test_a_row_of_a_table_takes_the_first_row_along() -> None:
    table = "Figures\nRegion | 2022 | 2023\nNorth | 4.1 | 4.7\nEast | 5.0 | 5.2\nSouth | 9.9 | 8.8"
    [sentences] = kept(compress(table, question="South", budget=10))
    assert sentences == ("Region | 2022 | 2023", "South | 9.9 | 8.8")


def test_what_two_documents_say_alike_is_kept_once() -> None:
    again = FACTS[0].replace("The pump", "the PUMP").removesuffix(".")
    context = compress(FACTS[0], again, FACTS[4])
    assert kept(context) == [(FACTS[0],), (FACTS[4],)]
    assert [passage.number for passage in context.passages] == [1, 2]


def test_numbers_make_sentences_differ() -> None:
    other = FACTS[0].replace("6,000", "9,000")
    assert kept(compress(FACTS[0], other)) == [(FACTS[0],), (other,)]


def test_nothing_found_gives_an_empty_context() -> None:
    assert compress() == Context(passages=(), tokens_before=0, tokens_after=0)


def test_a_failing_encoder_does_not_stop_it() -> None:
    compressor = SentenceCompressor(scorer=EvidenceScorer(FailingEncoder()), tokenizer=WordTokenizer(), budget_tokens=8)
    context = compressor.compress(QUESTION, [make_hit(" ".join(FACTS))])
    assert kept(context) == [(FACTS[0],)]


def test_whole_passages_are_the_first_that_fit_with_every_sentence() -> None:
    hits = [make_hit(f"{FACTS[place]} {FACTS[place + 1]}", key=str(place)) for place in (0, 2, 4)]
    words = [len(hit.chunk.text.split()) for hit in hits]
    whole = WholePassages(tokenizer=WordTokenizer(), budget_tokens=sum(words) - 1)
    context = whole.compress(QUESTION, hits)
    assert [passage.text for passage in context.passages] == [hit.chunk.text for hit in hits[:2]]
    assert [passage.number for passage in context.passages] == [1, 2]
    assert (context.tokens_before, context.tokens_after) == (sum(words), sum(words[:2]))


def test_the_first_whole_passage_is_kept_even_if_it_is_over_budget() -> None:
    context = WholePassages(tokenizer=WordTokenizer(), budget_tokens=1).compress(QUESTION, [make_hit(FACTS[0])])
    assert kept(context) == [(FACTS[0],)]
