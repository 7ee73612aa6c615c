"""Every error that Citewell raises on purpose, in four families.

``ConfigurationError`` (settings or environment are wrong), ``RequestError`` (the request cannot be carried out),
``DocumentError`` (a document cannot be ingested) and ``DependencyError`` (something that the service relies on failed).
Each class has a stable ``code``, a ``kind`` that ``api/errors.py`` turns into an HTTP status, and a message that says
what happened and what to do next. docs/reference/errors.md is generated from the classes.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum, auto
from inspect import signature
from typing import ClassVar, Self


class ErrorKind(Enum):
    """What an error means to the sender of a request."""

    BAD_REQUEST = auto()
    UNAUTHENTICATED = auto()
    FORBIDDEN = auto()
    NOT_FOUND = auto()
    CONFLICT = auto()
    INVALID = auto()
    TOO_LARGE = auto()
    UNSUPPORTED_TYPE = auto()
    BUSY = auto()
    INTERNAL = auto()
    UNAVAILABLE = auto()
    UPSTREAM_FAILED = auto()
    STORAGE_FULL = auto()


class CitewellError(Exception):
    """The base of all errors that are raised on purpose."""

    code: ClassVar[str] = "internal_error"
    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL
    _given: tuple[tuple[object, ...], dict[str, object]]

    def __new__(cls, *given: object, **named: object) -> Self:
        error = super().__new__(cls, *given)
        error._given = given, named
        return error

    @property
    def values(self) -> dict[str, str | int | float]:
        """The texts, numbers and dates (ISO 8601) that the message is made of, to word it in another language."""
        given, named = self._given
        arguments = signature(type(self).__init__).bind(self, *given, **named).arguments
        told = {name: value.isoformat() if isinstance(value, date) else value for name, value in arguments.items()}
        return {name: value for name, value in told.items() if isinstance(value, str | int | float)}


class ConfigurationError(CitewellError):
    """Settings or environment are wrong; the message says which and how to correct them."""

    code = "configuration_error"


class ModelError(ConfigurationError):
    """A model file is missing, damaged or cannot be loaded."""

    code = "model_unavailable"

    def __init__(self, model: str, reason: str, *, remedy: str) -> None:
        super().__init__(f"The model {model} cannot be loaded: {reason}. {remedy}")
        self.model = model


class ModelNotFetchedError(ConfigurationError):
    """The files of a model cannot be fetched; the message says what to copy where."""

    code = "model_not_fetched"

    def __init__(self, model: str, reason: str, *, remedy: str) -> None:
        super().__init__(f"The model {model} cannot be fetched: {reason.rstrip('.')}.\n{remedy}")


class ModelServerError(ConfigurationError):
    """The model server cannot be set up or started."""

    code = "model_server_failed"

    def __init__(self, reason: str, *, remedy: str) -> None:
        super().__init__(f"{reason}. {remedy}")


class FolderInUseError(ConfigurationError):
    """Another process owns the data folder."""

    code = "folder_in_use"

    def __init__(self, folder: str, owner: str) -> None:
        super().__init__(
            f"The data folder {folder} is in use by {owner}. Stop that process, or point "
            "CITEWELL_STORAGE__FOLDER at another folder."
        )


class UnusableFolderError(ConfigurationError):
    """The data folder cannot be made, read or written."""

    code = "folder_unusable"

    def __init__(self, folder: str, error: OSError) -> None:
        super().__init__(
            f"The data folder {folder} cannot be used: {error.strerror or error}. Make it a folder that this user may "
            "write, or point CITEWELL_STORAGE__FOLDER at another one."
        )


class FolderMismatchError(ConfigurationError):
    """Data folder and catalogue do not belong together: one holds what the other has never seen."""

    code = "folder_mismatch"

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(
            f"The data folder {folder} and the catalogue do not belong together: {reason}. No document was touched. If "
            "the settings name the wrong one, correct CITEWELL_STORAGE__FOLDER or CITEWELL_STORAGE__CATALOG_URL. If "
            "the catalogue was lost, fill an empty folder with 'citewell restore BACKUP', or have 'citewell adopt' "
            "make the two belong together and build the catalogue from the originals."
        )


class CatalogDamagedError(ConfigurationError):
    """The catalogue's file is damaged, or is not a catalogue."""

    code = "catalog_damaged"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"The catalogue {path} is damaged: {reason}. Nothing was changed. Fill an empty folder with 'citewell "
            "restore BACKUP', or have 'citewell adopt' put the damaged file aside and build a new catalogue from the "
            "originals in the folder."
        )


