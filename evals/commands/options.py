"""Options of the commands that read datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option(envvar="CITEWELL_DATA", help="The folder of the public sets.")]
DATA = Path("../shared/data")
# A test compares it with evals.datasets.readers.catalogue, whose import would take most of the time of a help page.
DATASET_NAMES = (
    "sample, challenge, scifact, hotpotqa, nq, squad2, financebench, cmrc, xquad-en, xquad-zh, xquad-en-zh, "
    "squad2-articles"
)
