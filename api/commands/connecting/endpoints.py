"""``citewell models endpoints``: connects models that write answers, by the service's own API."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from api.commands.shared.client import Client, JsonObject, connect
from api.commands.shared.options import Url
from rag.errors import UnknownEndpointError
from rag.generation.endpoints.faults import entered_prices
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.lazy_group import plain_app
from rag.terminal.options import Json
from rag.terminal.output import fail, note, print_json, print_table, say

_PATH = "/v1/models/endpoints"
_STYLES = {"up": "green", "down": "bold red", "unused": "yellow"}
Address = Annotated[str, typer.Option("--address", help="Address of the server's OpenAI API, e.g. with /v1.")]
Model = Annotated[str, typer.Option("--model", help="The server's model; by default its first.")]
AskKey = Annotated[bool, typer.Option("--key", help="Ask for the server's key, or read it from standard input.")]

app = plain_app("Connect models that write answers. They are stored in the service, with their keys encrypted.")


@app.command("list")
def list_endpoints(url: Url = None, *, find: bool = False, as_json: Json = False) -> None:
    """List the endpoints and who writes answers; with --find also the model servers found on the service's machine."""
    with connect(load_settings(), url) as client:
        listed = client.request("GET", _PATH)
        found = client.request("POST", f"{_PATH}/find") if find else None
    if as_json:
        print_json(listed | (found or {}))
        return
    say(listed["writing"]["message"])
    rows = [
        (
            each["name"],
            each["model"] or "-",
            each["url"],
            each["source"],
            (each["state"], _STYLES.get(each["state"], "")),
            each["reason"],
        )
        for each in listed["endpoints"]
    ]
    if rows:
        print_table(("Name", "Model", "Address", "From", "State", "Why"), rows, whole=("Name",))
    if found is not None:
        _print_found(found)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name in receipts and messages.")],
    address: Address,
    model: Model = "",
    price: Annotated[str, typer.Option(help="Price of a million tokens, read and written, e.g. '2.5/10 EUR'.")] = "",
    url: Url = None,
    *,
    key: AskKey = False,
    unused: Annotated[bool, typer.Option("--unused", help="Store it, but let it write no answers yet.")] = False,
    as_json: Json = False,
) -> None:
    """Test an endpoint and store it; from the next question on it writes answers.

    One that fails its test is not stored. The key is asked for, or read from standard input: on the command line every
    process of the machine could read it.
    """
    entered = {"url": address, "model": model} | ({"api_key": _read_key()} if key else {})
    prices = entered_prices(price)
    with connect(load_settings(), url) as client:
        trial = client.request("POST", f"{_PATH}/test", json=entered)
        if trial["fault"]:
            _fail(trial, as_json=as_json)
        body = entered | {"name": name, "enabled": not unused, "model": trial["model"], **prices}
        added = client.request("POST", _PATH, json=body)
        listed = client.request("GET", _PATH)
    if as_json:
        print_json(added | {"trial": trial})
        return
    _print_trial(trial)
    if listed["locked"]:
        note(f"'{name}' is stored, but not used: the settings of the service name the model.")
    else:
        say(f"'{name}' is connected." if not unused else f"'{name}' is stored, and writes no answers yet.")


@app.command("test")
def try_one(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A connected model.")] = None,
    address: Annotated[str | None, typer.Option("--address", help="Or an address that is not stored.")] = None,
    model: Model = "",
    url: Url = None,
    *,
    key: AskKey = False,
    as_json: Json = False,
) -> None:
    """Test an endpoint: its first word, its speed, and a short answer whose sentences are checked.

    The exit status is 1 if something is wrong with it.
    """
    if (name is None) == (address is None):
        raise typer.BadParameter("Name a connected model, or give the --address of a server.")
    entered = {"url": address, "model": model} | ({"api_key": _read_key()} if key else {})
    with connect(load_settings(), url) as client:
        if name is None:
            trial = client.request("POST", f"{_PATH}/test", json=entered)
        else:
            trial = client.request("POST", f"{_PATH}/{_id_of(client, name)}/test")
    if trial["fault"]:
        _fail(trial, as_json=as_json)
    print_json(trial) if as_json else _print_trial(trial)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A connected model.")],
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Remove a connected model with its key."""
    with connect(load_settings(), url) as client:
        client.request("DELETE", f"{_PATH}/{_id_of(client, name)}")
    if as_json:
        print_json({"removed": name})
    else:
        say(f"'{name}' is removed, with its key.")


def _id_of(client: Client, name: str) -> str:
    endpoints = client.request("GET", _PATH)["endpoints"]
    found = next((each["id"] for each in endpoints if each["name"] == name and each["id"]), None)
    if found is None:
        raise UnknownEndpointError(name)
    return str(found)


def _read_key() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Key", hide_input=True))
    return sys.stdin.readline().strip()


def _fail(trial: JsonObject, *, as_json: bool) -> None:
    if as_json:
        print_json(trial)
    else:
        fail(trial["fault"]["message"])
        if trial["fault"]["details"]:
            note(trial["fault"]["details"])
    raise typer.Exit(ExitStatus.FAILED)


def _print_trial(trial: JsonObject) -> None:
    sample: dict[str, Any] = trial["sample"]
    speed = sample["tokens_per_second"]
    words = "all words at once" if speed is None else f"{speed:,.0f} tokens a second"
    say(f"{trial['model']} at {trial['url']}: first word after {sample['first_word_milliseconds']:,.0f} ms, {words}.")
    say(f"Asked: {sample['question']}")
    if sample["declined"]:
        say(("It says that the passages do not answer, although they do.", "yellow"))
    for sentence in sample["sentences"]:
        mark = ("supported", "green") if sentence["supported"] else ("NOT supported", "bold red")
        quotes = "; ".join(f"[{each['number']}] “{each['quote']}”" for each in sentence["citations"])
        say("  ", mark, f": {sentence['text'].strip()} {quotes}".rstrip())


def _print_found(found: JsonObject) -> None:
    for each in found["found"]:
        say(f"Found: {each['kind']} at {each['url']} with {', '.join(each['models'])}.")
    if not found["found"]:
        say(f"No model server was found on this machine at the ports {', '.join(map(str, found['ports']))}.")
