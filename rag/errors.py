"""Every error that Citewell raises on purpose.

CitewellError
├── ConfigurationError       settings or environment are wrong
│   ├── ModelError           a model file is missing, damaged or cannot be loaded
│   ├── ModelServerError     the model server cannot be set up or started
│   ├── FolderInUseError     another process owns the data folder
│   ├── UnusableFolderError  the data folder cannot be made, read or written
│   ├── FolderMismatchError  data folder and catalogue do not belong together
│   └── CatalogDamagedError  the catalogue's file is damaged
├── RequestError             what was asked for cannot be done
│   ├── UnknownCollectionError, UnknownDocumentError, UnknownVersionError, UnknownJobError, UnknownReceiptError
│   ├── UnknownAnswerError, FeedbackOffError
│   ├── ConflictError, IdempotencyMismatchError, QueueFullError, SourcesChangedError
│   ├── QuestionTooLongError, EmptyQuestionError, TooManyQuestionsError, TooManyFollowersError
│   ├── WrongPeriodError, WrongCursorError
│   ├── UnknownDatasetError, UnknownEvaluationError, WrongDatasetError
│   ├── UnknownChatModelError, UnsupportedParameterError, UnsupportedMessageError, ModelNotAllowedError
├── DocumentError            a document cannot be taken in
│   ├── EmptyDocumentError, DocumentTooLargeError, UnsupportedTypeError, TypeMismatchError
│   ├── EncryptedDocumentError, CorruptDocumentError, NoTextError, ParserLimitError, ParserCrashError,
│   ├── TooManyPassagesError, IngestionFailedError
└── DependencyError          something we rely on failed
    ├── CatalogUnavailableError, IndexUnavailableError, StorageFullError, StoredFileMissingError
    ├── EncoderError, RerankerError, GeneratorError, JudgeError

Each class has a stable ``code``; its message says what happened and what to do next.
HTTP statuses live in ``api/errors.py``.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from datetime import date
from typing import ClassVar


class CitewellError(Exception):
    """Base of all errors raised on purpose."""

    code: ClassVar[str] = "internal_error"


class ConfigurationError(CitewellError):
    """Settings or environment are wrong; the message says which and how to mend it."""

    code: ClassVar[str] = "configuration_error"


class ModelError(ConfigurationError):
    """A model cannot be loaded."""

    code: ClassVar[str] = "model_unavailable"

    def __init__(self, model: str, reason: str, *, remedy: str) -> None:
        super().__init__(f"The model {model} cannot be loaded: {reason}. {remedy}")
        self.model = model


class ModelServerError(ConfigurationError):
    """The model server cannot be set up or started."""

    code: ClassVar[str] = "model_server_failed"

    def __init__(self, reason: str, *, remedy: str) -> None:
        super().__init__(f"{reason}. {remedy}")


class FolderInUseError(ConfigurationError):
    """Another process owns the data folder."""

    code: ClassVar[str] = "folder_in_use"

    def __init__(self, folder: str, owner: str) -> None:
        super().__init__(
            f"The data folder {folder} is in use by {owner}. Stop that process, or point "
            "CITEWELL_STORAGE__FOLDER at another folder."
        )


class UnusableFolderError(ConfigurationError):
    """The data folder cannot be made, read or written."""

    code: ClassVar[str] = "folder_unusable"

    def __init__(self, folder: str, error: OSError) -> None:
        super().__init__(
            f"The data folder {folder} cannot be used: {error.strerror or error}. Make it a folder that this user may "
            "write, or point CITEWELL_STORAGE__FOLDER at another one."
        )


class FolderMismatchError(ConfigurationError):
    """Data folder and catalogue do not belong together: what one holds the other has never seen."""

    code: ClassVar[str] = "folder_mismatch"

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(
            f"The data folder {folder} and the catalogue do not belong together: {reason}. No document was touched. If "
            "the settings name the wrong one, correct CITEWELL_STORAGE__FOLDER or CITEWELL_STORAGE__CATALOG_URL. If "
            "the catalogue was lost, fill an empty folder with 'citewell restore BACKUP', or have 'citewell adopt' "
            "make the two belong together and build the catalogue from the originals."
        )


class CatalogDamagedError(ConfigurationError):
    """The catalogue's file is damaged, or is not a catalogue."""

    code: ClassVar[str] = "catalog_damaged"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"The catalogue {path} is damaged: {reason}. Nothing was changed. Fill an empty folder with 'citewell "
            "restore BACKUP', or have 'citewell adopt' put the damaged file aside and build a new catalogue from the "
            "originals in the folder."
        )


