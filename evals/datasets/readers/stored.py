"""Datasets of a service: files of questions in its data folder, asked of its collections."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from evals.datasets.dataset import Dataset
from evals.datasets.questions import EvalQuestion, read_questions, write_questions
from evals.datasets.readers.catalogue import SAMPLES, read_dataset
from rag.errors import ConflictError, UnknownDatasetError, WrongDatasetError
from rag.settings import Settings

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DEFAULT_TENANT = "default"


class About(BaseModel):
    """The user who stored a dataset, and the collection that it is about, if that was said."""

    stored_by: str = ""
    collection: str | None = None


class StoredDatasets:
    """A tenant's own datasets, and those included in Citewell."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(cls, settings: Settings, tenant: str) -> StoredDatasets:
        """Returns the tenant's datasets beside the service's runs; questions quote documents, so each has its own."""
        folder = settings.storage.folder / "evals" / "datasets"
        own = tenant == _DEFAULT_TENANT
        return cls(folder if own else folder / f"tenant-{quote(tenant, safe='')}")

    def names(self) -> tuple[str, ...]:
        """Returns the names, those included in Citewell first."""
        stored = self._folder.glob("*.jsonl") if self._folder.is_dir() else ()
        return (*SAMPLES, *sorted(path.stem for path in stored))

    def dataset(self, name: str) -> Dataset:
        """Returns the questions, without documents, which are in a collection.

        Raises:
            UnknownDatasetError: there is no dataset of this name.
            ConfigurationError: its file cannot be read.
        """
        if name not in self.names():
            raise UnknownDatasetError(name, self.names())
        if name in SAMPLES:
            return Dataset(name=name, questions=read_dataset(name, Path()).questions)
        return Dataset(name=name, questions=read_questions(self._path(name)))

    def about(self, name: str) -> About:
        """Returns what is noted of a stored dataset; nothing of those from before there were users."""
        try:
            return About.model_validate_json(self._note(name).read_text("utf-8"))
        except (OSError, ValidationError):
            return About()

    def store(
        self, name: str, questions: tuple[EvalQuestion, ...], *, replace: bool, about: About | None = None
    ) -> None:
        """Stores questions under a name.

        Raises:
            WrongDatasetError: the name is not allowed, or there are no questions.
            ConflictError: there is a dataset of this name, and ``replace`` is False.
        """
        if not _NAME.fullmatch(name):
            raise WrongDatasetError(
                f"'{name}' is no name for a dataset. Begin with a small letter or a digit, and go on with those, dots, "
                "dashes and underscores, 64 characters at most."
            )
        if not questions:
            raise WrongDatasetError("The dataset would be empty. Send at least one question.")
        if name in SAMPLES:
            raise ConflictError(f"'{name}' comes with Citewell. Choose another name.")
        if name in self.names() and not replace:
            raise ConflictError(f"There is a dataset '{name}' already. Choose another name, or replace it.")
        self._folder.mkdir(parents=True, exist_ok=True)
        # The note first: without it only owners may read the questions.
        self._note(name).write_text((about or About()).model_dump_json(), "utf-8")
        draft = self._path(name).with_suffix(".draft")
        write_questions(draft, questions)
        draft.replace(self._path(name))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.jsonl"

    def _note(self, name: str) -> Path:
        return self._folder / f"{name}.about.json"
