from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from rag.answers import Shape
from rag.composition.facts import FactPlanner
from rag.composition.material import Material
from rag.types import ChunkSpan, Span
from tests.support.builders.material import material_of
from tests.support.builders.passages import make_hit
from tests.support.builders.tables import MACHINES, TextsInMemory, table_document, table_material

HARBOUR = """
# Harbour rules
## Berths
A berth costs 30 euros a night. The harbour master sells it.
It can be paid in cash.
## Noise
Engines are off from ten in the evening.
"""


def texts(material: Material, *, most: int = 3) -> list[str]:
    composed = FactPlanner(max_sentences=most).plan(material)
    assert composed is None or composed.shape is Shape.FACT
    return [sentence.text for sentence in composed.sentences] if composed else []


def test_the_sentence_that_answers_comes_first_and_alone() -> None:
    assert texts(material_of("How much does a berth cost?", harbour=HARBOUR)) == ["A berth costs 30 euros a night."]


def test_a_sentence_that_refers_back_comes_after_the_one_before_it() -> None:
    found = texts(material_of("can it be paid in cash", harbour=HARBOUR), most=1)
    assert found == ["The harbour master sells it.", "It can be paid in cash."]


def test_a_value_that_the_best_sentence_lacks_is_looked_for_after_it() -> None:
    lines = "# Crane\nThe crane lifts boats of every size. Call ahead. The limit of it is 12 tons."
    found = texts(material_of("what is the limit of boats of every size that the crane lifts", crane=lines), most=1)
    assert found == ["The crane lifts boats of every size.", "The limit of it is 12 tons."]


def test_a_sentence_that_says_the_same_is_not_added() -> None:
    lines = "# One\nA berth costs 30 euros.\n# Two\nA berth costs 30 euros."
    assert texts(material_of("What does a berth cost?", prices=lines)) == ["A berth costs 30 euros."]


def test_questions_and_nothing_give_no_answer() -> None:
    assert texts(material_of("What does a berth cost?", prices="# Prices\nWhat does a berth cost?")) == []
    assert texts(material_of("What does a berth cost?")) == []


def test_each_part_of_a_question_has_its_sentence() -> None:
    lines = "# Sea days\nThe next regatta is on 9 April. Many boats come.\n# Board\nThe next review is on 25 February."
    found = texts(material_of("When is the next review, and when is the next regatta?", days=lines))
    assert found[:2] == ["The next review is on 25 February.", "The next regatta is on 9 April."]


def test_a_reason_after_the_best_sentence_is_added() -> None:
    lines = "# Boiler\nThe boiler must be drained weekly. It is old. This is because water makes it rust."
    found = texts(material_of("why must the boiler be drained weekly", boiler=lines), most=1)
    assert found[-1] == "This is because water makes it rust."


def test_a_shown_row_that_reaches_beyond_the_passages_found_has_all_of_its_passages() -> None:
    document = table_document(MACHINES)
    border = document.text.index("3,980.00")
    spans = (Span(start=0, end=border), Span(start=border, end=len(document.text)))
    chunks = tuple(ChunkSpan(span=span, page=None, heading_path=(document.title,)) for span in spans)
    material = table_material("how heavy is the mill", document)
    (passage,) = material.passages
    hit = make_hit(document.text[:border], title=document.title)
    hit = replace(hit, chunk=replace(hit.chunk, version_id=uuid4().hex))
    composed = FactPlanner(max_sentences=1).plan(
        replace(
            material,
            passages=(replace(passage, hit=hit),),
            texts=TextsInMemory({hit.chunk.version_id: replace(document, chunks=chunks)}),
        )
    )
    assert composed is not None
    cited = {cell.mark.number for table in composed.tables for row in table.rows for cell in row if cell.mark}
    assert cited == {1, 2} == {one.number for one in composed.passages}


def test_code_is_given_with_what_introduces_it() -> None:
    lines = "# Boats\nOne command saves everything of a boat:\n    boat save --all\nA boat is also painted."
    found = texts(material_of("which command saves everything of a boat", boats=lines), most=1)
    assert found == ["One command saves everything of a boat:", "boat save --all"]


def test_nothing_of_another_release_is_added() -> None:
    changes = (
        "# Changes\n## 2.1.0\nThe printer adds a pen for the colour red.\n"
        "## 2.0.0\nThe printer adds a tray.\nThe printer adds a lamp with a switch."
    )
    assert texts(material_of("what does the printer add in 2.1.0", changes=changes)) == [
        "The printer adds a pen for the colour red."
    ]


def test_the_heading_above_a_section_tells_whose_it_is_and_no_heading_is_quoted() -> None:
    lines = (
        "# Boats\n## Gull\nThe Gull is a boat for two.\n### Warranty\nThe warranty is two years.\n"
        "## Tern\nThe Tern is a boat for four.\n### Warranty\nThe warranty is five years.\n"
    )
    found = texts(material_of("how long is the warranty of the Tern?", boats=lines))
    assert found[0] == "The warranty is five years."
    assert "Warranty" not in found


def test_another_model_does_not_answer_for_the_one_that_is_named() -> None:
    small = "# Manual\n## Gull S\n### Fuel\nThe engine runs on petrol.\n"
    lines = small + "## Gull Pro\n### Fuel\nThe engine runs on diesel oil.\n"
    assert texts(material_of("does the Gull Pro run on petrol", manual=lines)) == ["The engine runs on diesel oil."]


def test_a_header_of_a_mail_does_not_answer_for_its_body() -> None:
    mail = "# Notes\n- Cc: Tom has to do\n\nThanks, all.\n- Tom ships the fans by Tuesday\n"
    assert texts(material_of("what does Tom have to do?", mail=mail), most=1) == ["Tom ships the fans by Tuesday"]
