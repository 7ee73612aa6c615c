"""What can be wrong with a model server that a person enters, in words for that person. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import SecretStr

from rag.errors import WrongEndpointError

_METADATA_HOSTS = frozenset({"metadata.google.internal", "metadata"})
_MOST_NAMED = 12
_PRICE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?/ ?(\d{1,9}(?:\.\d{1,9})?)(?: ([A-Za-z]{3}))?")
_CALLS = ("/chat/completions", "/completions", "/models")


class FaultKind(StrEnum):
    """The kind of a fault."""

    WRONG_ADDRESS = "wrong_address"
    TIMEOUT = "timeout"
    WRONG_KEY = "wrong_key"
    UNKNOWN_MODEL = "unknown_model"
    NOT_OPENAI = "not_openai"
    ITSELF = "itself"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFault:
    """A fault. ``message`` says what is wrong and what to do; ``details`` are for the one who runs the server."""

    kind: FaultKind
    message: str
    details: str = ""


def checked_key(key: SecretStr | None) -> SecretStr | None:
    """Returns a key that a header can carry.

    Raises:
        WrongEndpointError: it has characters that none can.
    """
    text = key.get_secret_value() if key else ""
    if not text.isascii() or not text.isprintable():
        raise WrongEndpointError("api_key", "The key has characters that no key has. Copy it from its page once more.")
    return key


def checked_address(url: str) -> str:
    """Returns the address of a server's API as it is called: without a slash at its end, and with a path.

    Raises:
        WrongEndpointError: it is no address of a model server.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise WrongEndpointError(
            "url", "The address cannot be read. Enter one like http://127.0.0.1:11434/v1."
        ) from error
    if parts.scheme not in {"http", "https"} or not host or any(letter.isspace() for letter in parts.netloc):
        raise WrongEndpointError("url", "The address must begin with http:// or https://, and name a server.")
    if parts.username is not None or parts.password is not None:
        raise WrongEndpointError("url", "The address must hold no user and no password. Enter a key as the key.")
    if parts.query or parts.fragment:
        raise WrongEndpointError("url", "The address must have no '?' and no '#'. Most addresses end in /v1.")
    if _is_metadata(host):
        raise WrongEndpointError("url", "This is an address of the machine's own network, where no model server is.")
    path = parts.path.rstrip("/")
    for call in _CALLS:
        path = path.removesuffix(call)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}{path or '/v1'}"


def entered_prices(text: str) -> dict[str, float | str]:
    """Returns the prices of a text such as ``2.5/10 EUR``, by the names of their settings; none of an empty text.

    Raises:
        WrongEndpointError: it is no price.
    """
    if not text.strip():
        return {}
    found = _PRICE.fullmatch(text.strip())
    if found is None:
        raise WrongEndpointError("price", f"'{text}' is no price. Write it like '2.5/10 EUR': read, written, currency.")
    return {"prompt_price": float(found[1]), "completion_price": float(found[2]), "currency": found[3] or "USD"}


def _is_metadata(host: str) -> bool:
    """Returns whether a host is where clouds tell a machine its secrets."""
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return host.rstrip(".").lower() in _METADATA_HOSTS


def fault(
    kind: FaultKind, url: str, *, details: str = "", model: str = "", offered: Sequence[str] = (), has_key: bool = False
) -> EndpointFault:
    """Returns a fault of the server at ``url`` in words."""
    named = ", ".join(offered[:_MOST_NAMED]) + (", …" if len(offered) > _MOST_NAMED else "")
    messages = {
        FaultKind.WRONG_ADDRESS: f"Nothing answers at {url}. Check the address, and that the server is running.",
        FaultKind.TIMEOUT: f"The server at {url} did not answer in time. It may be starting: try again soon.",
        FaultKind.WRONG_KEY: (
            "The server does not accept this key. Check that it is whole and still valid."
            if has_key
            else "The server asks for a key. Enter the one that its provider gave you."
        ),
        FaultKind.UNKNOWN_MODEL: (
            f"The server has no model named '{model}'." + (f" It has: {named}." if named else " Check the name.")
            if model
            else "The server offers no model. Load one there first."
        ),
        FaultKind.NOT_OPENAI: (
            f"What answers at {url} does not speak OpenAI's interface. Check the address: most end in /v1."
        ),
        FaultKind.ITSELF: "This is the address of Citewell itself. Enter the address of a model server.",
        FaultKind.REFUSED: "The server refuses for now: a limit is reached, or the account has no credit.",
        FaultKind.FAILED: "The server is there, but failed to answer. Look into its own log.",
    }
    return EndpointFault(kind=kind, message=messages[kind], details=details)
