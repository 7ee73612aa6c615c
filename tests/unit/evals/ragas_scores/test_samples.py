import pytest

from evals.datasets.questions import EvalQuestion, GoldPassage, HistoryTurn
from evals.ragas_scores.samples import Sample, metrics_for, reference_of, without_ragas
from evals.runs.records import QuestionRecord
from rag.answers import Role
from tests.support.builders.run_records import answered

JUDGED = {
    "faithfulness",
    "answer_relevancy",
    "context_precision",
    "context_recall",
    "factual_correctness",
    "noise_sensitivity",
}
FREE = {"semantic_similarity", "string_similarity"}


def metrics(record: QuestionRecord, *, judged: bool = True, english_vectors: bool = True) -> set[str]:
    return set(metrics_for(Sample.of(record), judged=judged, english_vectors=english_vectors))


def test_an_answer_to_a_question_with_a_known_answer_has_every_metric() -> None:
    assert metrics(answered()) == JUDGED | FREE
    assert metrics(answered(), judged=False) == FREE


def test_without_a_known_answer_only_what_needs_none_applies() -> None:
    record = answered(EvalQuestion(id="q", question="How long is the warranty?"))
    assert metrics(record) == {"faithfulness", "answer_relevancy"}


def test_of_what_was_not_answered_only_the_passages_are_judged() -> None:
    record = answered().model_copy(update={"abstention": "low_confidence"})
    assert metrics(record) == {"context_precision", "context_recall"}


def test_of_a_question_that_failed_nothing_is_judged() -> None:
    assert not metrics(QuestionRecord(question=answered().question, error="index_unavailable: gone"))


def test_an_encoder_that_reads_no_chinese_scores_none() -> None:
    record = answered(EvalQuestion(id="q", question="保修期是多久？", answers=("两年",))).model_copy(
        update={"answer": "保修期为两年。"}
    )
    assert metrics(record) == (JUDGED | FREE) - {"answer_relevancy", "semantic_similarity"}
    assert metrics(record, english_vectors=False) == JUDGED | FREE


@pytest.mark.parametrize(
    ("question", "reference"),
    [
        (EvalQuestion(id="q", question="?", answers=("two years", "2 years")), "two years"),
        (EvalQuestion(id="q", question="?", answers=("two years",), answerable=False), ""),
        (EvalQuestion(id="q", question="?", gold_passages=(GoldPassage(document="d"),)), ""),
        (
            EvalQuestion(
                id="q",
                question="?",
                gold_facts=(("two years", "2 years"), ("EUR 120",)),
                gold_passages=(GoldPassage(document="d", quote="It lasts 2 years."),),
            ),
            "It lasts 2 years.\nEUR 120",
        ),
    ],
)
def test_the_reference_is_an_answer_or_the_words_of_the_documents(question: EvalQuestion, reference: str) -> None:
    assert reference_of(question) == reference


def test_a_follow_up_is_judged_with_the_turns_before_it() -> None:
    history = (HistoryTurn(role=Role.USER, content="And the warranty?"),)
    sample = Sample.of(answered(EvalQuestion(id="q", question="In China?", history=history)))
    assert sample.user_input == "user: And the warranty?\nIn China?"


def test_the_judge_sees_what_the_writer_saw() -> None:
    assert Sample.of(answered()).retrieved_contexts == ("The price list.", "The warranty lasts two years.")


def test_what_an_earlier_scoring_left_goes_and_the_rest_stays() -> None:
    scored = {"scores": {"f1": 1.0, "ragas/faithfulness": 1.0}, "not_computed": {"ragas/context_recall": "why"}}
    record = without_ragas(answered().model_copy(update=scored))
    assert (record.scores, record.not_computed) == ({"f1": 1.0}, {})
