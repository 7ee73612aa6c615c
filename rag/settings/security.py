"""Settings of logins, rights and the audit trail."""

from __future__ import annotations

from pydantic import Field

from rag.settings.base import Section
from rag.settings.service import Folder


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
