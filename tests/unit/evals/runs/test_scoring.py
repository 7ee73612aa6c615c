import math
from random import Random

import pytest
import pytrec_eval

from evals.datasets.questions import EvalQuestion, GoldPassage
from evals.metrics import ndcg_at_k, precision_at_k, recall_at_k, reciprocal_rank
from evals.runs.records import CitationRecord, QuestionRecord, SentenceRecord
from evals.runs.scoring import exact_match, is_right, scores_of, token_f1


def test_retrieval_metrics_agree_with_trec_eval() -> None:
    draw = Random(5)  # noqa: S311 - test data
    for _ in range(200):
        ranked = draw.sample([f"d{number}" for number in range(30)], 20)
        gains = {f"d{draw.randrange(30)}": draw.randint(1, 3) for _ in range(draw.randint(1, 6))}
        measures = {"ndcg_cut.10", "recall.5", "P.5", "recip_rank"}
        oracle = pytrec_eval.RelevanceEvaluator({"q": gains}, measures)
        scores = {document: float(len(ranked) - rank) for rank, document in enumerate(ranked)}
        [theirs] = oracle.evaluate({"q": scores}).values()
        mine = {
            "ndcg_cut_10": ndcg_at_k(ranked, gains, k=10),
            "recall_5": recall_at_k(ranked, gains, k=5),
            "P_5": precision_at_k(ranked, gains, k=5),
            "recip_rank": reciprocal_rank(ranked, gains, k=len(ranked)),
        }
        assert mine == {name: pytest.approx(theirs[name]) for name in mine}


@pytest.mark.parametrize(
    ("answer", "gold", "f1"),
    [
        ("The Normans", "normans.", 1.0),
        ("in the 10th century", "10th century", 0.8),
        ("France", "Denmark", 0.0),
        ("五年", "保修期五年", 4 / 7),
        ("", "", 1.0),
    ],
)
def test_f1_counts_tokens_as_squad_does_and_chinese_by_character(answer: str, gold: str, f1: float) -> None:
    assert token_f1(answer, gold) == pytest.approx(f1)


def test_exact_match_ignores_case_articles_and_punctuation() -> None:
    assert exact_match("The Answer!", "answer") == 1.0
    assert exact_match("the answers", "answer") == 0.0


def answered(question: EvalQuestion, text: str, *gold_of_citations: tuple[int, ...]) -> QuestionRecord:
    citations = tuple(CitationRecord(number=1, document_id="d", quote="", gold=gold) for gold in gold_of_citations)
    sentence = SentenceRecord(text=text, supported=True, citations=citations)
    return QuestionRecord(question=question, answer=text, sentences=(sentence,))


TWO_GOLD = EvalQuestion(
    id="q",
    question="?",
    gold_facts=(("5 years", "five years"), ("EUR 20",)),
    gold_passages=(GoldPassage(document="a"), GoldPassage(document="b")),
)


def test_citations_count_by_the_gold_passages_that_they_overlap() -> None:
    scores = scores_of(answered(TWO_GOLD, "Five years.", (0,), (), (0,), ()))
    assert scores["citation_precision"] == 0.5
    assert scores["citation_recall"] == 0.5
    assert scores["fact_recall"] == 0.5


def test_stages_are_scored_by_what_they_ranked() -> None:
    record = answered(TWO_GOLD, "x").model_copy(
        update={"rankings": {"bm25": ("c1", "gold:1", "c2", "c3", "c4", "gold:0")}}
    )
    scores = scores_of(record)
    assert scores["recall@1/bm25"] == 0.0
    assert scores["recall@5/bm25"] == 0.5
    assert scores["recall@10/bm25"] == 1.0
    assert scores["precision@5/bm25"] == 0.2
    assert scores["mrr@10/bm25"] == 0.5
    ideal = 1 + 1 / math.log2(3)
    assert scores["ndcg@10/bm25"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(7)) / ideal)


def test_a_refusal_counts_for_precision_and_an_unanswerable_question_for_recall() -> None:
    known, unknown = EvalQuestion(id="a", question="?"), EvalQuestion(id="b", question="?", answerable=False)
    refused_rightly = scores_of(QuestionRecord(question=unknown, abstention="weak_support"))
    refused_wrongly = scores_of(QuestionRecord(question=known, abstention="weak_support"))
    answered_wrongly = scores_of(answered(unknown, "Something."))
    right = {"answered": 0.0, "abstention_precision": 1.0, "abstention_recall": 1.0, "usefulness": 1.0}
    assert refused_rightly == right
    assert refused_wrongly == {"answered": 0.0, "abstention_precision": 0.0, "wrong_refusal": 1.0}
    assert answered_wrongly["abstention_recall"] == 0.0
    assert "abstention_precision" not in answered_wrongly


def test_who_says_a_wrong_answer_was_misled() -> None:
    question = EvalQuestion(id="q", question="?", answerable=False, wrong_answers=("1066",))
    assert scores_of(answered(question, "It was in 1066."))["misled"] == 1.0
    assert scores_of(answered(question, "It was in 10660."))["misled"] == 0.0


def test_a_question_that_failed_has_no_scores() -> None:
    assert scores_of(QuestionRecord(question=TWO_GOLD, error="index_unavailable: gone")) == {}


def test_a_question_without_an_answer_is_right_when_it_is_refused() -> None:
    unknown = EvalQuestion(id="u", question="?", answerable=False)
    assert is_right(QuestionRecord(question=unknown, abstention="weak_support"))
    assert not is_right(QuestionRecord(question=unknown, answer="Yes."))
    assert not is_right(QuestionRecord(question=unknown, abstention="weak_support", error="gone"))