class RequestError(CitewellError):
    """What was asked for cannot be done."""

    code: ClassVar[str] = "bad_request"


class UnknownCollectionError(RequestError):
    """There is no such collection."""

    code: ClassVar[str] = "unknown_collection"

    def __init__(self, collection: str, known: Sequence[str]) -> None:
        there_are = f"There are: {', '.join(known)}" if known else "There are none yet"
        super().__init__(
            f"There is no collection '{collection}'. {there_are}. Uploading a document to a collection creates it."
        )


class UnknownDocumentError(RequestError):
    """There is no such document."""

    code: ClassVar[str] = "unknown_document"

    def __init__(self, document_id: str) -> None:
        super().__init__(f"There is no document '{document_id}'. GET /v1/documents lists those there are.")


class UnknownJobError(RequestError):
    """There is no such job."""

    code: ClassVar[str] = "unknown_job"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job '{job_id}'. The answer to an upload names its job.")


class UnknownVersionError(RequestError):
    """The document has no such version, or no longer."""

    code: ClassVar[str] = "unknown_version"

    def __init__(self, version_id: str) -> None:
        super().__init__(
            f"There is no version '{version_id}' of this document, or it is no longer kept. "
            "GET /v1/documents/{id}/versions lists those there are."
        )


class UnknownReceiptError(RequestError):
    """There is no such receipt."""

    code: ClassVar[str] = "unknown_receipt"

    def __init__(self, receipt_id: str) -> None:
        super().__init__(f"There is no receipt '{receipt_id}'. The answer to a delete names its receipt.")


class UnknownAnswerError(RequestError):
    """There is no such answer, or it is not remembered."""

    code: ClassVar[str] = "unknown_answer"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"No answer '{request_id}' is remembered: answers are for CITEWELL_FEEDBACK__KEEP_DAYS days, and until a "
            "document they were written from is deleted. The request_id of an answer's receipt names it."
        )


class FeedbackOffError(RequestError):
    """Answers are not remembered, so nothing can be said of them."""

    code: ClassVar[str] = "feedback_off"

    def __init__(self) -> None:
        super().__init__(
            "Feedback is off: this service remembers no answers. Set CITEWELL_FEEDBACK__KEEP_DAYS to the number of "
            "days that it may, and ask again."
        )


class ConflictError(RequestError):
    """What was asked for does not fit what there is now; the message says what is in the way."""

    code: ClassVar[str] = "conflict"


class IdempotencyMismatchError(RequestError):
    """The key was used for another request."""

    code: ClassVar[str] = "idempotency_mismatch"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The Idempotency-Key '{key}' was used for another file or name. Take a new one for this upload."
        )


class SourcesChangedError(RequestError):
    """A document that an answer rests on was replaced or deleted while the answer was written."""

    code: ClassVar[str] = "sources_changed"

    def __init__(self) -> None:
        super().__init__(
            "A document that this answer rests on was replaced or deleted while it was being written. Ask again."
        )


class QueueFullError(RequestError):
    """More documents wait than may."""

    code: ClassVar[str] = "queue_full"

    def __init__(self, *, waiting: int) -> None:
        super().__init__(f"{waiting:,} documents wait to be taken in, as many as may. Try again in a while.")


class TooManyQuestionsError(RequestError):
    """More questions are being answered and wait than may."""

    code: ClassVar[str] = "too_many_questions"

    def __init__(self, *, running: int, waiting: int) -> None:
        super().__init__(
            f"{running:,} questions are being answered and {waiting:,} wait, as many as may. Try again in a while."
        )


class TooManyFollowersError(RequestError):
    """More clients follow jobs than may."""

    code: ClassVar[str] = "too_many_followers"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most:,} clients follow jobs, as many as may. Ask for GET /v1/jobs/{{id}} now and then.")


class EmptyQuestionError(RequestError):
    """The question has no words."""

    code: ClassVar[str] = "empty_question"

    def __init__(self) -> None:
        super().__init__("The question is empty. Send at least one word.")


