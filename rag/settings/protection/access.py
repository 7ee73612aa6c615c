"""Settings of logins, rights and the audit trail."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from rag.access.roles import TenantRole
from rag.settings.base import Section
from rag.settings.service import Folder


class OidcSettings(Section):
    issuer: str = Field(
        default="",
        description="Address of the OpenID Connect provider where users may log in, as it names itself; without it "
        "they log in here.",
        examples=["https://login.example.org/realms/company"],
    )
    client_id: str = Field(default="", description="Name under which the provider knows this service.")
    client_secret: SecretStr | None = Field(
        default=None, description="Secret that the provider gave this service.", examples=["any text"]
    )
    label: str = Field(default="", description="Name of the provider on the login page; without it, its host name.")
    name_claim: str = Field(
        default="email",
        description="Claim of the provider that is the user's name here. 'email' counts only where the provider says "
        "that it is verified.",
    )
    groups_claim: str = Field(
        default="",
        description="Claim with the names of the user's groups, which replace those here at each login; without it "
        "groups are managed here.",
        examples=["groups"],
    )

    @model_validator(mode="after")
    def _needs_a_client(self) -> Self:
        if self.issuer and not self.client_id:
            raise ValueError("an issuer needs a client_id")
        local = urlsplit(self.issuer).hostname in {"127.0.0.1", "localhost", "::1"}
        if self.issuer and not self.issuer.startswith("https://") and not local:
            raise ValueError("an issuer begins with https://")
        return self


class SecuritySettings(Section):
    logins: bool = Field(
        default=False,
        description="Whether users log in. Without it there is a single user who may do everything, and the service "
        "listens on this machine only.",
    )
    audit_days: int = Field(
        default=400,
        ge=1,
        description="Days for which the audit trail is kept; whole days are removed after them, and the rest stays "
        "provable.",
    )
    audit_questions: bool = Field(
        default=False,
        description="Whether the audit trail holds the text of questions. Switch it on only where those who ask know.",
    )
    audit_anchors: Folder | None = Field(
        default=None,
        description="File that gets a sealed line of the audit trail every day. Without it a file beside the data "
        "folder, with its name and .anchors.jsonl; set it to a disk that can only be added to.",
        examples=["/mnt/append-only/citewell.jsonl"],
    )
    allow_open: bool = Field(
        default=False,
        description="Whether a service without logins may listen for other machines. Set it only where something in "
        "front of it asks who calls.",
    )
    public_url: str = Field(
        default="",
        description="Address under which people reach the service, for links and for the way back from the provider; "
        "without it the address of each request. Where it begins with https:// cookies are sent by https alone.",
        examples=["https://citewell.example.org"],
    )
    session_hours: float = Field(default=168.0, gt=0, description="Hours after which a user logs in again.")
    session_idle_hours: float = Field(
        default=12.0, gt=0, description="Hours without a request after which a user logs in again."
    )
    invitation_hours: float = Field(
        default=72.0, gt=0, description="Hours for which the link of an invitation, or of a lost password, holds."
    )
    new_user_roles: tuple[TenantRole, ...] = Field(
        default=(),
        description="Roles of a user who comes from the provider or the proxy for the first time. Without any, only "
        "users who were added here may come.",
        examples=[["reader"]],
    )
    new_user_tenant: str = Field(
        default="", description="Tenant of such a user; without it, the tenant of the settings."
    )
    proxies: tuple[str, ...] = Field(
        default=(),
        description="Addresses or networks of proxies in front of the service. What these say of the client's address "
        "and protocol (X-Forwarded-For, X-Forwarded-Proto) is believed.",
        examples=[["10.0.0.5"]],
    )
    proxy_user_header: str = Field(
        default="",
        description="Header in which the proxies name the user whom they have recognised. Only those in "
        "security.proxies are believed, and they must remove this header from what clients send. Without it no header "
        "is.",
        examples=["X-Forwarded-User"],
    )
    oidc: OidcSettings = OidcSettings()

    @field_validator("proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for each in proxies:
            ip_network(each)
        return proxies

    @model_validator(mode="after")
    def _names_its_proxies(self) -> Self:
        if self.proxy_user_header and not self.proxies:
            raise ValueError("proxy_user_header needs the addresses of the proxies in security.proxies")
        if self.public_url and urlsplit(self.public_url).scheme not in {"http", "https"}:
            raise ValueError("public_url begins with https:// or http://")
        return self
