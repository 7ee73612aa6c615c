"""``citewell tenants export``, ``import`` and ``erase``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.upkeep.tenant_data import erase_tenant, export_tenant, import_tenant
from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json, Yes
from rag.terminal.output import confirmed, note, print_json, say

Name = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's name.")]


def export(
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as acme.tar.gz.", dir_okay=False)],
    *,
    as_json: Json = False,
) -> None:
    """Write all that a tenant has into one file: originals, and tables as lines of JSON, without secrets."""
    settings = load_settings()
    partial = file.with_name(f"{file.name}.partial")
    if file.exists():
        raise ConfigurationError(f"{file} is there already. Name another file.")
    try:
        count = export_tenant(settings, name, partial)
        partial.replace(file)
    except OSError as error:
        raise ConfigurationError(f"The export cannot be written to {file}: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(file), "files": count, "bytes": file.stat().st_size})
    else:
        say(f"{file}: {count} files, {file.stat().st_size / 1_048_576:,.1f} MiB.")


def take_in(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)], *, as_json: Json = False
) -> None:
    """Take in the file of an export, into an installation that does not have the tenant.

    Users get new links, as passwords and keys are not in it. Events are not taken in: they are another chain's.
    """
    count = import_tenant(load_settings(), file)
    if as_json:
        print_json({"documents": count})
    else:
        say(
            f"{count} documents are here. A start of the service, or 'citewell audit-index --repair', reads them again."
        )


def erase(name: Name, *, yes: Yes = False, as_json: Json = False) -> None:
    """Remove a tenant with all that it has.

    The audit trail keeps its events without their texts.
    """
    question = f"Remove tenant '{name}' with its users, documents, conversations and evaluations? There is no way back."
    if not confirmed(question, yes=yes):
        note("Nothing was changed.")
        raise typer.Exit(ExitStatus.FAILED)
    count = erase_tenant(load_settings(), name)
    if as_json:
        print_json({"tenant": name, "documents": count})
    else:
        say(f"Tenant '{name}' is gone, with {count} documents. The worker now purges index and originals.")
