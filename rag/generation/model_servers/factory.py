"""Builds the router over the endpoints that the settings name."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from rag.errors import GeneratorError
from rag.generation.endpoints.budgets import DailyLedger
from rag.generation.endpoints.connected import ConnectedEndpoints
from rag.generation.endpoints.endpoint import CircuitBreaker, Endpoint, ModelClient, check_port_open
from rag.generation.endpoints.faults import FaultKind
from rag.generation.endpoints.router import RoutingGenerator
from rag.generation.model_servers.calls import ModelCalls
from rag.generation.model_servers.condenser import ModelCondenser
from rag.generation.model_servers.context_window import ContextWindow
from rag.generation.model_servers.prompt_writer import PromptChoice, PromptWriter
from rag.generation.prompts.data import AnswerPrompt, CondensePrompt
from rag.settings import EndpointSettings, GenerationSettings, GeneratorBackend, Settings
from rag.stages import Generator
from rag.text.tokens import TokenizerFile

_SECRET_FILE = "cache_secret"  # noqa: S105 - the name of a file
_SECRET_BYTES = 32
_BREAKER_FAILURES = 3  # in a row, after which an endpoint is left alone
_BREAKER_SECONDS = 10.0  # the first pause; it doubles while the endpoint goes on failing


def build_router(
    settings: Settings, *, last: Generator, ledger: DailyLedger | None, connected: ConnectedEndpoints | None = None
) -> RoutingGenerator:
    """Returns the router over the settings' endpoints, or those ``connected``; it has sent no request yet.

    Raises:
        ConfigurationError: there is no such prompt.
    """
    chosen = settings.generation
    needs_language = any(endpoint.languages for endpoint in chosen.all_endpoints)
    build = partial(_build_endpoint, secret=_secret(settings))
    return RoutingGenerator(
        endpoints=[build(endpoint, chosen) for endpoint in chosen.all_endpoints],
        last=last,
        ledger=ledger or DailyLedger(budget_of=chosen.budget_of),
        settings=chosen,
        language_of=_load_detector() if needs_language else lambda _: None,
        connected=connected,
        build=build,
    )


def build_client(settings: Settings, endpoint: EndpointSettings) -> ModelClient:
    """Returns a client of an endpoint, for a trial; it has sent no request yet.

    Raises:
        ConfigurationError: there is no such prompt or tokenizer.
    """
    chosen = settings.generation
    tools = _build_choice(chosen), _build_tokenizer(chosen)
    return _client(endpoint, chosen, secret=_secret(settings), choice=tools[0], tokenizer=tools[1])


def fault_kind(error: GeneratorError) -> FaultKind:
    """Returns what kind of fault made an answer of a client fail."""
    from rag.generation.model_servers.client import fault_kind as kind_of

    return kind_of(error)


def _client(
    endpoint: EndpointSettings,
    chosen: GenerationSettings,
    *,
    secret: bytes,
    choice: PromptChoice,
    tokenizer: TokenizerFile | None,
) -> ModelClient:
    # The SDK behind a client takes half a second and 40 MB to load.
    from rag.generation.model_servers.client import VllmGenerator, connect

    key = endpoint.api_key.get_secret_value() if endpoint.api_key else None
    client = connect(url=endpoint.url, api_key=key, timeout_seconds=chosen.timeout_seconds)
    server = ModelCalls(client=client, model=endpoint.model)
    window = ContextWindow(server, tokens=endpoint.context_tokens or chosen.context_tokens, tokenizer=tokenizer)
    return VllmGenerator(
        client=client,
        model=endpoint.model,
        prompt=PromptWriter(choice=choice, window=window, max_tokens=chosen.max_tokens),
        temperature=chosen.temperature,
        dialect=endpoint.dialect,
        salt_of=partial(cache_salt, secret),
    )


def _build_endpoint(endpoint: EndpointSettings, chosen: GenerationSettings, *, secret: bytes) -> Endpoint:
    choice, tokenizer = _build_choice(chosen), _build_tokenizer(chosen)  # now: what they miss is found at the start
    # A server that the settings name may stand behind a proxy: then only the SDK can tell whether it is there.
    is_guess = chosen.backend is GeneratorBackend.AUTO and not chosen.endpoints
    return Endpoint(
        settings=endpoint,
        build_client=partial(_client, endpoint, chosen, secret=secret, choice=choice, tokenizer=tokenizer),
        breaker=CircuitBreaker(failures=_BREAKER_FAILURES, seconds=_BREAKER_SECONDS, clock=time.monotonic),
        check_port=partial(check_port_open, endpoint.url, model=endpoint.model or "vllm") if is_guess else None,
    )


def build_condenser(chosen: GenerationSettings) -> ModelCondenser:
    """Returns a condenser that asks the first endpoint's model.

    Raises:
        ConfigurationError: there is no such prompt.
    """
    from rag.generation.model_servers.client import connect

    endpoint = chosen.all_endpoints[0]
    key = endpoint.api_key.get_secret_value() if endpoint.api_key else None
    client = connect(url=endpoint.url, api_key=key, timeout_seconds=chosen.timeout_seconds)
    server = ModelCalls(client=client, model=endpoint.model)
    return ModelCondenser(
        server=server,
        window=ContextWindow(
            server, tokens=endpoint.context_tokens or chosen.context_tokens, tokenizer=_build_tokenizer(chosen)
        ),
        prompt=CondensePrompt(chosen.condense_prompt, folder=chosen.prompts_folder),
        timeout_seconds=chosen.condense_timeout_seconds,
    )


@asynccontextmanager
async def model_calls(chosen: GenerationSettings) -> AsyncIterator[ModelCalls]:
    """Yields the calls to the first endpoint's model, for work other than answers."""
    from rag.generation.model_servers.client import connect

    endpoint = chosen.all_endpoints[0]
    key = endpoint.api_key.get_secret_value() if endpoint.api_key else None
    async with connect(url=endpoint.url, api_key=key, timeout_seconds=chosen.timeout_seconds) as client:
        yield ModelCalls(client=client, model=endpoint.model)


def _build_choice(chosen: GenerationSettings) -> PromptChoice:
    weights = chosen.prompts or {chosen.prompt: 1.0}
    prompts = [(AnswerPrompt(name, folder=chosen.prompts_folder), weight) for name, weight in weights.items()]
    return PromptChoice(prompts)


def _build_tokenizer(chosen: GenerationSettings) -> TokenizerFile | None:
    return TokenizerFile(chosen.tokenizer) if chosen.tokenizer else None


def _secret(settings: Settings) -> bytes:
    if settings.generation.cache_secret is not None:
        return settings.generation.cache_secret.get_secret_value().encode()
    return installation_secret(settings.storage.folder / _SECRET_FILE)


def cache_salt(secret: bytes, tenant: str) -> str:
    """Returns the tenant's salt for a model server's prefix cache; it cannot be guessed without the secret."""
    # Without a salt, the time of an answer would tell a tenant which prompts of others are in the cache.
    return hmac.new(secret, b"cache_salt\0" + tenant.encode(), hashlib.sha256).hexdigest()


def installation_secret(path: Path) -> bytes:
    """Returns the secret in the file, which the first call creates. Several processes may call at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was faster: its secret is the one
        finally:
            draft.unlink()
    return path.read_bytes()


def _load_detector() -> Callable[[str], str | None]:
    from rag.text.language import LanguageDetector

    return LanguageDetector().detect
