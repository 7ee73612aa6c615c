"""``citewell ask`` and ``citewell search``: answers and passages in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from api.commands.shared.client import JsonObject, connect
from api.commands.shared.options import Collection, Filter, Tag, Url, filter_of
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json
from rag.terminal.output import note, print_json, print_table, say, warn

_EXCERPT_CHARACTERS = 160
_NEAREST_SHOWN = 3
_SILENT_STAGES = {"rerank"}  # it changes only the order of passages


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="The question.")],
    collection: Collection = "default",
    url: Url = None,
    *,
    chosen: Filter = "",
    tags: Tag = [],  # noqa: B006 - typer's way to say that none is needed
    as_json: Json = False,
) -> None:
    """Ask, and read the answer with its sources.

    The exit status is 0 for an answer, 3 where the documents hold none, 1 after an error.
    """
    with connect(load_settings(), url, reads_only=True) as client:
        body = {"question": question, "collection": collection, "filter": filter_of(chosen, tags)}
        if as_json:
            answer = client.request("POST", "/v1/ask", json=body)
            print_json(answer)
        else:
            answer = _print_sentences(client.ask(body))
            _print_tables(answer)
            _print_sources(answer)
    if answer["abstention"]:
        raise typer.Exit(ExitStatus.NO_ANSWER)


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The words to look for.")],
    collection: Collection = "default",
    limit: Annotated[int, typer.Option(min=1, max=100, help="The most passages to show.")] = 8,
    url: Url = None,
    *,
    chosen: Filter = "",
    tags: Tag = [],  # noqa: B006 - typer's way to say that none is needed
    as_json: Json = False,
) -> None:
    """Show the passages found, with their ranks.

    Each passage has a rank and a score of dense search and of BM25, or "-" where that search did not find it.
    """
    with connect(load_settings(), url, reads_only=True) as client:
        narrowed = filter_of(chosen, tags)
        body = {"query": query, "collection": collection, "limit": limit, "filter": narrowed}
        found = client.request("POST", "/v1/search", json=body)
    if as_json:
        print_json(found)
    else:
        _print_hits(found["hits"])


def _print_sentences(events: Iterator[tuple[str, JsonObject]]) -> JsonObject:
    """Prints each sentence as it is verified, with the numbers of its sources; returns the whole answer.

    Headings and the like, which are no sentences, come before the sentence that they stand above.
    """
    answer: JsonObject = {}
    written = ""
    for event, data in events:
        if event == "token":
            written += data["text"]
        elif event == "sentence":
            above, _, written = written.partition(data["text"])
            if above.strip():
                say(above.strip())
            numbers = "".join(f"[{number}]" for number in dict.fromkeys(c["number"] for c in data["citations"]))
            mark = (numbers, "cyan") if data["supported"] else ("(no source supports this)", "yellow")
            say(data["text"], " ", mark)
        elif event == "done":
            answer = data
    return answer


def _print_tables(answer: JsonObject) -> None:
    """Prints the rows that the answer rests on, and the query that computed it."""
    for table in answer["tables"]:
        say()
        rows = [[cell["text"] for cell in row] for row in table["rows"]]
        print_table(table["header"], rows, title=table["title"])
        if table["query"]:
            note((table["query"], "dim"))


def _print_sources(answer: JsonObject) -> None:
    """Prints the sources that are cited, or the nearest without an answer, and what the receipt says."""
    citations = [citation for sentence in answer["sentences"] for citation in sentence["citations"]]
    if answer["abstention"]:
        say((answer["abstention"]["message"], "yellow"))
        shown = [(source, [source["page"]]) for source in answer["sources"][:_NEAREST_SHOWN]]
    else:
        cited = [
            (source, [c["page"] for c in citations if c["number"] == source["number"]]) for source in answer["sources"]
        ]
        shown = [(source, pages) for source, pages in cited if pages]
    say()
    for source, pages in shown:
        number, place = f"[{source['number']}]", _place(source["name"], pages)
        say((number, "cyan"), f" {place}", *(f" > {each}" for each in source["heading_path"]))
    receipt = answer["receipt"]
    for degraded in receipt["degraded"]:
        if degraded["stage"] not in _SILENT_STAGES:
            warn(degraded["reason"])
    checked = receipt["verification"]
    if checked["dropped"]:
        warn(f"Left out, because no passage supports them: {checked['dropped']} sentences.")
    if checked["retried"]:
        warn("Written a second time, because no passage supported a sentence of the first answer.")
    kept = ", as answered before" if receipt["cached"] else ""
    note((f"{receipt['generator']}{kept}, {receipt['total_milliseconds']:.0f} ms", "dim"))


def _print_hits(hits: Sequence[JsonObject]) -> None:
    """Prints the hits with their ranks in both searches."""
    rows = [
        (
            str(hit["rank"]),
            _rank(hit["dense"]),
            _rank(hit["bm25"]),
            _place(hit["source"]["name"], [hit["source"]["page"]]),
            _excerpt(hit["source"]["text"]),
        )
        for hit in hits
    ]
    print_table(("#", "Dense", "BM25", "Document", "Passage"), rows, whole=("#", "Dense", "BM25"))


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT_CHARACTERS else f"{line[: _EXCERPT_CHARACTERS - 1].rstrip()}…"


def _place(name: str, pages: Sequence[int | None]) -> str:
    shown = sorted({page for page in pages if page})
    if not shown:
        return name
    return f"{name}, {'page' if len(shown) == 1 else 'pages'} {', '.join(map(str, shown))}"


def _rank(side: JsonObject | None) -> str:
    return f"{side['rank']} ({side['score']:.2f})" if side else "-"
