"""``citewell ask`` and ``citewell search``: answers and passages in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.shared.client import JsonObject, connect
from api.commands.shared.options import Collection, Json, Url, print_json
from rag.settings import load_settings

_EXCERPT_CHARACTERS = 160
_NEAREST_SHOWN = 3


def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    collection: Collection = "default",
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Ask, and read the answer with its sources."""
    with connect(load_settings(), url) as client:
        body = {"question": question, "collection": collection}
        if as_json:
            print_json(client.request("POST", "/v1/ask", json=body))
        else:
            _print_answer(client.ask(body))


def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    collection: Collection = "default",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 8,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Show the passages found, with the rank each side gave them."""
    with connect(load_settings(), url) as client:
        body = {"query": query, "collection": collection, "limit": limit}
        found = client.request("POST", "/v1/search", json=body)
    if as_json:
        print_json(found)
    else:
        _print_hits(found)


def _print_answer(events: Iterator[tuple[str, JsonObject]]) -> None:
    """Prints each sentence as it is verified, with the numbers of its sources, and then the sources quoted."""
    console = Console()
    done: JsonObject = {}
    for event, data in events:
        if event == "sentence":
            numbers = "".join(f"[{number}]" for number in dict.fromkeys(c["number"] for c in data["citations"]))
            mark = f"[cyan]{escape(numbers)}[/]" if data["supported"] else "[yellow](no source supports this)[/]"
            console.print(f"{escape(data['text'])} {mark}", highlight=False)
        elif event == "done":
            done = data
    if done["abstention"]:
        console.print(f"[yellow]{done['abstention']['message']}[/]")
    cited = {c["number"] for sentence in done["sentences"] for c in sentence["citations"]}
    if done["abstention"]:
        shown = done["sources"][:_NEAREST_SHOWN]
    else:
        shown = [source for source in done["sources"] if source["number"] in cited]
    console.print()
    for source in shown:
        place = f", page {source['page']}" if source["page"] else ""
        section = f" > {escape(' > '.join(source['heading_path']))}" if source["heading_path"] else ""
        console.print(f"[cyan]\\[{source['number']}][/] {escape(source['name'])}{place}{section}", highlight=False)
    receipt = done["receipt"]
    checked = receipt["verification"]
    if checked["dropped"]:
        console.print(f"[yellow]Left out, because no passage supports them: {checked['dropped']} sentences.[/]")
    if checked["retried"]:
        console.print("[yellow]Written anew, because no passage supported a sentence of the first answer.[/]")
    kept = ", as answered before" if receipt["cached"] else ""
    console.print(f"[dim]{receipt['generator']}{kept}, {receipt['total_milliseconds']:.0f} ms[/]", highlight=False)


def _print_hits(found: JsonObject) -> None:
    """Prints the hits with their ranks on both sides."""
    table = Table("#", "Dense", "BM25", "Document", "Passage")
    for hit in found["hits"]:
        source = hit["source"]
        page = f", p. {source['page']}" if source["page"] else ""
        excerpt = " ".join(source["text"].split())[:_EXCERPT_CHARACTERS]
        table.add_row(
            str(hit["rank"]), _rank(hit["dense"]), _rank(hit["bm25"]), escape(source["name"]) + page, escape(excerpt)
        )
    Console().print(table)


def _rank(side: JsonObject | None) -> str:
    return f"{side['rank']} ({side['score']:.2f})" if side else "-"
