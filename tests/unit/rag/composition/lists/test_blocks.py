from __future__ import annotations

from rag.composition.lists.blocks import Block, BlockKind, blocks
from tests.support.builders.material import document_of
from tests.support.builders.tables import table_document


def texts(lines: str, *kinds: BlockKind) -> list[list[str]]:
    document = document_of(lines)

    def parts(block: Block) -> list[str]:
        spans = [*([block.lead] if block.lead else []), *block.parts]
        return [document.text[span.start : span.end] for span in spans]

    return [parts(block) for block in blocks(document) if block.kind in kinds]


def test_a_list_comes_with_the_sentence_that_introduces_it() -> None:
    lines = "# Boats\nWe have boats. You need these papers:\n- a licence\n- a chart\nThat is all."
    assert texts(lines, BlockKind.LIST) == [["You need these papers:", "a licence", "a chart"]]


def test_a_sentence_that_does_not_introduce_a_list_is_no_part_of_it() -> None:
    assert texts("The sea is wide.\n- a licence\n- a chart", BlockKind.LIST) == [["a licence", "a chart"]]


def test_one_item_is_no_list() -> None:
    assert texts("Bring:\n- a licence\nThe end.", BlockKind.LIST, BlockKind.NUMBERED) == []


def test_commands_under_a_step_belong_to_the_steps() -> None:
    lines = "1. Stop the pump:\n    pump stop\n2. Drain it.\n3. Start it:\n    pump start\nNow rest."
    [steps] = texts(lines, BlockKind.NUMBERED)
    assert steps == ["1. Stop the pump:", "pump stop", "2. Drain it.", "3. Start it:", "pump start"]


def test_numbered_items_inside_of_a_list_are_a_list_of_their_own() -> None:
    found = texts("- Tell the crew.\n- Then leave:\n1. Untie.\n2. Push off.\n- Wave.", BlockKind.NUMBERED)
    assert found == [["Then leave:", "1. Untie.", "2. Push off."]]


def test_paragraphs_stand_with_the_commands_below_them() -> None:
    lines = "# Update\nOnce a year.\nFetch it:\n    boat fetch\nThen start it:\n    boat start\n# Next\nNothing."
    assert texts(lines, BlockKind.COMMANDS) == [["Fetch it:", "boat fetch", "Then start it:", "boat start"]]


def test_a_list_ends_with_its_section() -> None:
    lines = "# A\n- one\n- two\n# B\n- three\n- four"
    assert texts(lines, BlockKind.LIST) == [["one", "two"], ["three", "four"]]


def test_the_items_below_an_item_that_introduces_them_are_a_block() -> None:
    found = texts(
        "- Lock the boat.\n- Then pay:\n- Go to the office.\n- Ask for the bill.\n- At night:\n- Ring.\n- Wait.",
        BlockKind.BELOW_ITEM,
    )
    assert found == [["Then pay:", "Go to the office.", "Ask for the bill."], ["At night:", "Ring.", "Wait."]]


def test_items_belong_to_a_sentence_that_does_not_end_before_them() -> None:
    assert texts("The skipper is responsible for\n- ropes\n- charts", BlockKind.LIST) == [
        ["The skipper is responsible for", "ropes", "charts"]
    ]


def test_code_comes_with_the_sentence_that_introduces_it() -> None:
    lines = "# Log\nIt is kept. To update the log only, run\n    log fetch\n    log start\nIt is quick.\n    log stop"
    assert texts(lines, BlockKind.INTRODUCED) == [["To update the log only, run", "log fetch", "log start"]]


def test_headings_below_a_heading_are_a_list_with_the_sentence_that_introduces_them() -> None:
    lines = "# Boats\n## Types\nWe sail. There are these types:\n### Sloop\nFast.\n### Ketch\nSlow.\n## Prices\nHigh."
    assert texts(lines, BlockKind.HEADINGS) == [["Types", "Prices"], ["There are these types:", "Sloop", "Ketch"]]


def test_the_first_column_of_a_small_table_is_a_list_under_its_name() -> None:
    document = table_document((("Sail", "Area"), ("Jib", "9"), ("Genoa", "14")), title="Sails")
    [column] = [block for block in blocks(document) if block.kind is BlockKind.COLUMN]
    assert column.heading_path == ("Sails", "Sail")
    assert [document.text[part.start : part.end] for part in column.parts] == ["Jib", "Genoa"]
    assert column.has(document.text.index("14"))


def test_a_long_table_is_no_list() -> None:
    document = table_document([("Sail", "Area"), *((f"Jib {n}", str(n)) for n in range(30))])
    assert not [block for block in blocks(document) if block.kind is BlockKind.COLUMN]


def test_the_headers_of_a_mail_are_no_list() -> None:
    lines = "# Notes\n- From: Ann <ann@mill.example>\n- To: all\n- Date: Friday\nActions:\n- Bo: ship it\n- Cy: log it"
    assert texts(lines, BlockKind.LIST) == [["Actions:", "Bo: ship it", "Cy: log it"]]
