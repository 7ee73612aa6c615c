"""Tests that headings of a text file are found by their form, and that prose, lists and tables have none."""

from pathlib import Path

import pytest

from ingest.parsing.texts.text_files import headed_blocks
from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import read

CONTRACT = """BERTH AGREEMENT

between Port of Lund Ltd ("Port") and Sea Cargo plc ("Tenant"), signed in Malmö.

1. TERM
The berth is let for nine years. It may be given up after the fifth.

2. Rent and costs

The rent is 4,000 EUR a month, payable in advance.

2.1 Water
Water and power are paid by the Tenant, as the meters say.

What went well
The pilots were informed within ten minutes of the first alarm.

Malmö, 3 May 2030
Signed by the harbour master, who was there for the Port.
"""


def headings(text: str) -> list[tuple[int | None, str]]:
    return [(block.level, block.text) for block in headed_blocks(text) if block.kind is ElementKind.HEADING]


def test_a_contract_has_its_title_and_its_clauses(tmp_path: Path) -> None:
    assert headings(CONTRACT) == [
        (0, "BERTH AGREEMENT"),
        (1, "1. TERM"),
        (1, "2. Rent and costs"),
        (2, "2.1 Water"),
        (1, "What went well"),
    ]
    extracted = read(tmp_path, "berth.txt", CONTRACT)
    assert extracted.title == "BERTH AGREEMENT"
    water = next(each for each in extracted.elements if "meters" in extracted.text[each.span.start : each.span.end])
    assert water.heading_path == ("BERTH AGREEMENT", "2. Rent and costs", "2.1 Water")


def test_a_text_without_a_title_has_the_name_of_its_file(tmp_path: Path) -> None:
    assert (
        read(
            tmp_path, "lund-notes.txt", "§ 1 Pausen\nEine Pause von 30 Minuten ist nach sechs Stunden zu nehmen."
        ).title
        == "lund-notes"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Cleaning\n========\n\nWipe it.\n\nDaily\n-----\nWipe the lens.", [(0, "Cleaning"), (1, "Daily")]),
        (
            "Notes\n\n§ 4 Arbeitszeit\nDie wöchentliche Arbeitszeit beträgt 38 Stunden.",
            [(0, "Notes"), (1, "§ 4 Arbeitszeit")],
        ),
        (
            "规格书\n\n第三条 付款\n款项应在收到发票后三十天内以银行转账方式支付,逾期按日计息,并书面通知双方。",
            [(0, "规格书"), (1, "第三条 付款")],
        ),
        ("A text.\n\nActions\n1. Alarms are switched on.\n2. The lag is watched.", [(1, "Actions")]),
    ],
)
def test_other_forms_of_headings(text: str, found: list[tuple[int, str]]) -> None:
    assert headings(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "The first sentence is a sentence.\n\nAnd so is this.",
        "To start the saw:\n\n1. Switch it on\n\n2. Open it\n\n3. Press start\n\nThen wait until the lamp is green.",
        "All is prose.\n\n2. The distributable portions of this kit shall only\nbe used with all of it.",
        "It was sold.\n\nDear Mr Lund,\nthank you for your letter of last week, which came today.",
        "Some words.\n\nAuthor: Ada Lund\nThe author wrote all of this in a single afternoon, by hand.",
        "It is a list.\n\nSaw   40 EUR\nA saw is sold with its blade, and with the key for the blade.",
        "12\n\n34",
        "",
    ],
)
def test_what_is_no_heading(text: str) -> None:
    assert headings(text) == []


def test_every_word_of_a_text_is_kept() -> None:
    words = [word for block in headed_blocks(CONTRACT) for word in block.text.split()]
    assert words == CONTRACT.split()