class WrongPeriodError(RequestError):
    """A period ends before it begins."""

    code: ClassVar[str] = "wrong_period"

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"The period ends on {last}, before it begins on {first}. Swap 'from' and 'to'.")


class WrongCursorError(RequestError):
    """A cursor does not belong to the list that it was sent to."""

    code: ClassVar[str] = "wrong_cursor"
    parameter = "cursor"

    def __init__(self) -> None:
        super().__init__(
            "The cursor was not made for this list. Send 'next_cursor' as it came, with the same parameters beside it."
        )


class QuestionTooLongError(RequestError):
    """The question is longer than allowed."""

    code: ClassVar[str] = "question_too_long"

    def __init__(self, *, characters: int, limit: int) -> None:
        super().__init__(
            f"The question has {characters:,} characters; the limit is {limit:,}. Ask for one thing at a time, "
            "or upload the long text as a document and ask about it."
        )


class UnknownDatasetError(RequestError):
    """There is no such dataset."""

    code: ClassVar[str] = "unknown_dataset"

    def __init__(self, dataset: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no dataset '{dataset}'. There are: {', '.join(known)}. /evals/drafts makes others.")


class UnknownEvaluationError(RequestError):
    """There is no such run of an evaluation."""

    code: ClassVar[str] = "unknown_evaluation"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no evaluation '{run_id}'. GET /v1/evals lists those there are.")


class WrongDatasetError(RequestError):
    """The questions cannot be asked; the message says which, and what is wrong with them."""

    code: ClassVar[str] = "wrong_dataset"


class UnknownChatModelError(RequestError):
    """No model of the OpenAI-compatible API has this name."""

    code: ClassVar[str] = "model_not_found"
    parameter: ClassVar[str] = "model"

    def __init__(self, model: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no model '{model}'. A collection of documents is a model: {', '.join(known)}. "
            "Uploading a document to a collection creates it."
        )


class UnsupportedParameterError(RequestError):
    """A parameter of the OpenAI-compatible API asks for what an answer cannot be."""

    code: ClassVar[str] = "unsupported_parameter"

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"'{parameter}' is not supported: {reason}")
        self.parameter = parameter


class UnsupportedMessageError(RequestError):
    """The messages of the OpenAI-compatible API hold no question that can be answered."""

    code: ClassVar[str] = "unsupported_message"
    parameter: ClassVar[str] = "messages"


class ModelNotAllowedError(RequestError):
    """A caller names a model that the settings do not; whether there is one of that name is not told."""

    code: ClassVar[str] = "model_not_allowed"
    parameter: ClassVar[str] = "encoder_model"

    def __init__(self, model: str) -> None:
        super().__init__(
            f"The settings do not allow the encoder '{model}'. Add it to CITEWELL_ENCODER__ALLOWED_MODELS (a list) "
            "and start the service anew, or stop the service and run 'citewell reindex'."
        )


class DocumentError(CitewellError):
    """A document cannot be taken in."""

    code: ClassVar[str] = "document_error"


class EmptyDocumentError(DocumentError):
    """The file has no bytes."""

    code: ClassVar[str] = "empty_document"

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' is empty (0 bytes). Check the file and upload it again.")


class DocumentTooLargeError(DocumentError):
    """The file is larger than allowed."""

    code: ClassVar[str] = "document_too_large"

    def __init__(self, name: str, *, limit_bytes: int) -> None:
        super().__init__(
            f"'{name}' is larger than the limit of {limit_bytes / 1_048_576:,.0f} MiB. Split it, or raise "
            "CITEWELL_INGESTION__MAX_UPLOAD_BYTES."
        )


class UnsupportedTypeError(DocumentError):
    """We have no parser for this kind of file."""

    code: ClassVar[str] = "unsupported_type"

    def __init__(self, name: str, supported: Sequence[str]) -> None:
        super().__init__(
            f"'{name}' is of a type that cannot be read. Supported: {', '.join(supported)}. Convert it first."
        )


class TypeMismatchError(DocumentError):
    """The content is not what the name says."""

    code: ClassVar[str] = "type_mismatch"

    def __init__(self, name: str, *, expected: str, found: str) -> None:
        super().__init__(
            f"'{name}' should be {expected} by its name, but its content is {found}. Rename it, or send the right file."
        )


class EncryptedDocumentError(DocumentError):
    """The file needs a password."""

    code: ClassVar[str] = "encrypted_document"

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' is protected by a password. Remove the protection and upload it again.")


