from collections.abc import Mapping
from pathlib import Path

import pytest

from evals.experiments.arms import compare_arms
from evals.experiments.from_feedback import read_answers
from rag.errors import ConfigurationError
from rag.settings import ExperimentSettings, ServerSettings, Settings, StorageSettings, TrialMode
from tests.support.servers.service import running_client, take_in


def settings(folder: Path, changed: Mapping[str, str], *, mode: TrialMode = TrialMode.SPLIT) -> Settings:
    return Settings(
        storage=StorageSettings(folder=folder / "data"),
        server=ServerSettings(allowed_hosts=("localhost",)),
        experiment=ExperimentSettings(name="depth", share=0.5, mode=mode, settings=dict(changed)),
    )


def test_a_share_of_the_questions_is_answered_with_the_other_settings(tmp_path: Path) -> None:
    chosen = settings(tmp_path, {"generation.max_sentences": "1"})
    with running_client(chosen, tmp_path / "api.sock") as client:
        take_in(client, "leave.md", b"# Leave\n\nParental leave lasts twelve weeks. Leave is paid in full.")
        questions = [f"How long does parental leave last, {name}?" for name in ("Ada", "Bo", "Cy", "Di", "Ed", "Flo")]
        receipts = [client.post("/v1/ask", json={"question": each}).json()["receipt"] for each in questions * 2]
        arms = [receipt["arm"] for receipt in receipts]
        assert set(arms) == {"control", "treatment"}
        assert arms[:6] == arms[6:]
        given = {"request_id": receipts[0]["request_id"], "verdict": "up"}
        assert client.post("/v1/feedback", json=given).raise_for_status().json()["arm"] == arms[0]
        metrics = client.get("/metrics").text
        assert 'citewell_experiment_answers_total{arm="treatment",' in metrics
        report = compare_arms("depth", read_answers(chosen, experiment="depth"))  # while the service runs
        assert report.control.answers + report.treatment.answers == 12
        assert report.control.thumbs + report.treatment.thumbs == 1


def test_a_shadow_answers_in_the_background_and_is_only_recorded(tmp_path: Path) -> None:
    chosen = settings(tmp_path, {"abstention.threshold": "1"}, mode=TrialMode.SHADOW)
    chosen = chosen.model_copy(update={"experiment": chosen.experiment.model_copy(update={"share": 1.0})})
    with running_client(chosen, tmp_path / "api.sock") as client:
        take_in(client, "leave.md", b"# Leave\n\nParental leave lasts twelve weeks.")
        answer = client.post("/v1/ask", json={"question": "How long does parental leave last?"}).json()
        assert (answer["abstention"], answer["receipt"]["arm"]) == (None, "control")
        while (shadows := compare_arms("depth", read_answers(chosen)).shadows) is None:
            client.get("/healthz").raise_for_status()
        assert (shadows.pairs, shadows.same_abstention, shadows.different_answers) == (1, 0, 1)


@pytest.mark.parametrize("path", ["encoder.model", "storage.folder"])
def test_a_service_does_not_start_with_an_experiment_on_what_both_share(tmp_path: Path, path: str) -> None:
    with (
        pytest.raises(ConfigurationError, match=f"{path} cannot differ"),
        running_client(settings(tmp_path, {path: "x"}), tmp_path / "api.sock"),
    ):
        pass
