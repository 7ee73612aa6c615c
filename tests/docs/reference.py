"""Writes the reference pages of ``docs/reference`` from the code: ``python -m tests.docs.reference``."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import typer
from prometheus_client import Metric
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector

from api.commands.main import app
from api.errors import STATUSES
from api.monitoring.metrics import Metrics
from api.monitoring.service_state import ServiceState
from rag.catalog.database.connection import Database
from rag.errors import CitewellError
from rag.settings import SettingDescription, setting_descriptions
from rag.terminal.exit_status import ExitStatus
from tests.docs.model_page import models_page
from tests.docs.pages import DOCS
from tests.docs.schema_pages import api_page, receipt_page
from tests.docs.tables import as_page, cell

_SETTINGS = """# Settings

A setting has a name in `citewell.toml`, such as `server.port`, and an environment variable: the prefix `CITEWELL_`,
then section and name with two underscores between them. [Configure](../guides/configure.md) says where they are read
from. A variable holds lists and tables as JSON. A name that is no setting stops the start, and the message says which
one may be meant.
"""
_ERRORS = """# Errors

An error is an [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem: `application/problem+json` with `type`,
`title`, `status`, `detail` and `code`. The code is stable. The detail says what happened and what to do next, and may
be reworded. `/v1/chat/completions` and `/v1/models` send the same code in the form that clients of OpenAI's API read.
A response with status 429, 503 or 507 has a `Retry-After` header.

A job that failed holds the `code` and `detail` of its document's error. The command line prints the detail to standard
error; with `--json` it prints code and detail to standard output.
"""
_METRICS = """# Metrics

`/metrics` serves these in Prometheus's text format. Labels come from fixed lists. `tenant` is empty unless
`CITEWELL_MONITORING__TENANT_LABEL=true`. The usual `process_*` metrics are there, too.
[Monitor](../guides/monitoring.md) shows how to use them.
"""
_CLI = """# Command line

Where a service runs on the data folder, the commands use it; otherwise they open the folder themselves.
`--url`, or the variable `CITEWELL_URL`, names another service. [The guide](../guides/cli.md) shows them in use.

At a terminal they print tables and colours, none where `NO_COLOR` is set; elsewhere a line for each record, with tabs
between the cells of a table. Notes, warnings and progress go to standard error.

## Exit status

| status | meaning |
|---|---|
"""
_STATUSES_OF_HTTP = """## Codes of the HTTP layer

| code | HTTP status | meaning |
|---|---|---|
| `invalid_request` | 422 Unprocessable Entity | A parameter or a field is missing, wrong or not known. |
| `not_found`, `method_not_allowed` | 404, 405 | There is no such address, or it has no such method. |
| `service_stopping` | 503 Service Unavailable | The service was told to stop before the answer came to its end. |
| `internal_error` | 500 Internal Server Error | A fault of the service; its log holds the details. |
"""


def settings_page() -> str:
    """Every setting with its name, variable, type, default and meaning, section by section."""
    lines = [_SETTINGS]
    # Entries of lists come last: they would divide the section that the list is in.
    settings = sorted(setting_descriptions(), key=lambda setting: "[]" in setting.path)
    for section, group in groupby(settings, key=_section):
        lines += [
            f"## {section}\n",
            "| setting | type and default | meaning |\n|---|---|---|",
            *map(_setting_row, group),
            "",
        ]
    return as_page(lines)


def _section(setting: SettingDescription) -> str:
    path, is_entry, _ = setting.path.partition("[].")
    section = path.partition(".")[0] if "." in path else "Top level"
    return f"Each entry of {path}" if is_entry else section


def _setting_row(setting: SettingDescription) -> str:
    path, is_entry, key = setting.path.partition("[].")
    names = f"`{key}`" if is_entry else f"`{path}`<br>`{setting.variable}`"
    default = "none" if setting.default is None else f"`{cell(setting.default)}`"
    return f"| {names} | {setting.type}; {default} | {cell(setting.description)} |"


def errors_page() -> str:
    """Every code of an error with its HTTP status and meaning."""
    lines = [
        _ERRORS,
    ]
    for family in _kinds_below(CitewellError):
        lines.append(f"## {_spaced(family.__name__)}\n")
        lines.append("| code | HTTP status | meaning |\n|---|---|---|")
        lines += [_error_row(kind) for kind in _family(family)]
        lines.append("")
    lines.append(_STATUSES_OF_HTTP)
    return as_page(lines)


def _family(kind: type[CitewellError]) -> Iterator[type[CitewellError]]:
    yield kind
    for each in _kinds_below(kind):
        yield from _family(each)


def _kinds_below(kind: type[CitewellError]) -> list[type[CitewellError]]:
    return [each for each in kind.__subclasses__() if each.__module__ == CitewellError.__module__]


def _error_row(kind: type[CitewellError]) -> str:
    status = STATUSES[kind.kind]
    return f"| `{kind.code}` | {status.value} {status.phrase} | {cell(kind.__doc__)} |"


def metrics_page() -> str:
    """Every metric with its type, labels and meaning."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(Path(folder) / "catalog.sqlite")
        rows = sorted({*_counted(Metrics(tenant_label=False)), *_looked_at(ServiceState(_empty_service(database)))})
        database.close()
    lines = [
        _METRICS,
        "| metric | type | labels | meaning |\n|---|---|---|---|",
        *rows,
    ]
    return as_page(lines)


def _empty_service(database: Database) -> Any:
    """Returns what a ``Service`` without documents shows to its metrics."""
    caches = {"questions": SimpleNamespace(hits=0, misses=0, entries=0)}
    return SimpleNamespace(
        storage=SimpleNamespace(database=database),
        usage_writer=SimpleNamespace(written=0, dropped=0),
        engine=SimpleNamespace(arms=SimpleNamespace(caches=caches)),
    )


def _counted(metrics: Metrics) -> Iterator[str]:
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            for family in value.describe():
                yield _metric_row(family, value._labelnames)  # noqa: SLF001 - the library shows them nowhere else
    yield "| `citewell_build_info` | info | version | What runs here. |"


def _looked_at(collector: Collector) -> Iterator[str]:
    for family in collector.collect():
        yield _metric_row(family, family.samples[0].labels)


def _metric_row(family: Metric, labels: Iterable[str]) -> str:
    name = f"{family.name}_total" if family.type == "counter" else family.name
    return f"| `{name}` | {family.type} | {', '.join(labels)} | {cell(family.documentation)} |"


def cli_page() -> str:
    """Every command with its arguments and options."""
    statuses = [f"| {status.value} | {status.meaning[0].upper()}{status.meaning[1:]}. |" for status in ExitStatus]
    root: Any = typer.main.get_command(app)
    lines = [_CLI.strip(), *statuses, "", *_command_lines(("citewell",), root)]
    for path, command in _commands(root, ("citewell",)):
        lines += _command_lines(path, command)
    return as_page(lines)


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    if command.invoke_without_command and len(path) > 1:
        yield path, command
    for name in inner:
        _, each, _ = command.resolve_command(typer.Context(command), [name])
        yield from _commands(each, (*path, name))


def _command_lines(path: tuple[str, ...], command: Any) -> list[str]:
    lines = [f"## {' '.join(path)}\n", f"{_prose(command.help)}\n"]
    rows = [_parameter_row(each) for each in command.params if each.name != "help"]
    return [*lines, "| argument or option | meaning |\n|---|---|", *rows, ""] if rows else lines


def _parameter_row(parameter: Any) -> str:
    is_option = parameter.param_type_name == "option"
    opts = [*parameter.opts, *parameter.secondary_opts] if is_option else [parameter.metavar or parameter.name.upper()]
    names = ", ".join(f"`{name}`" for name in opts)
    default = parameter.default
    is_shown = is_option and isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    value = default.value if isinstance(default, Enum) else default
    return f"| {names} | {cell(parameter.help)}{f' Default: `{value}`.' if is_shown else ''} |"


def _prose(text: str | None) -> str:
    return re.sub(r"\n[ \t]+", "\n", (text or "").strip().replace("``", "`"))


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Error")).capitalize() + " errors"


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "errors.md": errors_page,
    "metrics.md": metrics_page,
    "receipt.md": receipt_page,
    "api.md": api_page,
    "cli.md": cli_page,
    "models.md": models_page,
}


def main() -> None:
    """Writes all pages."""
    for name, write in PAGES.items():
        (DOCS / "reference" / name).write_text(write(), "utf-8")


if __name__ == "__main__":
    main()