class KeyFileError(ConfigurationError):
    """The file with the secret that encrypts keys of models cannot be made or read."""

    code = "key_file_unusable"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"The key was not stored: the file {path}, whose secret encrypts it, cannot be used: {reason}. Let this "
            "user write it, or set CITEWELL_STORAGE__SECRET_KEY to any long random text."
        )


class RequestError(CitewellError):
    """The request cannot be carried out."""

    code = "bad_request"
    kind = ErrorKind.BAD_REQUEST
    parameter: str | None = None  # the field of the request that is at fault, where it is one


class NotFoundError(RequestError):
    """What the request names does not exist, or is another tenant's."""

    code = "not_found"
    kind = ErrorKind.NOT_FOUND


class LoginRequiredError(RequestError):
    """The request does not say who sends it, or not in a way that holds."""

    code = "login_required"
    kind = ErrorKind.UNAUTHENTICATED

    def __init__(self) -> None:
        super().__init__("Log in, or send an API key in the header 'Authorization: Bearer ck_…'.")


class ForbiddenError(RequestError):
    """The caller is known, and may not do this."""

    code = "forbidden"
    kind = ErrorKind.FORBIDDEN

    def __init__(self, right: str) -> None:
        super().__init__(f"You lack the right '{right}', which this needs. An owner can give you a role that has it.")


class LoginFailedError(RequestError):
    """Name and password do not go together, or the user may not log in. The reason is not told."""

    code = "login_failed"
    kind = ErrorKind.UNAUTHENTICATED

    def __init__(self) -> None:
        super().__init__(
            "This login did not succeed: name and password do not go together, or this user may not log in. Try again, "
            "or ask an owner for a new link."
        )


class OidcError(RequestError):
    """A login at the OpenID Connect provider did not succeed."""

    code = "oidc_failed"
    kind = ErrorKind.UNAUTHENTICATED

    def __init__(self, reason: str) -> None:
        super().__init__(f"The provider cannot be used for this login: {reason}. Begin again at the login page.")


class TooManyLoginsError(RequestError):
    """Logins of this account, or from this address, failed so often that the next one has to wait."""

    code = "too_many_logins"
    kind = ErrorKind.BUSY

    def __init__(self, *, seconds: int) -> None:
        super().__init__(f"Too many logins failed. Wait {seconds} seconds, then try again.")


class WeakPasswordError(RequestError):
    """The new password is easily guessed."""

    code = "weak_password"
    kind = ErrorKind.INVALID
    parameter = "password"

    def __init__(self, rule: str) -> None:
        super().__init__(f"Choose another password: one that {rule}.")


class CrossOriginError(RequestError):
    """A change came with the cookie of a session, and does not say from which page."""

    code = "origin_missing"
    kind = ErrorKind.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "A change that a session makes needs the header Origin, which browsers send. Programs use an API key, in "
            "the header 'Authorization: Bearer ck_…'."
        )


class OnlyInPersonError(RequestError):
    """The caller is a program with an API key, or there are no logins; only a person who is logged in may do this."""

    code = "only_in_person"
    kind = ErrorKind.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "Only a person who is logged in may do this, not an API key. Without logins (CITEWELL_SECURITY__LOGINS) "
            "there is no account."
        )


