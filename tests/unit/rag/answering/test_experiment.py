import pytest

from rag.answering.experiment import Experiment, treatment_settings
from rag.answers import Arm, Role, Turn
from rag.errors import ConfigurationError
from rag.settings import ExperimentSettings, OnUnsupported, RerankerBackend, Settings
from rag.types import Scope
from tests.support.builders.pipeline import question


def experiment(name: str = "depth", share: float = 0.3) -> Experiment:
    return Experiment(name=name, share=share)


def settings(**chosen: str) -> Settings:
    named = {path.replace("__", "."): value for path, value in chosen.items()}
    return Settings(experiment=ExperimentSettings(name="depth", settings=named))


def test_the_same_question_gets_the_same_arm_however_it_is_typed() -> None:
    for number in range(50):
        arms = {experiment().arm_of(question(text)) for text in (f"What is {number}?", f"  WHAT is  {number}? ")}
        assert len(arms) == 1


def test_a_conversation_stays_with_its_first_question() -> None:
    for number in range(50):
        first = f"What is {number}?"
        history = (Turn(role=Role.USER, content=first), Turn(role=Role.ASSISTANT, content="A number."))
        assert experiment().arm_of(question("And why?", history=history)) is experiment().arm_of(question(first))


def test_the_share_is_kept_and_names_and_tenants_draw_anew() -> None:
    asked = [question(f"What is {number}?") for number in range(2_000)]
    treated = [experiment().arm_of(each) is Arm.TREATMENT for each in asked]
    assert 0.27 < sum(treated) / len(treated) < 0.33
    assert treated != [experiment("other").arm_of(each) is Arm.TREATMENT for each in asked]
    elsewhere = [question(each.text, scope=Scope(tenant="other", collection="manuals")) for each in asked]
    assert treated != [experiment().arm_of(each) is Arm.TREATMENT for each in elsewhere]


@pytest.mark.parametrize(("share", "arm"), [(0.0, Arm.CONTROL), (1.0, Arm.TREATMENT)])
def test_none_or_all_go_to_the_treatment(share: float, arm: Arm) -> None:
    assert {experiment(share=share).arm_of(question(str(number))) for number in range(200)} == {arm}


def test_the_treatment_differs_in_what_is_named_and_in_nothing_else() -> None:
    usual = settings(
        retrieval__candidates="20",
        retrieval__fusion__method="rrf",
        reranker__backend="none",
        generation__on_unsupported="drop",
    )
    changed = treatment_settings(usual)
    assert (changed.retrieval.candidates, changed.retrieval.fusion.method) == (20, "rrf")
    assert changed.reranker.backend is RerankerBackend.NONE
    assert changed.generation.on_unsupported is OnUnsupported.DROP
    assert (changed.encoder, changed.index, changed.retrieval.limit) == (
        usual.encoder,
        usual.index,
        usual.retrieval.limit,
    )


@pytest.mark.parametrize(
    "path",
    [
        "encoder.model",
        "index.backend",
        "storage.folder",
        "tenant",
        "retrieval",
        "generation.budget.money",
        "retrieval.limit.x",
    ],
)
def test_what_both_share_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot differ in an experiment"):
        treatment_settings(settings(**{path: "1"}))


@pytest.mark.parametrize(("path", "value"), [("retrieval.candidates", "many"), ("retrieval.canidates", "20")])
def test_a_wrong_value_or_name_is_told_by_its_path(path: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=path):
        treatment_settings(settings(**{path: value}))


def test_a_setting_that_is_fixed_is_refused_with_its_value() -> None:
    experiment = ExperimentSettings(name="t", settings={"generation.hard_characters": "300"})
    with pytest.raises(ConfigurationError, match=r"generation\.hard_characters cannot differ: .* 400 characters"):
        treatment_settings(Settings(experiment=experiment))


def test_an_experiment_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="changes nothing"):
        treatment_settings(settings())
