from __future__ import annotations

from rag.composition.material import Material
from rag.composition.parallel import parallel
from tests.support.builders.material import material_of

BOATS = """
# Tern
The Tern has a mast of 9 metres. It is white.
# Gull
The Gull has a mast of 12 metres.
# Skua
The Skua has no mast.
"""


def texts(material: Material) -> list[str]:
    return [item.evidence.text for item in parallel(material, material.ranked[0])]


def test_what_is_said_of_each_of_several_things_is_given_in_order_where_none_is_named() -> None:
    both = ["The Tern has a mast of 9 metres.", "The Gull has a mast of 12 metres."]
    assert texts(material_of("how many metres of mast", boats=BOATS)) == both


def test_a_thing_that_is_named_is_given_alone() -> None:
    assert texts(material_of("how many metres of mast has the gull", boats=BOATS)) == []


def test_sentences_that_differ_in_more_than_a_name_and_figures_are_no_others() -> None:
    lines = "# A\nThe mast of the harbour is 9 metres high.\n# B\nThe crane at the quay is 12 metres high."
    assert texts(material_of("how many metres high", places=lines)) == []


def test_sentences_of_several_documents_are_no_others() -> None:
    tern, gull = "# Tern\nThe Tern has a mast of 9 metres.", "# Gull\nThe Gull has a mast of 12 metres."
    assert texts(material_of("how many metres of mast", one=tern, two=gull)) == []