class UnknownUserError(NotFoundError):
    """There is no such user."""

    code = "unknown_user"

    def __init__(self, user: str) -> None:
        super().__init__(f"There is no user '{user}'. GET /v1/users or 'citewell users list' lists those there are.")


class UnknownGroupError(NotFoundError):
    """There is no such group."""

    code = "unknown_group"

    def __init__(self, group: str) -> None:
        super().__init__(
            f"There is no group '{group}'. GET /v1/groups or 'citewell groups list' lists those there are."
        )


class UnknownKeyError(NotFoundError):
    """There is no such API key."""

    code = "unknown_key"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"There is no API key '{key_id}'. GET /v1/keys or 'citewell keys list' lists those there are.")


class UnknownSessionError(NotFoundError):
    """There is no such session."""

    code = "unknown_session"

    def __init__(self, session_id: str) -> None:
        super().__init__(f"There is no session '{session_id}'. GET /v1/sessions lists those there are.")


class UnknownTenantError(NotFoundError):
    """There is no such tenant."""

    code = "unknown_tenant"

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"There is no tenant '{tenant}'. GET /v1/tenants or 'citewell tenants list' lists those there are."
        )


class UnknownInvitationError(NotFoundError):
    """The link was used, is too old, or never was one."""

    code = "unknown_invitation"

    def __init__(self) -> None:
        super().__init__("This link was used already, or is no longer valid. Ask an owner for a new one.")


class ReadOnlyError(RequestError):
    """The caller may read something, and may not change it."""

    code = "read_only"
    kind = ErrorKind.FORBIDDEN

    def __init__(self, name: str) -> None:
        super().__init__(f"You may read '{name}', and not change it. An owner can give you the right to write.")


class SourcesWithheldError(RequestError):
    """An answer rests on a document that its asker may not read any more."""

    code = "sources_withheld"
    kind = ErrorKind.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "This answer rests on a document that you may not read any more, and so is not shown. An owner can give "
            "you the right to read it. What you may read now answers if you ask again."
        )


class QuotaReachedError(RequestError):
    """The tenant has as much as it may store."""

    code = "quota_reached"
    kind = ErrorKind.CONFLICT

    def __init__(self, what: str, *, most: int) -> None:
        super().__init__(
            f"Your tenant may store {most:,} {what}, and this would be more. Delete what is not needed, or ask an "
            "operator to raise the quota."
        )


class InvalidRequestError(RequestError):
    """The request is understood, and a value in it is wrong."""

    code = "invalid_request"
    kind = ErrorKind.INVALID


class BusyError(RequestError):
    """The service does as much as it may already; the same request may succeed later."""

    code = "busy"
    kind = ErrorKind.BUSY


class UnknownCollectionError(NotFoundError):
    """There is no such collection."""

    code = "unknown_collection"

    def __init__(self, collection: str, known: Sequence[str]) -> None:
        there_are = f"There are: {', '.join(known)}" if known else "There are none yet"
        super().__init__(
            f"There is no collection '{collection}'. {there_are}. Uploading a document to a collection creates it."
        )


class UnknownDocumentError(NotFoundError):
    """There is no such document."""

    code = "unknown_document"

    def __init__(self, document_id: str) -> None:
        super().__init__(f"There is no document '{document_id}'. GET /v1/documents lists those there are.")


class UnknownSubjectError(NotFoundError):
    """The tenant has no user or no group of this name."""

    code = "unknown_subject"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"There is no {kind} '{name}'. 'citewell {kind}s list' lists those there are.")


class UnknownJobError(NotFoundError):
    """There is no such job."""

    code = "unknown_job"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job '{job_id}'. The answer to an upload names its job.")


class UnknownVersionError(NotFoundError):
    """The document has no such version, or the version is no longer kept."""

    code = "unknown_version"

    def __init__(self, version_id: str) -> None:
        super().__init__(
            f"There is no version '{version_id}' of this document, or it is no longer kept. "
            "GET /v1/documents/{id}/versions lists those there are."
        )


