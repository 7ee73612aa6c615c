"""A filter means the same files before they are uploaded as documents in the catalogue."""

from __future__ import annotations

from datetime import date

import pytest

from api.schemas.filters import Filter
from rag.fields.matching import matches, unknown_of_files
from rag.fields.values import Description, fields_of

SAID = Description(
    tags=("HR", "Signed"), fields=fields_of({"type": "Contract", "year": 2024, "signed": date(2024, 3, 1)})
)


@pytest.mark.parametrize(
    ("chosen", "is_meant"),
    [
        ({}, True),
        ({"tags": {"any": ["hr", "law"]}}, True),
        ({"tags": {"all": ["hr", "law"]}}, False),
        ({"tags": {"none": ["SIGNED"]}}, False),
        ({"fields": {"Type": "contract"}}, True),
        ({"fields": {"type": {"in": ["offer", "CONTRACT"]}}}, True),
        ({"fields": {"type": {"contains": "tract"}}}, True),
        ({"fields": {"type": {"contains": "offer"}}}, False),
        ({"fields": {"year": 2024}}, True),
        ({"fields": {"year": "2024"}}, True),
        ({"fields": {"year": {"from": 2024, "before": 2025}}}, True),
        ({"fields": {"year": {"after": 2024}}}, False),
        ({"fields": {"year": {"to": 2023}}}, False),
        ({"fields": {"signed": {"from": "2024-03-01", "to": "2024-03-01"}}}, True),
        ({"fields": {"signed": {"before": "2024-03-01"}}}, False),
        ({"fields": {"signed": {"from": 2024}}}, False),
        ({"fields": {"type": {"from": 1}}}, False),
        ({"fields": {"author": {"exists": False}}}, True),
        ({"fields": {"author": {"exists": True}}}, False),
        ({"fields": {"author": "Ada"}}, False),
        ({"types": ["md"]}, True),
        ({"types": ["pdf"]}, False),
        ({"name": "LEASE"}, True),
        ({"name": "rent"}, False),
    ],
)
def test_a_file_is_meant_by_what_is_said_of_it(chosen: dict[str, object], *, is_meant: bool) -> None:
    wanted = Filter.model_validate(chosen).to_value()
    assert matches(wanted, name="2024/Lease.md", media_type="text/markdown", said=SAID) is is_meant
    assert unknown_of_files(wanted) == ()


def test_what_only_the_catalogue_knows_is_named() -> None:
    asked = {"states": ["ready"], "uploaded": {"from": "2024-01-01"}, "document_ids": ["a"]}
    assert unknown_of_files(Filter.model_validate(asked).to_value()) == ("document_ids", "states", "uploaded")
