"""Response bodies of proofs: where cited words stand, and what a sentence of an answer rests on."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.answers import CitationBody, FactBody
from api.schemas.base import Response


class PagePlaceBody(Response):
    """Where the words stand on one page: boxes are left, bottom, right, top in points, from the lower left."""

    page: int
    width: float
    height: float
    boxes: list[tuple[float, float, float, float]] = Field(description="One for each line, or piece of a line.")


class CitedCellBody(Response):
    """A cell of a table in which cited words stand."""

    row: int = Field(description="Its row in its table, from 0, those of the header included.")
    start: int
    end: int
    text: str
    column: str = Field(description="The name of its column, empty where there is none.")


class ShownVersionBody(Response):
    """A version of a document, as a reader needs to know it to look at it."""

    document_id: str
    version_id: str
    version_number: int
    is_active: bool
    name: str
    title: str
    media_type: str
    opens_in_browser: bool = Field(description="Whether a browser shows the original safely, with `inline=true`.")


class PlaceBody(ShownVersionBody):
    """Where a span of the extracted text is to be seen."""

    start: int
    end: int
    page: int = Field(description="The page on which it begins; a part of a text without pages.")
    page_count: int = Field(description="How many pages, or parts, there are.")
    has_images: bool = Field(description="Whether the page is an image; else it is HTML.")
    cells: list[CitedCellBody] = Field(
        description="The cells below a header in which it stands, of documents without images; at most 500."
    )
    pages: list[PagePlaceBody] = Field(description="The pages on which it stands, where they are images.")


class ProofCitationBody(CitationBody):
    """A citation, with the version that it is of as it stands now."""

    version_number: int
    is_active: bool = Field(description="Whether this is still the active version of the document.")
    name: str
    title: str


class ProofBody(Response):
    """A sentence of an answer, and what it rests on."""

    request_id: str
    collection: str
    question: str
    asked_at: datetime
    sentence: int = Field(description="Its place in the answer, from 1.")
    sentence_count: int
    text: str
    supported: bool
    facts: list[FactBody] = Field(description="The numbers, dates and names that were looked up, in order.")
    citations: list[ProofCitationBody]