class UnknownPageError(NotFoundError):
    """The document has fewer pages."""

    code = "unknown_page"

    def __init__(self, page: int, *, name: str, count: int) -> None:
        super().__init__(f"There is no page {page:,} of '{name}'. Pages count from 1, and there are {count:,}.")


class UnknownPassageError(NotFoundError):
    """The version has no such passage."""

    code = "unknown_passage"

    def __init__(self, chunk_id: str) -> None:
        super().__init__(
            f"There is no passage '{chunk_id}' in this version. GET /v1/documents/{{id}}/passages lists those there "
            "are."
        )


class UnknownTableError(NotFoundError):
    """The version has no such table."""

    code = "unknown_table"

    def __init__(self, number: int, *, name: str, count: int, kept: bool = True) -> None:
        there_are = {0: "It has no tables", 1: "It has 1 table"}.get(count, f"Its tables count from 1 to {count:,}")
        if not kept:
            there_are = "It was read before tables were kept: 'citewell reindex --reparse' reads it again"
        super().__init__(f"There is no table {number:,} in '{name}'. {there_are}.")


class UnknownReceiptError(NotFoundError):
    """There is no such receipt."""

    code = "unknown_receipt"

    def __init__(self, receipt_id: str) -> None:
        super().__init__(f"There is no receipt '{receipt_id}'. The answer to a delete names its receipt.")


class UnknownAnswerError(NotFoundError):
    """There is no such answer, or it is not kept."""

    code = "unknown_answer"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"No answer '{request_id}' is remembered: answers are for CITEWELL_FEEDBACK__KEEP_DAYS days, and until a "
            "document they were written from is deleted. The request_id of an answer's receipt names it."
        )


class RemovedAnswerError(NotFoundError):
    """The answer was removed with a document, or a version, that it was written from."""

    code = "answer_removed"

    def __init__(self, *, deleted: bool, removed_at: datetime) -> None:
        what = "was deleted" if deleted else "was updated so often that the version it used is no longer kept"
        super().__init__(
            f"A document that this answer was written from {what}. The answer and its quotes were removed with it on "
            f"{removed_at:%Y-%m-%d}. Ask the question again for an answer from the documents of today."
        )


class UnknownSentenceError(NotFoundError):
    """The answer has no such sentence, or was stored before sentences were."""

    code = "unknown_sentence"

    def __init__(self, sentence: int, *, count: int) -> None:
        has = f"it has {count:,}, from 1" if count else "its sentences are not stored. Ask the question again"
        super().__init__(f"This answer has no sentence {sentence:,}: {has}.")


class UnknownConversationError(NotFoundError):
    """There is no such conversation, or its link is not valid."""

    code = "unknown_conversation"

    def __init__(self) -> None:
        super().__init__(
            "There is no such conversation. It was deleted, by a user, with a document that it quoted or after "
            "CITEWELL_CONVERSATIONS__KEEP_DAYS days, or its link is not shared any more. GET /v1/conversations lists "
            "those that are kept."
        )


class ConversationsOffError(RequestError):
    """Conversations are not kept."""

    code = "conversations_off"
    kind = ErrorKind.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This service keeps no conversations. Ask without a conversation_id and send the earlier turns as "
            "'history', or set CITEWELL_CONVERSATIONS__KEEP_DAYS to the number of days that it may keep them."
        )


class AnswerNotLiveError(NotFoundError):
    """The answer is not being written, and its events are not held any more."""

    code = "answer_not_live"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"The events of answer '{request_id}' are not held here: they are for a minute after its end, for answers "
            "in a conversation. GET /v1/conversations/{conversation_id} shows the answer once it has ended."
        )


class AnswerStoppedError(RequestError):
    """A user stopped the answer."""

    code = "answer_stopped"
    kind = ErrorKind.CONFLICT

    def __init__(self) -> None:
        super().__init__("The answer was stopped before it was complete. Ask again for the whole answer.")


