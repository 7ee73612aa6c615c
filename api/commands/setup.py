"""``citewell prepare`` and ``citewell doctor``: before the first start, and when something is wrong."""

from __future__ import annotations

import typer

from api.commands.doctor import examine, print_findings
from api.commands.shared.options import Json, print_json
from rag.settings import load_settings


def prepare(*, as_json: Json = False) -> None:
    """Prepare the models once; 'serve' does it too where it was not done."""
    from rag.factory import build_encoder  # noqa: PLC0415 - models are not needed to print a help page

    settings = load_settings()
    encoder = build_encoder(settings.encoder, settings.models)
    if as_json:
        print_json({"encoder": encoder.name, "folder": str(settings.models.cache_folder)})
    else:
        typer.echo(f"The encoder {encoder.name} is ready in {settings.models.cache_folder}.")


def doctor(*, as_json: Json = False) -> None:
    """Show what is installed, which models and backends are in use, and what is degraded."""
    findings = examine(load_settings())
    print_findings(findings, as_json=as_json)
    if any(finding.broken for finding in findings):
        raise typer.Exit(1)
