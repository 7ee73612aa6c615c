from dataclasses import replace

from rag.retrieval.qdrant.payload import to_chunk, to_payload
from rag.types import Scope
from tests.support.builders.chunks import chunk

PAGED = replace(chunk("Apples cost two euros.", page=7), page_starts=((4, 8), (9, None)))


def test_a_chunk_comes_back_as_it_was_stored() -> None:
    assert to_chunk(to_payload(Scope(tenant="acme", collection="manuals"), PAGED)) == PAGED


def test_a_point_of_before_there_were_page_starts_has_none() -> None:
    payload = to_payload(Scope(tenant="acme", collection="manuals"), PAGED)
    del payload["page_starts"]
    assert to_chunk(payload) == chunk("Apples cost two euros.", page=7)