class AnswerAbandonedError(RequestError):
    """The answer was cancelled because its reader had left."""

    code = "answer_abandoned"
    kind = ErrorKind.CONFLICT

    def __init__(self) -> None:
        super().__init__("The answer was given up, because its reader left and did not come back in time. Ask again.")


class AnswerInterruptedError(CitewellError):
    """The service stopped while it was writing the answer."""

    code = "answer_interrupted"
    kind = ErrorKind.UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("The service stopped while it was writing this answer. Ask again.")


class FeedbackOffError(RequestError):
    """Answers are not kept, so there can be no feedback on them."""

    code = "feedback_off"
    kind = ErrorKind.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "Feedback is off: this service remembers no answers. Set CITEWELL_FEEDBACK__KEEP_DAYS to the number of "
            "days that it may, and ask again."
        )


class ConflictError(RequestError):
    """The request does not fit the present state; the message says what is in the way."""

    code = "conflict"
    kind = ErrorKind.CONFLICT


class IdempotencyMismatchError(InvalidRequestError):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_mismatch"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The Idempotency-Key '{key}' was used for another file or name. Take a new one for this upload."
        )


class SourcesChangedError(RequestError):
    """A document that an answer rests on was replaced or deleted while the answer was written."""

    code = "sources_changed"
    kind = ErrorKind.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "A document that this answer rests on was replaced or deleted while it was being written. Ask again."
        )


class QueueFullError(BusyError):
    """The queue of documents that wait to be ingested is full."""

    code = "queue_full"

    def __init__(self, *, waiting: int) -> None:
        super().__init__(f"{waiting:,} documents wait to be taken in, as many as may. Try again in a while.")


class TooManyQuestionsError(BusyError):
    """As many questions as allowed are being answered, and the queue of those that wait is full."""

    code = "too_many_questions"

    def __init__(self, *, running: int, waiting: int) -> None:
        super().__init__(
            f"{running:,} questions are being answered and {waiting:,} wait, as many as may. Try again in a while."
        )


class TooManyPagesError(BusyError):
    """As many pages as allowed are being drawn, and the queue of those that wait is full."""

    code = "too_many_pages"

    def __init__(self, *, running: int, waiting: int) -> None:
        super().__init__(
            f"{running:,} pages are being drawn and {waiting:,} wait, as many as may. Try again in a while."
        )


class TooManyFollowersError(BusyError):
    """As many clients as allowed follow jobs already."""

    code = "too_many_followers"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most:,} clients follow jobs, as many as may. Ask for GET /v1/jobs/{{id}} now and then.")


class TooManyConnectionsError(BusyError):
    """As many requests of the tenant as allowed are under way."""

    code = "too_many_connections"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most:,} requests of your tenant are under way, as many as may. Try again in a moment.")


class DailyQuotaReachedError(BusyError):
    """The tenant has used up what it may use on a day."""

    code = "daily_quota_reached"

    def __init__(self, what: str, *, most: int, renews_in_seconds: int) -> None:
        super().__init__(
            f"Your tenant may use {most:,} {what} on a day, and has. The quota renews at midnight, UTC, in "
            f"{renews_in_seconds:,} seconds. An operator can raise it."
        )


class NoPageImagesError(InvalidRequestError):
    """Files of this type have no pages that could be shown as images."""

    code = "no_page_images"
    parameter = "format"

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' has no pages that could be shown as an image. Ask for 'format=html'.")


class EmptyQuestionError(InvalidRequestError):
    """The question has no words."""

    code = "empty_question"

    def __init__(self) -> None:
        super().__init__("The question is empty. Send at least one word.")


class WrongPeriodError(InvalidRequestError):
    """A period ends before it begins."""

    code = "wrong_period"

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"The period ends on {last}, before it begins on {first}. Swap 'from' and 'to'.")