class CorruptDocumentError(DocumentError):
    """The file cannot be read as what it is."""

    code: ClassVar[str] = "corrupt_document"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"'{name}' cannot be read: {reason}. Open it in its own program, save it anew, upload that.")


class NoTextError(DocumentError):
    """The file was read, and there are no words in it."""

    code: ClassVar[str] = "no_text"

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' holds no text, not even after text recognition. There is nothing to search in it.")


class ParserLimitError(DocumentError):
    """Parsing went over a limit and was stopped."""

    code: ClassVar[str] = "parser_limit"

    def __init__(self, name: str, limit: str, *, remedy: str = "Split it, or save it in a simpler form.") -> None:
        super().__init__(f"Reading '{name}' was stopped: {limit}. {remedy}")


class TooManyPassagesError(DocumentError):
    """The document makes more passages than allowed; none of them was indexed."""

    code: ClassVar[str] = "too_many_passages"

    def __init__(self, name: str, *, count: int, limit: int) -> None:
        super().__init__(
            f"'{name}' makes {count:,} passages, more than the limit of {limit:,}. Split it, or raise "
            "CITEWELL_INGESTION__MAX_PASSAGES."
        )


class ParserCrashError(DocumentError):
    """The file ended the process that reads it, or that process was ended from outside: worth another try."""

    code: ClassVar[str] = "parser_crash"

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(
            f"'{name}' ended the process that reads it: {cause}. Open it in its own program, save it anew, upload that."
        )


class IngestionFailedError(DocumentError):
    """Something on our side failed while the document was taken in, more than once."""

    code: ClassVar[str] = "ingestion_failed"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"'{name}' could not be taken in: {reason}. The file is not at fault; upload it again once that is mended."
        )


class DependencyError(CitewellError):
    """Something we rely on failed."""

    code: ClassVar[str] = "dependency_unavailable"


class CatalogUnavailableError(DependencyError):
    """The catalogue's database does not answer, is locked for long, or is damaged."""

    code: ClassVar[str] = "catalog_unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The catalogue is not available: {reason}. Check its database, then try again; "
            "'citewell restore' brings back a backup."
        )


FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system calls a disk without room."""


class StorageFullError(DependencyError):
    """There is no room left to write."""

    code: ClassVar[str] = "storage_full"

    def __init__(self, reason: str) -> None:
        super().__init__(f"There is no room left in the storage: {reason}. Nothing was lost; make room and try again.")


class StoredFileMissingError(DependencyError):
    """The data folder has lost a file that the catalogue counts on."""

    code: ClassVar[str] = "stored_file_missing"

    def __init__(self, file: str, *, name: str, number: int) -> None:
        super().__init__(
            f"The {file} of version {number} of '{name}' is missing in the data folder. 'citewell audit-index' shows "
            "what is missing, and with --repair mends what it can; else restore a backup, or upload the document again."
        )


class IndexUnavailableError(DependencyError):
    """The vector index does not answer or cannot be opened."""

    code: ClassVar[str] = "index_unavailable"

    def __init__(self, index: str, reason: str) -> None:
        super().__init__(f"The index ({index}) is not available: {reason}. Check that it runs, then try again.")


class EncoderError(DependencyError):
    """The encoder failed on a text."""

    code: ClassVar[str] = "encoder_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The encoder failed: {reason}. 'citewell doctor' shows its state.")


class RerankerError(DependencyError):
    """The cross-encoder failed."""

    code: ClassVar[str] = "reranker_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The reranker failed: {reason}. 'citewell doctor' shows its state.")


class GeneratorError(DependencyError):
    """The model that writes answers cannot be reached or failed while writing."""

    code: ClassVar[str] = "generator_failed"

    def __init__(self, model: str, reason: str, *, refused: bool = False) -> None:
        """``refused``: its server works, and would not take this one request."""
        super().__init__(
            f"The model {model} failed: {reason}. Check its server, or set CITEWELL_GENERATION__BACKEND=extractive."
        )
        self.reason = reason
        self.refused = refused


class JudgeError(DependencyError):
    """The model that judges answers cannot be reached, or its reply is of no use."""

    code: ClassVar[str] = "judge_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The judge failed: {reason}. Check its server, or CITEWELL_JUDGE__URL.")
        self.reason = reason
