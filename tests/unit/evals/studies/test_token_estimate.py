from evals.datasets.dataset import RetrievalSet, whole_document
from evals.studies.token_estimate import TokenEstimateReport, evaluate_estimate
from tests.support.builders.pipeline import WordTokenizer


def test_the_estimate_is_compared_on_every_passage_that_has_text() -> None:
    corpus = tuple(whole_document(text, title="", text=text) for text in ("warranty of it", "a, b", "", "warranty"))
    chosen = RetrievalSet(name="tiny", corpus=corpus, queries={}, judgements={})
    assert evaluate_estimate(chosen, WordTokenizer()) == TokenEstimateReport(
        dataset="tiny", passages=3, ratio=11 / 6, least=1.5, below=0
    )
