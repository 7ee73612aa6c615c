"""Detects the language of a question with py3langid."""

from __future__ import annotations

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_LEAST_PROBABILITY = 0.4
_MOST_CHARACTERS = 1_000
# One in ten short questions in Chinese is classified as Wu or Cantonese.
_WRITTEN_ALIKE = {"wuu": "zh", "yue": "zh"}


class LanguageDetector:
    """Distinguishes 100 languages in a fraction of a millisecond; loading takes a second or more."""

    def __init__(self) -> None:
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def detect(self, text: str) -> str | None:
        """Returns the ISO 639-1 code; None if unclear, as for a name, a number or two words."""
        language, probability = self._identifier.classify(text[:_MOST_CHARACTERS])
        return _WRITTEN_ALIKE.get(language, str(language)) if probability >= _LEAST_PROBABILITY else None
