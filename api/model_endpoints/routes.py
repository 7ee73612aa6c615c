"""Connect models: list, find, test, store, change and remove their endpoints. For the operator of the service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response, status

from api.caller import CallerDependency
from api.dependencies import EvaluationsDependency, ServiceDependency, run_in_thread, run_in_writer_thread
from api.model_endpoints.listing import body_of, listing
from api.model_endpoints.schemas import (
    EndpointBody,
    EndpointChange,
    EndpointList,
    EndpointRequest,
    FoundBody,
    FoundList,
    NewEndpoint,
    TrialBody,
    TryRequest,
)
from api.schemas.evaluations import EvaluationBody
from ingest.service import Service
from rag.answering.endpoint_trial import try_endpoint
from rag.catalog.endpoints.stored import StoredEndpoint
from rag.errors import WrongEndpointError
from rag.generation.endpoints.faults import checked_address, checked_key
from rag.generation.model_servers.probe import PORTS, find_servers
from rag.settings import EndpointSettings

router = APIRouter(prefix="/v1/models/endpoints", tags=["models"])


@router.get("")
async def list_endpoints(service: ServiceDependency) -> EndpointList:
    """Lists the endpoints, connected ones and those of the settings, and says who writes answers now."""
    return await listing(service)


@router.post("/find")
async def find_endpoints(service: ServiceDependency, request: Request) -> FoundList:
    """Looks for model servers on the service's machine: asks a few usual ports of 127.0.0.1 for their models."""
    own = {service.settings.server.port, *_port_of(request)}
    found = await find_servers(leave_out=own)
    return FoundList(
        found=[FoundBody.model_validate(each) for each in found], ports=[port for port in PORTS if port not in own]
    )


@router.post("/test")
async def try_new_endpoint(service: ServiceDependency, request: EndpointRequest) -> TrialBody:
    """Tests an endpoint without storing it: its models, and a short answer whose sentences are checked."""
    entered = EndpointSettings(
        name="test", url=checked_address(request.url), api_key=checked_key(request.api_key), model=request.model.strip()
    )
    return await _trial(service, entered)


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_endpoint(service: ServiceDependency, request: NewEndpoint) -> EndpointBody:
    """Stores an endpoint; from the next question on it writes answers."""
    entered = EndpointSettings(
        name=request.name,
        url=checked_address(request.url),
        api_key=checked_key(request.api_key),
        model=request.model.strip(),
        prompt_price=request.prompt_price,
        completion_price=request.completion_price,
        currency=request.currency,
    )
    _refuse_other_currency(service, entered)
    added = await run_in_writer_thread(service.storage.endpoints.add, entered, enabled=request.enabled)
    return await _taken(service, added)


@router.patch("/{endpoint_id}")
async def change_endpoint(service: ServiceDependency, endpoint_id: str, request: EndpointChange) -> EndpointBody:
    """Changes an endpoint; from the next question on the change counts."""
    stored = await run_in_thread(service.storage.endpoints.get, endpoint_id)
    sent = request.model_fields_set
    url = stored.url if request.url is None else checked_address(request.url)
    if url != stored.url and stored.sealed_key is not None and not (request.api_key or request.forget_key):
        raise WrongEndpointError(
            "api_key", "The stored key was for another address. Enter the key of this one, or remove the key."
        )
    if request.api_key is not None or request.forget_key:
        key = checked_key(request.api_key)
    else:
        key = (await run_in_thread(service.storage.endpoints.settings_of, stored)).api_key
    entered = EndpointSettings(
        name=request.name or stored.name,
        url=url,
        api_key=key,
        model=stored.model if request.model is None else request.model.strip(),
        prompt_price=request.prompt_price if "prompt_price" in sent else stored.prompt_price,
        completion_price=request.completion_price if "completion_price" in sent else stored.completion_price,
        currency=request.currency or stored.currency,
    )
    _refuse_other_currency(service, entered)
    enabled = stored.enabled if request.enabled is None else request.enabled
    replace = service.storage.endpoints.replace
    return await _taken(service, await run_in_writer_thread(replace, endpoint_id, entered, enabled=enabled))


@router.delete("/{endpoint_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_endpoint(service: ServiceDependency, endpoint_id: str) -> None:
    """Removes an endpoint with its key. Answers that it writes at this moment are written to their end."""
    await run_in_writer_thread(service.storage.endpoints.remove, endpoint_id)
    await service.take_endpoints()


@router.post("/{endpoint_id}/test")
async def try_stored_endpoint(service: ServiceDependency, endpoint_id: str) -> TrialBody:
    """Tests a connected endpoint with its stored key."""
    stored = await run_in_thread(service.storage.endpoints.get, endpoint_id)
    return await _trial(service, await run_in_thread(service.storage.endpoints.settings_of, stored))


@router.post(
    "/{endpoint_id}/try",
    status_code=status.HTTP_202_ACCEPTED,
    responses={202: {"headers": {"Location": {"description": "Address of the run.", "schema": {"type": "string"}}}}},
)
async def try_model(
    service: ServiceDependency,
    evaluations: EvaluationsDependency,
    caller: CallerDependency,
    endpoint_id: str,
    request: TryRequest,
    response: Response,
) -> EvaluationBody:
    """Starts a trial of a connected model: questions whose answers are known, quoted and then written by it.

    The run goes on in the background, and can be followed and cancelled as any other; its card is at
    `/v1/evals/{id}/card` when it has finished.
    """
    stored = await run_in_thread(service.storage.endpoints.get, endpoint_id)
    endpoint = await run_in_thread(service.storage.endpoints.settings_of, stored)
    body = EvaluationBody.of(await evaluations.trials.start(caller, endpoint, questions=request.questions))
    response.headers["Location"] = body.links.self
    return body


async def _trial(service: Service, endpoint: EndpointSettings) -> TrialBody:
    return TrialBody.model_validate(await try_endpoint(endpoint, service.settings, service.answering.checker))


async def _taken(service: Service, stored: StoredEndpoint) -> EndpointBody:
    await service.take_endpoints()
    return body_of(service, stored)


def _refuse_other_currency(service: Service, entered: EndpointSettings) -> None:
    """Refuses a price in another currency than the others': budgets add them up.

    Raises:
        WrongEndpointError: there are prices in another currency.
    """
    others = [each for each in service.storage.connected.current if each.name != entered.name]
    currencies = {each.currency for each in others if each.prompt_price is not None}
    if entered.prompt_price is not None and currencies - {entered.currency}:
        named = ", ".join(sorted(currencies))
        raise WrongEndpointError("currency", f"The other prices are in {named}. Enter this one in the same currency.")


def _port_of(request: Request) -> set[int]:
    """Returns the port at which the request arrived; none where the service listens on a socket file."""
    server = request.scope.get("server")
    return {server[1]} if server and isinstance(server[1], int) else set()
