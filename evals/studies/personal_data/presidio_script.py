"""Finds personal data with Presidio: ``python presidio_script.py``, run by a Python that has presidio-analyzer.

Imports nothing of Citewell. It reads a list of texts from standard input, as JSON, and writes a list for each, of
``[entity, start, end]``. Presidio's recogniser of people and places is a spaCy model, which is downloaded: it is left
out, and a blank pipeline splits words for the others.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Answers once."""
    # Without this it would ask the network for a newer list of suffixes of domains than the one it has.
    tldextract = import_module("tldextract")
    vars(tldextract)["extract"] = tldextract.TLDExtract(suffix_list_urls=())
    analyzer = _analyzer()
    found = [
        [[each.entity_type, each.start, each.end] for each in analyzer.analyze(text=text, language="en")]
        for text in json.load(sys.stdin)
    ]
    json.dump(found, sys.stdout)


def _analyzer() -> Any:  # noqa: ANN401 - its types are not installed here
    engine = import_module("presidio_analyzer.nlp_engine").SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": "blank"}]
    )
    engine.nlp = {"en": import_module("spacy").blank("en")}
    return import_module("presidio_analyzer").AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


if __name__ == "__main__":
    main()
