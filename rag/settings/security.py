"""Settings of logins, rights and the audit trail."""

from __future__ import annotations

from pydantic import Field

from rag.settings.base import Section


class SecuritySettings(Section):
    logins: bool = Field(
        default=False,
        description="Whether users log in. Without it there is a single user who may do everything, and the service "
        "listens on this machine only.",
    )
