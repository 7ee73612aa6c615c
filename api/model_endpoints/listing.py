"""Lists endpoints with their state, and says in words who writes answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.dependencies import run_in_thread
from api.model_endpoints.schemas import EndpointBody, EndpointList, Source, Why, Writing
from ingest.service import Service
from rag.catalog.endpoints.stored import StoredEndpoint
from rag.errors import SealedKeyError
from rag.generation.endpoints.endpoint import EndpointHealth, EndpointState
from rag.settings import GeneratorBackend

_UNUSED = "unused"
_LOCKED = "It is not used: the settings of the service name the model."
_OFF = "It is switched off."
_STARTING = "It was not asked yet."
_QUOTES = "Answers quote your documents word for word, because no model is connected."
_QUOTES_ON_PURPOSE = "Answers quote your documents word for word, because the settings of the service say so."
_QUOTES_FOR_NOW = "Answers quote your documents word for word for now, because the model does not answer."


async def listing(service: Service) -> EndpointList:
    """Returns the endpoints of the settings, then those that are connected, and who writes answers."""
    stored = await run_in_thread(service.storage.endpoints.all)
    chosen, states = service.settings.generation, service.engine.pipeline.model_servers
    locked = chosen.names_a_server
    own = [] if service.storage.connected.current and not locked else states
    bodies = [_of_settings(state, Source.SETTINGS if locked else Source.USUAL_PLACE) for state in own]
    connected = [body_of(service, each) for each in stored]
    return EndpointList(
        writing=_writing(service, states, has_connected=bool(service.storage.connected.current)),
        locked=locked,
        endpoints=[body for body in bodies if locked or body.state == EndpointHealth.UP.value] + connected,
    )


def body_of(service: Service, stored: StoredEndpoint) -> EndpointBody:
    """Returns a connected endpoint with its state."""
    states = {state.settings.name: state for state in service.engine.pipeline.model_servers}
    state, reason = _state_of(service, stored, states)
    held = {name: getattr(stored, name) for name in ("name", "url", "model", "currency", "enabled")}
    return EndpointBody(
        id=stored.endpoint_id,
        source=Source.CONNECTED,
        has_key=stored.sealed_key is not None,
        prompt_price=stored.prompt_price,
        completion_price=stored.completion_price,
        state=state,
        reason=reason,
        **held,
    )


def _state_of(service: Service, stored: StoredEndpoint, states: Mapping[str, EndpointState]) -> tuple[str, str]:
    if service.settings.generation.names_a_server:
        return _UNUSED, _LOCKED
    if not stored.enabled:
        return _UNUSED, _OFF
    try:
        service.storage.endpoints.settings_of(stored)
    except SealedKeyError as error:
        return _UNUSED, str(error)
    state = states.get(stored.name)
    if state is None or state.health is EndpointHealth.UNKNOWN:
        return EndpointHealth.UNKNOWN.value, _STARTING
    return state.health.value, _in_words(state)


def _of_settings(state: EndpointState, source: Source) -> EndpointBody:
    settings = state.settings
    return EndpointBody(
        id=None,
        name=settings.name,
        url=settings.url,
        model=state.model if state.health is EndpointHealth.UP else settings.model,
        source=source,
        has_key=settings.api_key is not None,
        prompt_price=settings.prompt_price,
        completion_price=settings.completion_price,
        currency=settings.currency,
        enabled=True,
        state=state.health.value,
        reason=_STARTING if state.health is EndpointHealth.UNKNOWN else _in_words(state),
    )


def _in_words(state: EndpointState) -> str:
    obstacle = state.obstacle
    return "" if obstacle is None else f"{obstacle[0].upper()}{obstacle[1:].rstrip('.')}."


def _writing(service: Service, states: Sequence[EndpointState], *, has_connected: bool) -> Writing:
    if service.settings.generation.backend is GeneratorBackend.EXTRACTIVE:
        return Writing(model=None, endpoint=None, why=Why.SETTINGS, message=_QUOTES_ON_PURPOSE)
    up = next((state for state in states if state.health is EndpointHealth.UP and state.obstacle is None), None)
    if up is not None:
        name = up.model
        message = f"{name} writes the answers, and every sentence is checked against your documents."
        return Writing(model=name, endpoint=up.settings.name, why=Why.UP, message=message)
    named = has_connected or service.settings.generation.names_a_server
    if named:
        return Writing(model=None, endpoint=None, why=Why.DOWN, message=_QUOTES_FOR_NOW)
    return Writing(model=None, endpoint=None, why=Why.NONE, message=_QUOTES)