class WrongCursorError(InvalidRequestError):
    """A cursor was sent to a list that it was not made for."""

    code = "wrong_cursor"
    parameter = "cursor"

    def __init__(self) -> None:
        super().__init__(
            "The cursor was not made for this list. Send 'next_cursor' as it came, with the same parameters beside it."
        )


class WrongFieldError(InvalidRequestError):
    """A tag, a field or a filter is wrong; the message says which and how it must be."""

    code = "wrong_field"

    def __init__(self, subject: str, demand: str) -> None:
        super().__init__(f"{subject} {demand}.")


class NoSuchDayError(WrongFieldError):
    """A text looks like a day, and the calendar has none such."""

    code = "no_such_day"

    def __init__(self, subject: str, day: str) -> None:
        super().__init__(subject, f"is {day}, which is no day of the calendar; check the month and the day")


class UnknownFieldError(InvalidRequestError):
    """A filter names a field that no document of the collection has."""

    code = "unknown_field"
    parameter = "filter"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        there_are = f"There are: {', '.join(known)}" if known else "No document has a field yet"
        super().__init__(f"No document of the collection has a field '{name}'. {there_are}.")


class QuestionTooLongError(RequestError):
    """The question is longer than allowed."""

    code = "question_too_long"
    kind = ErrorKind.TOO_LARGE

    def __init__(self, *, characters: int, limit: int) -> None:
        super().__init__(
            f"The question has {characters:,} characters; the limit is {limit:,}. Ask for one thing at a time, "
            "or upload the long text as a document and ask about it."
        )


class UnknownDatasetError(NotFoundError):
    """There is no such dataset."""

    code = "unknown_dataset"

    def __init__(self, dataset: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no dataset '{dataset}'. There are: {', '.join(known)}. /evals/drafts makes others.")


class UnknownEvaluationError(NotFoundError):
    """There is no such evaluation."""

    code = "unknown_evaluation"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no evaluation '{run_id}'. GET /v1/evals lists those there are.")


class UnknownEndpointError(NotFoundError):
    """There is no such connected model."""

    code = "unknown_endpoint"

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"There is no connected model '{endpoint}'. GET /v1/models/endpoints lists those there are.")


class WrongEndpointError(InvalidRequestError):
    """What was entered of a model is wrong; the message says what to enter."""

    code = "wrong_endpoint"

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(reason)
        self.parameter = parameter


class SealedKeyError(ConflictError):
    """The stored key of a connected model cannot be decrypted."""

    code = "key_unreadable"

    def __init__(self) -> None:
        super().__init__(
            "The stored key cannot be read: the secret that encrypted it is missing, or is another one. Enter the key "
            "again, or bring the secret's file back."
        )


class WrongDatasetError(InvalidRequestError):
    """The questions cannot be asked; the message says which, and what is wrong with them."""

    code = "wrong_dataset"


class UnknownChatModelError(NotFoundError):
    """The OpenAI-compatible API has no model of this name."""

    code = "model_not_found"
    parameter = "model"

    def __init__(self, model: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no model '{model}'. A collection of documents is a model: {', '.join(known)}. "
            "Uploading a document to a collection creates it."
        )


class UnsupportedParameterError(RequestError):
    """A parameter of the OpenAI-compatible API asks for something that answers cannot be."""

    code = "unsupported_parameter"

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"'{parameter}' is not supported: {reason}")
        self.parameter = parameter


class UnsupportedMessageError(RequestError):
    """The messages of the OpenAI-compatible API hold no question that can be answered."""

    code = "unsupported_message"
    parameter = "messages"


class ModelNotAllowedError(InvalidRequestError):
    """A caller names a model that the settings do not allow; the message does not tell whether it exists."""

    code = "model_not_allowed"
    parameter = "encoder_model"

    def __init__(self, model: str) -> None:
        super().__init__(
            f"The settings do not allow the encoder '{model}'. Add it to CITEWELL_ENCODER__ALLOWED_MODELS (a list) "
            "and start the service anew, or stop the service and run 'citewell reindex'."
        )


