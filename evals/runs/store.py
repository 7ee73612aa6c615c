"""Stores runs in a folder: ``<run id>/run.json`` and ``<run id>/questions.jsonl``."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from evals.runs.records import QuestionRecord, RunRecord
from rag.errors import ConfigurationError
from rag.settings import Settings

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


class RunStore:
    """A folder of runs. Records of questions are written one by one, so that a stopped run is not lost."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(cls, settings: Settings) -> RunStore:
        """Opens the runs in the settings' data folder."""
        return cls(settings.storage.folder / "evals")

    def save(self, run: RunRecord) -> None:
        """Writes or replaces the record of a run."""
        folder = self._of(run.run_id)
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / "run.json.draft"
        draft.write_text(run.model_dump_json(indent=2), encoding="utf-8")
        draft.replace(folder / "run.json")

    def add(self, run_id: str, record: QuestionRecord) -> None:
        with (self._of(run_id) / "questions.jsonl").open("a", encoding="utf-8") as file:
            file.write(record.model_dump_json(exclude_defaults=True) + "\n")

    def replace_questions(self, run_id: str, records: Iterable[QuestionRecord]) -> None:
        """Replaces the records of all questions."""
        path = self._of(run_id) / "questions.jsonl"
        draft = path.with_suffix(".draft")
        lines = (record.model_dump_json(exclude_defaults=True) for record in records)
        draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        draft.replace(path)

    def run(self, run_id: str) -> RunRecord:
        """Returns the run with this id, or the only one whose id starts with it.

        Raises:
            ConfigurationError: there is no such run, or its record cannot be read.
        """
        known = self._ids()
        found = [one for one in known if one == run_id] or [one for one in known if run_id and one.startswith(run_id)]
        if len(found) != 1:
            there = ", ".join(known[:5]) or "none"
            raise ConfigurationError(f"There is no run {run_id}. The newest are: {there}.")
        try:
            return RunRecord.model_validate_json((self._of(found[0]) / "run.json").read_text("utf-8"))
        except (OSError, ValidationError) as error:
            raise ConfigurationError(f"The run {found[0]} cannot be read: {error}") from error

    def questions(self, run_id: str) -> tuple[QuestionRecord, ...]:
        """Returns the records of the questions asked so far, without an incomplete last line.

        Raises:
            ConfigurationError: another line cannot be read.
        """
        path = self._of(run_id) / "questions.jsonl"
        text = path.read_text("utf-8") if path.is_file() else ""
        whole = text.split("\n")[:-1]  # splitlines would split inside texts
        try:
            return tuple(QuestionRecord.model_validate_json(line) for line in whole)
        except ValidationError as error:
            raise ConfigurationError(f"{path} cannot be read: {error}") from error

    def runs(
        self, tenant: str | None = None, *, before: str | None = None, limit: int | None = None
    ) -> tuple[RunRecord, ...]:
        """Returns runs, newest first; with ``tenant`` only its own, with ``before`` only those with a lower id."""
        known = (self.run(run_id) for run_id in self._ids() if before is None or run_id < before)
        return tuple(islice((run for run in known if tenant is None or run.tenant == tenant), limit))

    def delete(self, run_id: str) -> None:
        """Deletes a run with its questions; ``run_id`` is the whole id."""
        shutil.rmtree(self._of(run_id))

    def _ids(self) -> list[str]:
        folders = self._folder.iterdir() if self._folder.is_dir() else ()
        found = [folder.name for folder in folders if (folder / "run.json").is_file()]
        return sorted(found, reverse=True)

    def _of(self, run_id: str) -> Path:
        if not _RUN_ID.fullmatch(run_id):
            raise ConfigurationError(f"{os.fspath(run_id)!r} is no id of a run.")
        return self._folder / run_id
