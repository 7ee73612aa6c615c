"""``citewell eval personal-data``: how much personal data is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evals.commands.options import DATA, Data
from rag.settings import load_settings
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.studies.personal_data.run import HalfReport

_SENTENCES = "presidio_research/sentences.json"
_NONE = "—"


def personal_data(
    data: Data = DATA,
    *,
    presidio: Annotated[
        bool, typer.Option("--presidio", help="Beside Presidio's recognisers, in an environment of their own.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure how much personal data is found.

    Recall and precision of each kind on labelled sentences: on the half that was looked at while the finders were
    made, and on the other, which shares no template with it.
    """
    from evals.datasets.readers.public_sets import public_file
    from evals.studies.personal_data.presidio import FOUND_BY_PRESIDIO, Presidio
    from evals.studies.personal_data.run import Citewell, evaluate
    from evals.studies.personal_data.sentences import read_sentences

    sentences = read_sentences(public_file(data, _SENTENCES))
    citewell = Citewell()
    reports = evaluate(sentences, citewell.name, citewell.find)
    if presidio:
        peer = Presidio(load_settings())
        reports += evaluate(sentences, peer.name, peer.find, FOUND_BY_PRESIDIO)
    if as_json:
        print_json({"reports": [each.to_json() for each in reports], "p95_milliseconds": citewell.p95_milliseconds})
        return
    _print(reports)
    say(f"95 of 100 sentences took Citewell less than {citewell.p95_milliseconds:.1f} ms of processor time.")


def _print(reports: Sequence[HalfReport]) -> None:
    rows = [
        (
            each.kind,
            report.half.value.replace("_", " "),
            report.finder,
            f"{each.labelled:,}",
            _shown(each.recall),
            _shown(each.whole / each.labelled if each.labelled else None),
            f"{each.findings:,}",
            _shown(each.precision),
        )
        for report in reports
        for each in report.scores
        if each.labelled or each.findings
    ]
    heads = ("Kind", "Half", "Finder", "Labelled", "Recall", "Whole", "Findings", "Precision")
    print_table(heads, sorted(rows), title="Personal data found", right=heads[3:])


def _shown(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"
