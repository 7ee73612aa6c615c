"""Scores a question's record by each metric that applies. Pure.

A metric of a run is the mean over the questions that have it. So the precision of abstention is the mean of
``abstention_precision`` over the refused questions, its recall that of ``abstention_recall`` over the unanswerable.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from evals.datasets.gold import facts_stated, gold_id, states_fact
from evals.metrics import ndcg_at_k, precision_at_k, recall_at_k, reciprocal_rank
from evals.runs.records import QuestionRecord
from evals.runs.usefulness import usefulness_of

LOWER_IS_BETTER = frozenset(
    {"wrong_refusal", "wasted_words", "misled", "unsupported_sentences", "ragas/noise_sensitivity"}
)
RETRIEVAL_CUTOFFS = (1, 5, 10)


def is_right(record: QuestionRecord) -> bool:
    """Returns whether the answer states all gold facts, or an unanswerable question was refused."""
    if record.error is not None:
        return False
    if not record.question.answerable:
        return record.abstention is not None
    if not record.question.facts:
        return record.abstention is None and record.scores.get("citation_recall", 1.0) > 0
    return record.abstention is None and record.scores.get("fact_recall", 0.0) == 1.0


def scores_of(record: QuestionRecord) -> dict[str, float]:
    """Returns all scores that need no judge; none for a failed question."""
    if record.error is not None:
        return {}
    return {
        **_retrieval(record),
        **_compression(record),
        **_abstention(record),
        **_answer(record),
        **usefulness_of(record),
    }


def _retrieval(record: QuestionRecord) -> dict[str, float]:
    golds = {gold_id(at): gold.gain for at, gold in enumerate(record.question.gold_passages)}
    if not golds:
        return {}
    scores: dict[str, float] = {}
    for stage, ranked in record.rankings.items():
        scores |= {f"recall@{k}/{stage}": recall_at_k(ranked, golds, k=k) for k in RETRIEVAL_CUTOFFS}
        scores[f"precision@5/{stage}"] = precision_at_k(ranked, golds, k=5)
        scores[f"ndcg@10/{stage}"] = ndcg_at_k(ranked, golds, k=10)
        scores[f"mrr@10/{stage}"] = reciprocal_rank(ranked, golds, k=10)
    return scores


def _compression(record: QuestionRecord) -> dict[str, float]:
    facts = record.question.facts
    scores = {}
    if facts and record.question.answerable:
        scores["facts/passages"] = facts_stated("\n".join(passage.text for passage in record.passages), facts)
        scores["facts/compressed"] = facts_stated("\n".join(passage.shown for passage in record.passages), facts)
    if record.context_tokens_before:
        scores["tokens_given_up"] = 1 - record.context_tokens_after / record.context_tokens_before
    return scores


def _abstention(record: QuestionRecord) -> dict[str, float]:
    refused, answerable = record.abstention is not None, record.question.answerable
    scores = {"answered": float(not refused)}
    if refused:
        scores["abstention_precision"] = float(not answerable)
    if answerable:
        scores["wrong_refusal"] = float(refused)
    else:
        scores["abstention_recall"] = float(refused)
    return scores


def _answer(record: QuestionRecord) -> dict[str, float]:
    """A refused question states no facts, which counts if it is answerable, and has no citation scores."""
    question, scores = record.question, {}
    if question.answerable and question.facts:
        scores["fact_recall"] = facts_stated(record.answer, question.facts)
    if question.answerable and question.answers:
        scores["exact_match"] = max(exact_match(record.answer, answer) for answer in question.answers)
        scores["f1"] = max(token_f1(record.answer, answer) for answer in question.answers)
    if question.wrong_answers:
        scores["misled"] = float(any(states_fact(record.answer, wrong) for wrong in question.wrong_answers))
    if record.abstention is not None or not record.sentences:
        return scores
    scores["supported_sentences"] = sum(sentence.supported for sentence in record.sentences) / len(record.sentences)
    cited = [citation for sentence in record.sentences for citation in sentence.citations]
    if question.gold_passages and question.answerable:
        reached = {at for citation in cited for at in citation.gold}
        scores["citation_recall"] = len(reached) / len(question.gold_passages)
        if cited:
            scores["citation_precision"] = sum(bool(citation.gold) for citation in cited) / len(cited)
    return scores


def exact_match(answer: str, gold: str) -> float:
    """Returns 1.0 if both are equal as normalised by SQuAD's evaluation (Rajpurkar et al. 2016), else 0.0."""
    return float(_tokens(answer) == _tokens(gold))


def token_f1(answer: str, gold: str) -> float:
    """Returns the F1 of common tokens (Rajpurkar et al. 2016); each Chinese character is a token."""
    mine, theirs = _tokens(answer), _tokens(gold)
    common = sum((Counter(mine) & Counter(theirs)).values())
    if not common:
        return float(mine == theirs)
    precision, recall = common / len(mine), common / len(theirs)
    return 2 * precision * recall / (precision + recall)


_ARTICLES = frozenset({"a", "an", "the"})
_TOKEN = re.compile(r"[㐀-鿿豈-﫿]|[^\W㐀-鿿豈-﫿]+")


def _tokens(text: str) -> list[str]:
    """Returns lower-case words without articles and punctuation; each Chinese character is one."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(letter for letter in plain if unicodedata.category(letter)[0] != "P")
    return [token for token in _TOKEN.findall(letters) if token not in _ARTICLES]


def by_metric(records: Sequence[QuestionRecord]) -> Mapping[str, Mapping[str, float]]:
    """Returns scores by question id, by metric."""
    scores: dict[str, dict[str, float]] = {}
    for record in records:
        for metric, score in record.scores.items():
            scores.setdefault(metric, {})[record.question.id] = score
    return scores
