"""``citewell audit``: reads, verifies and exports the audit trail, and erases from it.

It opens the catalogue itself, beside a service that may run: a verification need not trust the service.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.trail.export import TrailForm, json_lines
from ingest.opening import open_catalogue
from rag.catalog.trail.chain import EventOutcome, TrailRow
from rag.catalog.trail.trail import COMMAND, Trail, TrailFilter
from rag.errors import CatalogUnavailableError, ConfigurationError
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.lazy_group import plain_app
from rag.terminal.options import Json, Yes
from rag.terminal.output import confirmed, fail, note, print_json, print_table, say

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
EventName = Annotated[str, typer.Option("--event", help="The beginning of an event, such as document or login.")]
Actor = Annotated[str | None, typer.Option("--actor", help="The id of a user.")]
Target = Annotated[str, typer.Option("--target", help="An id, such as that of a document.")]
End = Annotated[EventOutcome | None, typer.Option("--outcome", help="The end of what was tried.")]
Since = Annotated[datetime | None, typer.Option("--since", formats=_FORMATS, help="The first moment, UTC.")]
Until = Annotated[datetime | None, typer.Option("--until", formats=_FORMATS, help="The moment after the last, UTC.")]

app = plain_app("Show who did what, verify it, export it, forget a person.")


@contextmanager
def _trail() -> Iterator[Trail]:
    settings = load_settings()
    with open_catalogue(settings) as database:
        yield Trail.of(database, settings)


@app.command()
def verify(*, as_json: Json = False) -> None:
    """Read the whole trail, and name what was edited, deleted or exchanged.

    The exit status is 1 where something is found.
    """
    with _trail() as trail:
        verified = trail.verify()
    if as_json:
        print_json({"holds": verified.holds, **asdict(verified)})
    elif verified.holds:
        say(
            f"The audit trail holds: {verified.rows} rows ({verified.first} to {verified.last}), {verified.anchors} "
            f"daily anchors, {verified.erased} texts erased."
        )
    else:
        fail(f"The audit trail of {verified.rows} rows does not hold.")
        rows = [(str(each.number), each.fault.value, each.detail) for each in verified.findings]
        print_table(("Row", "Fault", "Detail"), rows, whole=("Row", "Fault"))
    if not verified.sealed:
        note("It is not sealed: the secret beside the data folder cannot be used. Set CITEWELL_STORAGE__SECRET_KEY.")
    if not verified.holds:
        raise typer.Exit(ExitStatus.FAILED)


@app.command("list")
def list_events(
    event: EventName = "",
    actor: Actor = None,
    target: Target = "",
    outcome: End = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Most events.")] = 50,
    *,
    as_json: Json = False,
) -> None:
    """Show events, the newest first."""
    chosen = TrailFilter(actor_id=actor, event=event, outcome=outcome, target=target, since=since, until=until)
    with _trail() as trail:
        rows = trail.page(chosen, limit=limit)
    if as_json:
        sys.stdout.writelines(json_lines(iter(rows), TrailForm.JSONL))
        return
    print_table(("Row", "Time, UTC", "Who", "What", "End", "On what"), map(_cells, rows), whole=("Row", "Time, UTC"))


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="By default standard output.")] = None,
    form: Annotated[TrailForm, typer.Option("--format", help="Lines of JSON, as listed or in OCSF.")] = TrailForm.JSONL,
    event: EventName = "",
    actor: Actor = None,
    target: Target = "",
    since: Since = None,
    until: Until = None,
) -> None:
    """Write events as lines of JSON, the oldest first."""
    chosen = TrailFilter(actor_id=actor, event=event, target=target, since=since, until=until)
    with _trail() as trail:
        trail.append([trail.own_event("audit.exported", details={"form": form})])
        lines = json_lines(trail.all(chosen), form)
        if file is None:
            sys.stdout.writelines(lines)
            return
        try:
            with file.open("x", encoding="ascii") as written:
                written.writelines(lines)
        except OSError as error:
            raise ConfigurationError(f"The events cannot be written to {file}: {error.strerror}.") from error
    say(f"The events are in {file}.")


@app.command()
def erase(
    user: Annotated[str, typer.Argument(metavar="USER", help="The id of a user.")],
    *,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Erase names, addresses and questions from the events of a user; the chain still holds."""
    if not confirmed(f"Erase the names, addresses and questions in all events of user {user}?", yes=yes):
        note("Nothing was changed.")
        raise typer.Exit(ExitStatus.FAILED)
    settings = load_settings()
    with open_catalogue(settings) as database:
        trail = Trail.of(database, settings)
        count = trail.erase(user_id=user)
        trail.append([trail.own_event("audit.texts_erased", target=f"user:{user}")])
        try:
            database.erase_deleted()
        except CatalogUnavailableError:
            note("The catalogue is in use: its log loses the last bytes when the service next empties it.")
    if as_json:
        print_json({"erased": count})
    else:
        say(f"{count} events of user {user} have lost their text.")


@app.command()
def prune(
    days: Annotated[int, typer.Option(min=1, help="Days to keep.")],
    *,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove whole days that are older; the rest stays provable.

    The service does it by itself, after security.audit_days.
    """
    if not confirmed(f"Remove the events that are older than {days} days?", yes=yes):
        note("Nothing was changed.")
        raise typer.Exit(ExitStatus.FAILED)
    with _trail() as trail:
        count = trail.remove_old(days=days, via=COMMAND)
    if as_json:
        print_json({"removed": count})
    else:
        say(f"{count} events were removed.")


def _cells(row: TrailRow) -> tuple[str, ...]:
    who = row.text.get("actor") or row.actor_id or row.via
    return (str(row.number), f"{row.at:%Y-%m-%d %H:%M:%S}", who, row.event, row.outcome.value, row.target)
