"""Benchmarks of this machine: ``make bench``, or ``python -m evals.benchmarks [--only SECTION ...] [--out FILE]``.

Each section runs in its own process, so that memory and imports of one do not affect another.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evals.benchmarks.section import MODULES, ONLY_WHEN_NAMED, TABLES, SectionRequest
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Table


def main(arguments: list[str] | None = None) -> int:
    """Prints each table when it is measured; returns 1 if a section failed or missed its targets, else 0."""
    options = _parser().parse_args(arguments)
    sizes = Sizes.model_validate({name: value for name, value in vars(options).items() if name in Sizes.model_fields})
    machine = _machine()
    _say(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine.items()) + "\n")
    report: dict[str, object] = {"machine": machine, "sizes": sizes.model_dump(mode="json", exclude={"data"})}
    failed = []
    for name in options.only:
        started = time.perf_counter()
        tables = _in_own_process(name, sizes)
        if tables is None:
            failed.append(name)
            continue
        seconds = round(time.perf_counter() - started, 1)
        report[name] = {"seconds": seconds, "tables": [table.model_dump() for table in tables]}
        _say(f"== {name} ({seconds} s)\n" + "\n".join(table.to_text() for table in tables))
        if any(table.missed for table in tables):
            failed.append(name)
    if options.out:
        options.out.write_text(json.dumps(report | {"failed": failed}, indent=2) + "\n", encoding="utf-8")
    if failed:
        _say(f"These sections failed; the reason stands above: {', '.join(failed)}")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    default = Sizes()
    parser = argparse.ArgumentParser(prog="python -m evals.benchmarks", description=__doc__)
    usual = [name for name in MODULES if name not in ONLY_WHEN_NAMED]
    parser.add_argument("--only", nargs="+", choices=MODULES, default=usual, metavar="SECTION")
    parser.add_argument("--out", type=Path, help="write everything as JSON")
    parser.add_argument("--chunks", type=int, nargs="+", default=default.chunks, help="sizes of the index")
    parser.add_argument("--tenants", type=int, nargs="+", default=default.tenants, help="tenants that share them")
    parser.add_argument("--searches", type=int, default=default.searches, help="searches a phase")
    parser.add_argument("--optimize-seconds", type=float, default=default.optimize_seconds, help="stop optimising then")
    parser.add_argument("--texts", type=int, default=default.texts, help="texts to encode")
    parser.add_argument("--documents", type=int, help="documents to ingest; all if not given")
    parser.add_argument("--questions", type=int, help="questions to ask; all when not given")
    parser.add_argument("--repeats", type=int, default=default.repeats, help="starts of the service")
    parser.add_argument("--uploads", type=int, default=default.uploads, help="documents ingested under load")
    parser.add_argument("--listed", type=int, default=default.listed, help="documents to list and filter")
    parser.add_argument("--idle-seconds", type=float, default=default.idle_seconds, help="searches without load")
    parser.add_argument("--data", type=Path, default=default.data, help="where financebench/pdfs lies")
    return parser


def _machine() -> dict[str, str | int | float]:
    return {
        "processor": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_average_1_minute": round(os.getloadavg()[0], 2),
    }


def _in_own_process(name: str, sizes: Sizes) -> tuple[Table, ...] | None:
    """Returns the section's tables, or None if its process failed and printed the reason."""
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
        result = Path(folder) / "tables.json"
        request = SectionRequest(section=name, sizes=sizes, result=result).model_dump_json().encode()
        done = subprocess.run([sys.executable, "-m", "evals.benchmarks.section"], input=request, check=False)
        if done.returncode != 0:
            return None
        return TABLES.validate_json(result.read_bytes())


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
