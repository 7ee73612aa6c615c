import json

import pytest
from fastapi import FastAPI, HTTPException
from starlette.testclient import TestClient

from api.monitoring.http_watch import HttpWatch
from api.monitoring.logs import JsonFormatter
from api.monitoring.metrics import Metrics
from rag.errors import EmptyQuestionError
from rag.guard.personal.masking import NOTHING
from rag.telemetry.recorder import REQUEST_ID
from tests.support.builders.monitoring import WRITTEN, ask, do_everything, observed, samples
from tests.support.builders.pipeline import ScriptedGenerator, question


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(tenant_label=False)


async def test_questions_are_counted_by_how_they_ended(metrics: Metrics) -> None:
    await do_everything(metrics)
    found = samples(metrics)
    questions = {series: value for series, value in found.items() if series.startswith("citewell_questions_total")}
    assert questions == {
        'citewell_questions_total{operation="ask",outcome="answered",tenant=""}': 1,
        'citewell_questions_total{operation="ask",outcome="abstained",tenant=""}': 1,
        'citewell_questions_total{operation="ask",outcome="failed",tenant=""}': 1,
        'citewell_questions_total{operation="search",outcome="answered",tenant=""}': 1,
    }
    assert found['citewell_abstentions_total{reason="model_declined"}'] == 1
    assert found['citewell_errors_total{code="index_unavailable",operation="ask"}'] == 1
    assert found['citewell_degradations_total{stage="rerank"}'] == 3


async def test_a_question_that_is_wrong_is_refused_and_has_not_failed(metrics: Metrics) -> None:
    with pytest.raises(EmptyQuestionError):
        await (await observed(metrics)).search(question(" "))
    found = samples(metrics)
    assert found['citewell_questions_total{operation="search",outcome="refused",tenant=""}'] == 1
    assert found['citewell_errors_total{code="empty_question",operation="search"}'] == 1


async def test_tokens_cost_and_verification_are_counted(metrics: Metrics) -> None:
    for _ in range(2):
        await ask(await observed(metrics, generator=ScriptedGenerator(*WRITTEN)))
    found = samples(metrics)
    assert found['citewell_tokens_total{model="qwen",tenant="",token_type="input"}'] == 400
    assert found['citewell_tokens_total{model="qwen",tenant="",token_type="output"}'] == 22
    assert found['citewell_cached_input_tokens_total{model="qwen"}'] == 300
    assert found['citewell_cost_total{currency="EUR",model="qwen",tenant=""}'] == pytest.approx(0.005)
    assert found['citewell_sentences_total{verification="supported"}'] == 2
    assert found['citewell_sentences_total{verification="unsupported"}'] == 2
    assert found["citewell_time_to_first_token_seconds_count"] == 2
    assert found['citewell_time_per_output_token_seconds_count{model="qwen"}'] == 2


async def test_every_stage_and_maintenance_is_timed(metrics: Metrics) -> None:
    await do_everything(metrics)
    found = samples(metrics)
    for stage in ("parse", "encode", "store", "activate"):
        assert found[f'citewell_stage_seconds_count{{operation="ingest",stage="{stage}"}}'] == 1
    assert found['citewell_stage_seconds_count{operation="ask",stage="retrieve"}'] == 3
    assert found['citewell_stage_seconds_count{operation="ask",stage="generate"}'] == 2
    assert found['citewell_index_maintenance_seconds_count{operation="optimize"}'] == 1
    assert found['citewell_index_maintenance_seconds_count{operation="erase"}'] == 1


async def test_a_question_is_in_flight_until_its_answer_or_until_its_client_goes_away(metrics: Metrics) -> None:
    in_flight = 'citewell_questions_in_flight{operation="ask"}'
    events = (await observed(metrics)).answer(question())
    await anext(events)
    assert samples(metrics)[in_flight] == 1
    await events.aclose()
    found = samples(metrics)
    assert in_flight not in found
    assert found['citewell_questions_total{operation="ask",outcome="abandoned",tenant=""}'] == 1
    assert not any(series.startswith("citewell_errors_total") for series in found)


async def test_tenants_are_labels_only_where_the_settings_allow() -> None:
    by_tenant, without = Metrics(tenant_label=True), Metrics(tenant_label=False)
    await ask(await observed(by_tenant, without, generator=ScriptedGenerator(*WRITTEN)))
    assert samples(by_tenant)['citewell_tokens_total{model="qwen",tenant="acme",token_type="input"}'] == 200
    assert "acme" not in without.render("")[0].decode()


async def test_nothing_of_questions_documents_or_ids_gets_into_a_label(metrics: Metrics) -> None:
    await do_everything(metrics)
    text = metrics.render("")[0].decode()
    assert "pump" not in text.lower()
    assert "manuals" not in text


def test_applications_do_not_share_metrics(metrics: Metrics) -> None:
    metrics.count_request(method="GET", route="/", status=200, seconds=0.1)
    assert 'citewell_http_requests_total{method="GET",route="/",status="200"}' in samples(metrics)
    assert not any("http" in series for series in samples(Metrics(tenant_label=False)))


def test_prometheus_gets_the_format_it_asks_for(metrics: Metrics) -> None:
    content, media_type = metrics.render("application/openmetrics-text; version=1.0.0")
    assert media_type.startswith("application/openmetrics-text")
    assert content.endswith(b"# EOF\n")


@pytest.fixture
def http(metrics: Metrics) -> TestClient:
    app = FastAPI()

    @app.get("/things/{thing_id}")
    async def thing(thing_id: str) -> str | None:
        if thing_id == "missing":
            raise HTTPException(404)
        if thing_id == "broken":
            raise ZeroDivisionError
        return REQUEST_ID.get()

    app.add_middleware(HttpWatch, metrics=metrics)
    return TestClient(app)


def test_requests_are_counted_by_template_not_by_path(http: TestClient, metrics: Metrics) -> None:
    for path in ("/things/1", "/things/2", "/things/missing", "/things/broken", "/elsewhere/1", "/elsewhere/2"):
        http.get(path)
    http.request("BREW", "/elsewhere")
    found = {
        series.removeprefix("citewell_http_requests_total"): value
        for series, value in samples(metrics).items()
        if series.startswith("citewell_http_requests_total")
    }
    assert found == {
        '{method="GET",route="/things/{thing_id}",status="200"}': 2,
        '{method="GET",route="/things/{thing_id}",status="404"}': 1,
        '{method="GET",route="/things/{thing_id}",status="500"}': 1,
        '{method="GET",route="none",status="404"}': 2,
        '{method="other",route="none",status="404"}': 1,
    }


def test_each_request_has_an_id_of_its_own_that_clients_cannot_choose(http: TestClient) -> None:
    answers = [http.get("/things/1", headers={"X-Request-ID": "mine"}) for _ in range(2)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert ids == [answer.json() for answer in answers]
    assert len({*ids, "mine"}) == 3


def test_an_unexpected_error_is_a_problem_with_the_id_that_the_log_has(
    http: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(JsonFormatter(NOTHING))
    answer = http.get("/things/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert json.loads(caplog.text)["request_id"] == answer.headers["x-request-id"]
