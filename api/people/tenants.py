"""Tenants and their quotas. For the operator of the service."""

from __future__ import annotations

from fastapi import APIRouter, Request, status

from api.access.notes import note
from api.dependencies import ServiceDependency, run_in_thread, run_in_writer_thread
from api.people.schemas import MadeTenant, NewTenant, QuotasRequest, TenantBody, TenantList
from api.people.users import invited
from ingest.service import Service
from rag.catalog.access.tenants import Quotas

router = APIRouter(prefix="/v1/tenants", tags=["tenants"])


@router.get("")
async def list_tenants(service: ServiceDependency) -> TenantList:
    """Lists all tenants with their quotas."""
    found = await run_in_thread(service.storage.people.tenants.all)
    return TenantList(tenants=[TenantBody.model_validate(tenant) for tenant in found])


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_tenant(service: ServiceDependency, request: Request, body: NewTenant) -> MadeTenant:
    """Makes a tenant with its first owner, and answers the link with which the owner chooses a password."""
    return await run_in_writer_thread(_add, service, request, body)


@router.put("/{tenant}/quotas")
async def set_quotas(service: ServiceDependency, tenant: str, body: QuotasRequest) -> TenantBody:
    """Replaces the quotas of a tenant."""
    quotas = Quotas(**body.model_dump())
    return TenantBody.model_validate(
        await run_in_writer_thread(service.storage.people.tenants.set_quotas, tenant, quotas)
    )


def _add(service: Service, request: Request, body: NewTenant) -> MadeTenant:
    people = service.storage.people
    note(targets={"tenant": body.name})
    owner = people.add_tenant(body.name, owner=body.owner)
    made = invited(service, request, owner)
    tenant = TenantBody.model_validate(people.tenants.get(body.name))
    return MadeTenant(tenant=tenant, owner=made.user, link=made.link)
