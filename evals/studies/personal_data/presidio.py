"""Finds personal data with Presidio's own recognisers, in an environment of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rag.errors import ConfigurationError, ModelServerError
from rag.guard.personal.finding import Finding
from rag.model_server.environment import Environment
from rag.settings import PersonalKind, Settings
from rag.types import Span

_SCRIPT = Path(__file__).parent / "presidio_script.py"
_PINS = Path(__file__).parent / "presidio_constraints.txt"
_PACKAGE = "presidio-analyzer==2.2.366"
_KINDS = {
    "EMAIL_ADDRESS": PersonalKind.EMAIL,
    "PHONE_NUMBER": PersonalKind.PHONE,
    "IBAN_CODE": PersonalKind.IBAN,
    "CREDIT_CARD": PersonalKind.CARD,
    "US_SSN": PersonalKind.US_SSN,
    "US_DRIVER_LICENSE": PersonalKind.DRIVING_LICENCE,
    "IP_ADDRESS": PersonalKind.IP_ADDRESS,
}
FOUND_BY_PRESIDIO = tuple(_KINDS.values())
"""The kinds that it finds without a model, of those that are measured."""
_Found = TypeAdapter(list[list[tuple[str, int, int]]])


class Presidio:
    """Presidio without its spaCy model, which is downloaded from a hub; installed the first time.

    Raises:
        ConfigurationError: pip failed.
    """

    name = "presidio"

    def __init__(self, settings: Settings) -> None:
        folder = settings.models.cache_folder / "peers" / self.name
        self._environment = Environment(folder=folder, steps=(("install", _PACKAGE),), constraints=_PINS)
        try:
            self._environment.install()
        except ModelServerError as error:
            raise ConfigurationError("Presidio could not be installed. pip's own words stand above.") from error

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Returns what it finds in each text.

        Raises:
            ConfigurationError: it failed.
        """
        command = (str(self._environment.python), "-P", str(_SCRIPT))
        done = subprocess.run(command, input=json.dumps(list(texts)).encode(), capture_output=True, check=False)  # noqa: S603 - our own
        try:
            found = _Found.validate_json(done.stdout)
        except ValidationError as error:
            raise ConfigurationError(f"Presidio failed: {done.stderr.decode(errors='replace')[-500:]}") from error
        return [
            [
                Finding(kind=_KINDS[entity], span=Span(start=start, end=end))
                for entity, start, end in each
                if entity in _KINDS
            ]
            for each in found
        ]
