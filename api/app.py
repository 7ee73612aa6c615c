"""The HTTP application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles

from api.access.cookies import SendCookies
from api.access.proxies import Proxies
from api.access.rules import refuse_undeclared
from api.caller import check_right
from api.conversations import routes as conversations
from api.conversations.live_answers import LiveAnswers
from api.dependencies import refuse_unknown_parameters
from api.errors import install_error_handlers
from api.job_followers import JobFollowers
from api.library import collections as library_collections
from api.library import documents as library_documents
from api.library import passages as library_passages
from api.library import unpacking as library_unpacking
from api.middleware.fair_queue import FairQueue
from api.middleware.hosts_and_bodies import (
    AllowedHosts,
    BodyLimit,
    ReadableAddress,
    SameOrigin,
    SecurityHeaders,
)
from api.middleware.question_gate import QuestionGate
from api.middleware.recording import Recording
from api.middleware.stopping import Stop, Stopping
from api.middleware.upload_gate import UploadGate
from api.model_endpoints import routes as model_endpoints
from api.monitoring.factory import build_tracing
from api.monitoring.http_watch import HttpWatch, RequestSpan, no_span
from api.monitoring.metrics import Metrics
from api.monitoring.service_state import ServiceState
from api.openai import chat_completions
from api.openapi import DescribedApi, operation_id
from api.people import keys, logins, oidc, tenants, users
from api.proof import routes as proof
from api.routes import (
    deletions,
    document_pages,
    document_tables,
    documents,
    evaluation_datasets,
    evaluations,
    feedback,
    health,
    jobs,
    maintenance,
    monitoring,
    pages,
    questions,
    versions,
)
from api.suggestions import routes as suggestions
from api.suggestions.suggestions import Suggestions
from api.trail import routes as trail
from ingest.service import Service, open_service
from rag.errors import CitewellError, TooManyPagesError
from rag.settings import Settings

_PAGES_AT_ONCE, _WAITING_PAGES, _PAGE_WAIT_SECONDS = 4, 64, 20.0


def create_app(
    settings: Settings, *, on_ready: Callable[[Service], None] = lambda _: None, with_worker: bool = True
) -> FastAPI:
    """Returns the application. At start-up it loads models, opens the data folder and calls ``on_ready``.

    Raises:
        ConfigurationError: the settings ask for traces, and OpenTelemetry is not installed.
    """
    metrics = Metrics(tenant_label=settings.monitoring.tenant_label)
    tracing = build_tracing(settings.tracing)
    observers = (metrics, tracing) if tracing else (metrics,)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        from evals.service.evaluations import Evaluations  # noqa: PLC0415 - the command line need not load it

        try:
            async with open_service(settings, with_worker=with_worker, observers=observers) as service:
                app.state.service = service
                app.state.evaluations = Evaluations.of(service)
                app.state.live_answers = LiveAnswers(service.storage.turns)
                service.forgetters.append(app.state.live_answers.forget_ended)
                app.state.suggestions = Suggestions(service)
                service.forgetters.append(app.state.suggestions.forget)
                metrics.add_collector(ServiceState(service))
                on_ready(service)
                try:
                    yield
                finally:
                    await app.state.live_answers.close()
                    await app.state.evaluations.runs.close()
        except CitewellError as error:
            app.state.failure = error  # the server reports that start-up failed, ``Server.run`` why
            raise
        finally:
            if tracing:
                await asyncio.to_thread(tracing.close)

    app = DescribedApi(
        title="Citewell",
        version=version("citewell"),
        summary="Answers questions from your documents; every sentence is one click from the words that support it.",
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere; /docs is in ``routes.pages``
        redoc_url=None,
    )
    app.state.metrics = metrics
    app.state.followers = JobFollowers(most=settings.limits.job_followers)
    app.state.page_queue = FairQueue(
        places=_PAGES_AT_ONCE, waiting=_WAITING_PAGES, seconds=_PAGE_WAIT_SECONDS, error=TooManyPagesError
    )
    app.state.stop = Stop()
    _add_middleware(app, settings, span=tracing.request_span if tracing else no_span)
    install_error_handlers(app)
    for routes in (
        model_endpoints,  # before the models of chat completions, below whose path it lies
        library_documents,  # before ``documents``: one of its paths looks like an id
        *(documents, document_pages, document_tables, versions, deletions, jobs, questions, chat_completions, feedback),
        *(library_collections, library_passages, library_unpacking),
        proof,
        *(conversations, suggestions),
        *(evaluation_datasets, evaluations),
        *(health, maintenance, monitoring, trail),
        *(logins, oidc, users, keys, tenants),
    ):
        app.include_router(routes.router, dependencies=[Depends(check_right), Depends(refuse_unknown_parameters)])
    app.include_router(pages.router, dependencies=[Depends(pages.log_in_first), Depends(check_right)])
    app.include_router(pages.open_router, dependencies=[Depends(check_right)])
    refuse_undeclared(app)
    app.mount("/page", GZipMiddleware(StaticFiles(directory=pages.PAGE_FOLDER)), name="page")
    app.mount("/docs/swagger", GZipMiddleware(StaticFiles(packages=[("fastapi_swagger", "resources")])), name="swagger")
    return app


def _add_middleware(app: FastAPI, settings: Settings, *, span: RequestSpan) -> None:
    """Adds what each request passes before its route, the innermost first."""
    app.add_middleware(UploadGate)
    app.add_middleware(QuestionGate, limits=settings.limits)
    app.add_middleware(
        BodyLimit,
        upload_bytes=settings.ingestion.max_upload_bytes,
        timeout_seconds=settings.server.body_timeout_seconds,
    )
    app.add_middleware(ReadableAddress)
    app.add_middleware(SameOrigin)
    app.add_middleware(AllowedHosts, names=settings.server.allowed_hosts)
    app.add_middleware(Recording)
    app.add_middleware(SendCookies)
    app.add_middleware(Stopping, stop=app.state.stop)
    app.add_middleware(HttpWatch, metrics=app.state.metrics, span=span)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Proxies, addresses=settings.security.proxies)
