import pytest

from evals.datasets.dataset import Dataset, whole_document
from evals.datasets.gold import golds_in
from evals.datasets.perturbations import Perturbation, perturbed
from evals.datasets.questions import EvalQuestion, GoldPassage
from rag.errors import ConfigurationError

QUOTE = "The depot opened in 1987."
CHUNKS = (
    whole_document("a", title="Depot", text=f"{QUOTE} It has two halls."),
    whole_document("b", title="Mill", text="The mill opened in 1954."),
)
DEPOT = GoldPassage(document="a", quote=QUOTE)
MILL = GoldPassage(document="b")
QUESTIONS = (
    EvalQuestion(id="q1", question="When did the depot open?", answers=("1987",), gold_passages=(DEPOT,)),
    EvalQuestion(id="q2", question="When did the mill open?", answers=("1954",), gold_passages=(MILL,)),
    EvalQuestion(id="q3", question="Who owns the depot?", answerable=False),
)
DATASET = Dataset(name="d", questions=QUESTIONS, chunks=CHUNKS)


def test_distractors_repeat_each_question_and_are_never_gold() -> None:
    harder = perturbed(DATASET, Perturbation.DISTRACTORS)
    added = harder.chunks[len(CHUNKS) :]
    assert len(added) == 3
    assert "When did the depot open?" in added[0].text
    assert "1987" not in added[0].text
    assert not any(golds_in(chunk, QUESTIONS[0].gold_passages) for chunk in added)


def test_near_duplicates_keep_the_gold_words() -> None:
    harder = perturbed(DATASET, Perturbation.NEAR_DUPLICATES)
    assert [chunk.text for chunk in harder.chunks[len(CHUNKS) :]] == [QUOTE, "The mill opened in 1954."]


def test_counterfactuals_say_another_answer_of_the_same_kind_and_the_question_knows_it() -> None:
    harder = perturbed(DATASET, Perturbation.COUNTERFACTUALS)
    assert harder.chunks[len(CHUNKS)].text == "The depot opened in 1954. It has two halls."
    assert harder.questions[0].wrong_answers == ("1954",)
    assert harder.questions[0].tags == ("counterfactuals",)
    assert harder.questions[2] == QUESTIONS[2]


@pytest.mark.parametrize("kind", Perturbation)
def test_it_is_the_same_every_time_and_another_dataset(kind: Perturbation) -> None:
    assert perturbed(DATASET, kind) == perturbed(DATASET, kind)
    assert perturbed(DATASET, kind).digest != DATASET.digest


def test_files_cannot_be_perturbed() -> None:
    with pytest.raises(ConfigurationError, match="only a dataset of passages"):
        perturbed(Dataset(name="d", questions=QUESTIONS), Perturbation.DISTRACTORS)