class DocumentError(CitewellError):
    """A document cannot be ingested."""

    code = "document_error"
    kind = ErrorKind.INVALID


class EmptyDocumentError(DocumentError):
    """The file has no bytes."""

    code = "empty_document"

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' is empty (0 bytes). Check the file and upload it again.")


class DocumentTooLargeError(DocumentError):
    """The file is larger than allowed."""

    code = "document_too_large"
    kind = ErrorKind.TOO_LARGE

    def __init__(self, name: str, *, limit_bytes: int) -> None:
        super().__init__(
            f"'{name}' is larger than the limit of {limit_bytes / 1_048_576:,.0f} MiB. Split it, or raise "
            "CITEWELL_INGESTION__MAX_UPLOAD_BYTES."
        )


class UnsupportedTypeError(DocumentError):
    """Files of this type cannot be read."""

    code = "unsupported_type"
    kind = ErrorKind.UNSUPPORTED_TYPE

    def __init__(self, name: str, advice: str = "") -> None:
        readable = "Documents, sheets, slides, pictures, mail, pages, texts, source code and ZIP archives can be read"
        advice = advice or f"{readable}: convert it to one of them, such as PDF."
        super().__init__(f"'{name}' is of a type that cannot be read. {advice}")


class StrayEntryError(DocumentError):
    """A file in an archive is a link, or its name leads out of the archive."""

    code = "stray_entry"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' would be unpacked outside of the archive's own folder, or is a link. Nothing of it was read. "
            "Pack the file itself, by a name without '..' and without a slash before it, and upload that."
        )


class NestedArchiveError(DocumentError):
    """An archive stands too deep in another one to be unpacked with it."""

    code = "nested_archive"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' is an archive in an archive in an archive, and only one level is unpacked. Unpack it, and "
            "upload what it holds."
        )


class TypeMismatchError(DocumentError):
    """The content of the file is not what its name says."""

    code = "type_mismatch"
    kind = ErrorKind.UNSUPPORTED_TYPE

    def __init__(self, name: str, *, expected: str, found: str) -> None:
        super().__init__(
            f"'{name}' should be {expected} by its name, but its content is {found}. Rename it, or send the right file."
        )


class EncryptedDocumentError(DocumentError):
    """The file needs a password."""

    code = "encrypted_document"

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' is protected by a password. Remove the protection and upload it again.")


class CorruptDocumentError(DocumentError):
    """The file cannot be read as the type that it is."""

    code = "corrupt_document"

    def __init__(self, name: str, reason: str) -> None:
        self.reason = reason
        super().__init__(f"'{name}' cannot be read: {reason}. Open it in its own program, save it anew, upload that.")


class NoTextError(DocumentError):
    """The file was read and holds no words."""

    code = "no_text"

    def __init__(self, name: str, reasons: Sequence[str] = (), *, after_recognition: bool = False) -> None:
        why = "; ".join(reasons) or "There is nothing to search in it"
        super().__init__(f"'{name}' holds no text{', not even after text recognition' * after_recognition}. {why}.")


class ParserLimitError(DocumentError):
    """Parsing exceeded a limit and was stopped."""

    code = "parser_limit"

    def __init__(self, name: str, limit: str, *, remedy: str = "Split it, or save it in a simpler form.") -> None:
        super().__init__(f"Reading '{name}' was stopped: {limit}. {remedy}")


class TooManyPassagesError(DocumentError):
    """The document has more passages than allowed; none of them was indexed."""

    code = "too_many_passages"

    def __init__(self, name: str, *, count: int, limit: int) -> None:
        super().__init__(
            f"'{name}' makes {count:,} passages, more than the limit of {limit:,}. Split it, or raise "
            "CITEWELL_INGESTION__MAX_PASSAGES."
        )


