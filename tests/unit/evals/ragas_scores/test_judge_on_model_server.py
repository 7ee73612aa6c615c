"""Guided decoding by the real local server: a model far too small to judge still replies in the form it is told."""

from __future__ import annotations

import pytest

from evals.ragas_scores.judge import judge_at
from evals.ragas_scores.ragas_metrics import RagasMetrics
from evals.ragas_scores.samples import JUDGED, NotComputedError, Sample
from rag.settings import JudgeSettings
from tests.support.builders.run_records import answered
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.servers.model_server import require_vllm, running_model_server

pytestmark = [pytest.mark.integration, pytest.mark.slow]


async def test_every_whole_reply_has_its_form_and_what_is_cut_off_is_counted(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    require_vllm()
    sample, failures = Sample.of(answered()), []
    with running_model_server("cpu-int8", tmp_path_factory.mktemp("judge") / "log") as url:
        judge = judge_at(JudgeSettings(url=f"{url}/v1", max_tokens=96, timeout_seconds=120))
        assert judge is not None
        await judge.find_model()
        metrics = RagasMetrics(encoder=HashEncoder(), judge=judge)
        for metric in JUDGED:
            try:
                await metrics.score(metric, sample)
            except NotComputedError as error:
                failures.append(str(error))
        await judge.close()
    assert not [failure for failure in failures if "does not have the form" in failure]
    judged = judge.record()
    assert judged.model == "SmolLM2-135M-Instruct-int8"
    assert judged.failed_calls == sum("cut off" in failure for failure in failures) < judged.calls
    assert judged.prompt_tokens > judged.completion_tokens > 0
