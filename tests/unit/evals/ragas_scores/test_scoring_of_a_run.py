from pathlib import Path

import pytest

from evals.datasets.dataset import Dataset
from evals.ragas_scores.scoring import judge_run
from evals.runs.records import JudgeRecord, RunRecord, RunState
from evals.runs.run import new_run, with_figures
from evals.runs.store import RunStore
from rag.errors import ConfigurationError, JudgeError
from rag.settings import JudgeSettings, Settings
from tests.support.builders.run_records import ASKED, answered
from tests.support.fakes.hash_encoder import HashEncoder

NOWHERE = Settings(judge=JudgeSettings(url="http://127.0.0.1:9/v1"))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def kept(store: RunStore, judge: JudgeRecord | None = None) -> RunRecord:
    run = new_run(Dataset(name="tiny", questions=(ASKED,)), Settings())
    run = with_figures(run, [answered()]).model_copy(update={"judge": judge})
    store.save(run)
    store.replace_questions(run.run_id, [answered()])
    return run


async def judge(run: RunRecord, settings: Settings, store: RunStore) -> RunRecord:
    return await judge_run(run, settings, store, on_progress=lambda *_: None, encoder=HashEncoder())


@pytest.mark.slow
async def test_a_kept_run_has_the_new_figures_and_ends_when_it_did(store: RunStore) -> None:
    run = kept(store)
    judged = await judge(run, Settings(), store)
    assert judged == store.run(run.run_id)
    assert judged.figures["ragas/string_similarity"].mean == 1.0
    assert judged.finished_at == run.finished_at
    assert store.questions(run.run_id)[0].scores["ragas/string_similarity"] == 1.0


async def test_a_run_that_goes_on_is_not_judged(store: RunStore) -> None:
    run = kept(store).model_copy(update={"state": RunState.RUNNING})
    with pytest.raises(ConfigurationError, match="has ended"):
        await judge(run, Settings(), store)


async def test_what_a_judge_said_stays_while_there_is_no_other(store: RunStore) -> None:
    run = kept(store, JudgeRecord(model="good", calls=9))
    with pytest.raises(JudgeError, match="keeps the figures"):
        await judge(run, NOWHERE, store)
    assert store.run(run.run_id) == run