class ParserCrashError(DocumentError):
    """The process that reads the file ended, because of the file or from outside; trying again may help."""

    code = "parser_crash"

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(
            f"'{name}' ended the process that reads it: {cause}. Open it in its own program, save it anew, upload that."
        )


class IngestionFailedError(DocumentError):
    """The service failed more than once while it ingested the document."""

    code = "ingestion_failed"
    kind = ErrorKind.INTERNAL

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"'{name}' could not be taken in: {reason}. The file is not at fault; upload it again once that is mended."
        )


class QuarantinedDocumentError(DocumentError):
    """The document gives orders to a model, and the settings keep such documents out."""

    code = "document_quarantined"
    kind = ErrorKind.INVALID

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"'{name}' is quarantined, and in no search: it {reason}. If it is harmless, set "
            "CITEWELL_GUARD__DOCUMENTS=warn and upload it again."
        )


class GuardFailedError(CitewellError):
    """The guard failed, and nothing was let through."""

    code = "guard_failed"
    kind = ErrorKind.INTERNAL

    def __init__(self) -> None:
        super().__init__(
            "The guard that reads questions, passages and answers failed, and so nothing was let through. "
            "The service's log holds the details; please try again."
        )


class DependencyError(CitewellError):
    """Something that the service relies on failed."""

    code = "dependency_unavailable"
    kind = ErrorKind.UNAVAILABLE


class CatalogUnavailableError(DependencyError):
    """The catalogue's database does not answer, is locked for long, or is damaged."""

    code = "catalog_unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The catalogue is not available: {reason}. Check its database, then try again; "
            "'citewell restore' brings back a backup."
        )


FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The system's error numbers for a disk without room."""


class StorageFullError(DependencyError):
    """The storage has no room left."""

    code = "storage_full"
    kind = ErrorKind.STORAGE_FULL

    def __init__(self, reason: str) -> None:
        super().__init__(f"There is no room left in the storage: {reason}. Nothing was lost; make room and try again.")


class StoredFileMissingError(DependencyError):
    """The data folder has lost a file that the catalogue refers to."""

    code = "stored_file_missing"
    kind = ErrorKind.INTERNAL

    def __init__(self, file: str, *, name: str, number: int) -> None:
        super().__init__(
            f"The {file} of version {number} of '{name}' is missing in the data folder. 'citewell audit-index' shows "
            "what is missing, and with --repair mends what it can; else restore a backup, or upload the document again."
        )


class IndexUnavailableError(DependencyError):
    """The vector index does not answer or cannot be opened."""

    code = "index_unavailable"

    def __init__(self, index: str, reason: str) -> None:
        super().__init__(f"The index ({index}) is not available: {reason}. Check that it runs, then try again.")


class EncoderError(DependencyError):
    """The encoder failed on a text."""

    code = "encoder_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The encoder failed: {reason}. 'citewell doctor' shows its state.")


class RerankerError(DependencyError):
    """The cross-encoder failed."""

    code = "reranker_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The reranker failed: {reason}. 'citewell doctor' shows its state.")


class GeneratorError(DependencyError):
    """The model that writes answers cannot be reached, or failed while it wrote."""

    code = "generator_failed"
    kind = ErrorKind.UPSTREAM_FAILED

    def __init__(self, model: str, reason: str, *, refused: bool = False) -> None:
        """``refused``: its server works, and refused this one request."""
        reason = reason.rstrip(".")  # a client's own sentence may end with one, and sentences follow
        super().__init__(
            f"The model {model} failed: {reason}. Check its server, or set CITEWELL_GENERATION__BACKEND=extractive."
        )
        self.reason = reason
        self.refused = refused


class JudgeError(DependencyError):
    """The model that judges answers cannot be reached, or its reply cannot be read."""

    code = "judge_failed"
    kind = ErrorKind.UPSTREAM_FAILED

    def __init__(self, reason: str) -> None:
        super().__init__(f"The judge failed: {reason}. Check its server, or CITEWELL_JUDGE__URL.")
        self.reason = reason
