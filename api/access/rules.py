"""What each route asks of its caller, and what the audit trail calls its use: the one place where that is said.

A route that is missing here is refused at start-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from rag.access.roles import Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The right that a route asks for. ``event`` is its name in the audit trail, None where it leaves none."""

    right: Right
    event: str | None = None


def _rules(right: Right, *silent: str, **events: str) -> dict[str, Rule]:
    """Returns rules for operations that leave no event, and for others with theirs."""
    rules = {operation: Rule(right=right) for operation in silent}
    return rules | {operation: Rule(right=right, event=event) for operation, event in events.items()}


RULES: Mapping[str, Rule] = {
    **_rules(
        Right.OPEN,
        *("healthz", "readyz", "get_invited_user", "begin_oidc"),
        login="login.begun",
        finish_oidc="login.begun",
        accept_invitation="login.invitation_accepted",
    ),
    **_rules(
        Right.SELF,
        *("get_me", "list_sessions", "list_keys"),
        logout="login.ended",
        change_password="password.changed",  # noqa: S106 - an event
        end_session="session.ended",
        end_other_sessions="session.ended",
        add_key="key.made",
        rotate_key="key.rotated",
        revoke_key="key.revoked",
    ),
    **_rules(
        Right.READ,
        *("list_documents", "count_documents", "get_document", "list_versions", "get_version", "list_passages"),
        *("get_passage", "get_outline", "get_place", "list_tables", "find_page"),
        *("list_collections", "get_collection", "list_suggestions", "list_models", "get_model"),
        *("list_conversations", "get_conversation", "create_conversation", "change_conversation"),
        *("follow_answer", "stop_answer", "list_jobs", "get_job", "follow_job", "get_receipt"),
        get_text="document.read",
        get_page="document.read",
        get_table="document.read",
        get_original="document.downloaded",
        search="question.searched",
        explain_search="question.searched",
        ask="question.asked",
        create_chat_completion="question.asked",
        get_proof="answer.proved",
        give_feedback="feedback.given",
        delete_conversation="conversation.deleted",
        share_conversation="conversation.shared",
        unshare_conversation="conversation.unshared",
        get_shared_conversation="conversation.read",
    ),
    **_rules(
        Right.WRITE,
        upload_document="document.uploaded",
        unpack_archive="document.uploaded",
        change_document="document.changed",
        change_documents="document.changed",
        dismiss_failed="document.dismissed",
        delete_document="document.deleted",
        delete_version="version.deleted",
        activate_version="version.activated",
        cancel_job="job.cancelled",
        retry_job="job.retried",
    ),
    **_rules(
        Right.MANAGE,
        *("usage", "list_feedback", "list_users", "get_user", "list_groups"),
        add_user="user.added",
        change_user="user.changed",
        remove_user="user.removed",
        make_link="user.link_made",
        add_group="group.added",
        change_group="group.changed",
        remove_group="group.removed",
        create_collection="collection.created",
        change_collection="collection.changed",
        delete_collection="collection.deleted",
    ),
    **_rules(
        Right.EVALUATE,
        *("list_datasets", "get_dataset", "list_evaluations", "get_evaluation", "get_card", "check_coverage"),
        *("list_question_records", "compare_evaluations"),
        store_dataset="dataset.stored",
        draft_questions="dataset.drafted",
        start_evaluation="evaluation.started",
        cancel_evaluation="evaluation.cancelled",
        rename_evaluation="evaluation.renamed",
        delete_evaluation="evaluation.deleted",
    ),
    **_rules(
        Right.OPERATE,
        *("list_endpoints", "get_index", "get_reparse", "metrics", "list_tenants"),
        add_tenant="tenant.added",
        set_quotas="tenant.quotas_set",
        find_endpoints="endpoint.searched",
        try_new_endpoint="endpoint.tried",
        try_stored_endpoint="endpoint.tried",
        add_endpoint="endpoint.added",
        change_endpoint="endpoint.changed",
        remove_endpoint="endpoint.removed",
        audit="maintenance.audited",
        backup="maintenance.backed_up",
        build_index="index.build_started",
        discard_build="index.build_discarded",
        switch_index="index.switched",
        reparse="documents.reread",
    ),
    # The route itself asks for one of two rights: owners read the events of their tenant, operators all.
    **_rules(Right.SELF, list_audit_events="audit.read", export_audit_events="audit.exported"),
    **_rules(Right.MANAGE, erase_audit_texts="audit.texts_erased"),
    **_rules(Right.OPERATE, verify_audit_trail="audit.verified"),
    # Pages are files that hold nothing of the documents, but for these two.
    **_rules(
        Right.OPEN,
        *("chat_page", "documents_page", "document_page", "shared_page", "docs_page", "models_page", "runs_page"),
        *("drafts_page", "login_page", "invitation_page", "account_page", "users_page", "audit_page"),
    ),
    **_rules(Right.READ, "proof_page"),
    **_rules(Right.EVALUATE, "report_page"),
}
"""By operation id, which is the name of the route's function."""


def refuse_undeclared(app: FastAPI) -> None:
    """Refuses to start with a route that has no rule.

    Raises:
        RuntimeError: names the routes.
    """
    contexts = iter_route_contexts(app.routes)
    names = {str(context.name) for context in contexts if isinstance(context.original_route, APIRoute)}
    if missing := sorted(names - RULES.keys()):
        raise RuntimeError(f"{app.title} has routes without a rule in api/access/rules.py: {', '.join(missing)}.")
