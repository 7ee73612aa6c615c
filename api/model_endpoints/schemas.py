"""Bodies of the endpoints of models. No answer holds a key."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, SecretStr, StrictBool, StringConstraints

from api.schemas.base import Request, Response, WholeNumber

_KEY = Field(default=None, description="Key that the server asks for. It is stored encrypted, and never returned.")
_MODEL = Field(description="Model that the server is asked for; empty for the first one that it has.")
_URL = Field(description="Address of the server's OpenAI API.", examples=["http://127.0.0.1:11434/v1"])
_PROMPT_PRICE = Field(default=None, ge=0, description="Price of a million tokens of prompts.")
_COMPLETION_PRICE = Field(default=None, ge=0, description="Price of a million tokens that the model writes.")
_ENABLED = Field(description="Whether it writes answers. One that does not can still be tested and tried.")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Currency = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8)]


Key = Annotated[SecretStr, Field(min_length=1, max_length=4_096)]


class Source(StrEnum):
    """Where an endpoint is named: in the settings, by a person, or nowhere (the usual place on this machine)."""

    SETTINGS = "settings"
    CONNECTED = "connected"
    USUAL_PLACE = "usual place"


class EndpointBody(Response):
    """A model's endpoint. ``id`` is None for those of the settings, which cannot be changed here.

    ``state``: ``up``, ``down``, ``unknown`` before the first look, or ``unused``; ``reason`` says why it is not used.
    """

    id: str | None
    name: str
    url: str
    model: str
    source: Source
    has_key: bool
    prompt_price: float | None
    completion_price: float | None
    currency: str
    enabled: bool
    state: str
    reason: str


class Why(StrEnum):
    """Why answers are written as they are: a model is up or down, none is connected, or the settings say so."""

    UP = "up"
    DOWN = "down"
    NONE = "none"
    SETTINGS = "settings"


class Writing(Response):
    """Who writes answers now. Without a ``model`` they quote the documents; ``why`` and ``message`` say why."""

    model: str | None
    endpoint: str | None
    why: Why
    message: str


class EndpointList(Response):
    """The endpoints, and who writes answers now.

    ``locked``: the settings name the model, and so nothing is used that is connected here.
    """

    writing: Writing
    locked: bool
    endpoints: list[EndpointBody]


class EndpointRequest(Request):
    """An endpoint to be tested without storing it."""

    url: str = _URL
    api_key: Key | None = _KEY
    model: str = Field(default="", max_length=256, description=_MODEL.description)


class NewEndpoint(EndpointRequest):
    """An endpoint to be stored."""

    name: Name = Field(description="Name in receipts and messages. Every endpoint needs its own.", examples=["local"])
    prompt_price: float | None = _PROMPT_PRICE
    completion_price: float | None = _COMPLETION_PRICE
    currency: Currency = Field(default="USD", description="Currency of the prices.")
    enabled: StrictBool = Field(default=True, description=_ENABLED.description)


class EndpointChange(Request):
    """What is to change; the rest stays. With another address the key must be sent again."""

    name: Name | None = None
    url: str | None = Field(default=None, description=_URL.description)
    api_key: Key | None = _KEY
    forget_key: StrictBool = Field(default=False, description="Remove the stored key.")
    model: str | None = Field(default=None, max_length=256, description=_MODEL.description)
    prompt_price: float | None = _PROMPT_PRICE
    completion_price: float | None = _COMPLETION_PRICE
    currency: Currency | None = Field(default=None, description="Currency of the prices.")
    enabled: StrictBool | None = Field(default=None, description=_ENABLED.description)


class FaultBody(Response):
    """What is wrong. ``message`` is for the person who entered it, ``details`` for the one who runs the server."""

    kind: str
    message: str
    details: str


class SampleCitation(Response):
    """The words of a passage that support a sentence."""

    number: int
    quote: str


class SampleSentence(Response):
    """A sentence of the sample answer, checked like any other."""

    text: str
    supported: bool
    citations: list[SampleCitation]


class SampleBody(Response):
    """A short answer about two passages. ``tokens_per_second`` is None where all words came at once."""

    question: str
    sentences: list[SampleSentence]
    declined: bool
    first_word_milliseconds: float
    tokens_per_second: float | None
    tokens: int


class TrialBody(Response):
    """The result of a test: a ``fault``, or else a ``sample``. ``offered`` are the models of the server."""

    url: str
    model: str
    offered: list[str]
    fault: FaultBody | None
    sample: SampleBody | None


class FoundBody(Response):
    """A model server on the machine of the service."""

    url: str
    kind: str
    models: list[str]


class FoundList(Response):
    """Model servers found; ``ports`` are those that were asked."""

    found: list[FoundBody]
    ports: list[int]


class TryRequest(Request):
    """How many of the questions of the set that comes with Citewell a model is asked in a trial."""

    questions: WholeNumber = Field(default=20, ge=1, le=60)
