import json
from pathlib import Path

import pytest

from rag.errors import CorruptDocumentError
from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import paths, read, texts

SRT = """1
00:00:01,000 --> 00:00:04,000
The gate is
shut off

2
00:00:04,500 --> 00:00:06,000
<i>at noon.</i>

3
00:01:05,000 --> 00:01:06,000
Wait.
"""
VTT = "WEBVTT\n\nNOTE no\n\n00:01.000 --> 00:02.000 align:left\n<v Ann>Good day.\n\n00:03.000 --> 00:04.000\nBye.\n"
ICS = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Boat\\, trip\r\nDTSTART;TZID=Europe/Oslo:20310405T060700\r\n"
    'LOCATION:Pier 9\r\nATTENDEE;CN="Ann B":mailto:ann@example.org\r\nDESCRIPTION:Bring a lon\r\n g coat.\r\n'
    "BEGIN:VALARM\r\nDESCRIPTION:no\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
VCF = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann Bee\nitem1.TEL;TYPE=work:+00 12\nADR:;;Quay 1;Port;;;\nEND:VCARD\n"


def test_subtitles_are_sentences_with_their_time(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.srt", SRT)) == ["[00:00:01] The gate is shut off at noon.", "[00:01:05] Wait."]
    assert texts(read(tmp_path, "a.vtt", VTT)) == ["[00:01] Ann: Good day.", "[00:03] Bye."]


def test_a_sentence_of_one_speaker_goes_on_over_cues_that_name_the_speaker_again(tmp_path: Path) -> None:
    cues = ("<v Ann>The dam is nine", "<v Ann>metres high.", "<v Bo>No", "<v Ann>Yes", "<v Bo>it is ten.")
    text = "WEBVTT\n" + "".join(f"\n00:0{at}.000 --> 00:0{at + 1}.000\n{cue}\n" for at, cue in enumerate(cues))
    assert texts(read(tmp_path, "a.vtt", text)) == [
        "[00:00] Ann: The dam is nine metres high.",
        *("[00:02] Bo: No", "[00:03] Ann: Yes", "[00:04] Bo: it is ten."),
    ]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<html><table><tr><th>Berth</th><th>Metres</th></tr><tr><td>A</td><td>9</td></tr></table></html>", ".html"),
        ("Berth\tMetres\nA\t9\n", ".tsv"),
        ("Berth;Metres\nA;9\n", ".csv"),
    ],
)
def test_a_table_in_text_that_is_called_an_old_workbook_is_read_with_a_warning(
    tmp_path: Path, content: str, kind: str
) -> None:
    extracted = read(tmp_path, "a.xls", content)
    assert texts(extracted) == ["Berth: A; Metres: 9"]
    assert extracted.warnings == (f"Its name ends with .xls, but it was read as {kind}, which its content is",)


def test_calendars_and_cards_are_a_line_for_each_entry(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.ics", ICS)
    when = "start: 2031-04-05 06:07 (Europe/Oslo)"
    line = f"summary: Boat, trip; {when}; location: Pier 9; attendee: Ann B (ann@example.org)"
    assert texts(extracted) == [line, "Bring a long coat."]
    assert paths(extracted)["Bring a long coat."] == ("Boat, trip",)
    assert read(tmp_path, "a.vcf", VCF).text == "name: Ann Bee; telephone: +00 12; address: Quay 1, Port"


@pytest.mark.parametrize(
    ("name", "content"), [("a.srt", "words"), ("a.ics", "words"), ("a.ipynb", "[]"), ("a.ipynb", "x")]
)
def test_a_file_without_entries_is_corrupt(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(CorruptDocumentError):
        read(tmp_path, name, content)


def test_notebooks_are_cells_with_what_they_printed(tmp_path: Path) -> None:
    table = "<table><tr><th>a</th><th>b</th><th>c</th></tr><tr><td>1</td><td>2</td><td>3</td></tr></table>"
    outputs: list[object] = [
        {"output_type": "stream", "text": ["42\n"]},
        {"output_type": "display_data", "data": {"image/png": "x", "text/plain": "<Figure>"}},
        {"output_type": "execute_result", "data": {"text/html": table, "text/plain": "no"}},
        {"output_type": "stream", "text": "y" * 20_000},
    ]
    cells: list[object] = [
        {"cell_type": "markdown", "source": ["# Tides\n", "High at six."]},
        {"cell_type": "code", "source": "tide = 42\nprint(tide)", "outputs": outputs},
        "no cell",
    ]
    extracted = read(tmp_path, "a.ipynb", json.dumps({"cells": cells}))
    assert texts(extracted)[:4] == ["Tides", "High at six.", "tide = 42\nprint(tide)", "42"]
    assert texts(extracted, ElementKind.TABLE) == ["a: 1; b: 2; c: 3"]
    assert paths(extracted)["42"] == ("Tides",)
    assert extracted.warnings == (
        "pictures among the outputs: 1 were not read",
        "long outputs: of 1 the end was not read",
    )


def test_each_line_of_json_lines_is_a_record(tmp_path: Path) -> None:
    lines = '{"gate": "G1", "width": 3.5}\n{"gate": "G2", "width": 4}\n'
    for name in ("a.jsonl", "a.ndjson"):
        assert texts(read(tmp_path, name, lines)) == ["gate: G1; width: 3.5", "gate: G2; width: 4"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "a.tex",
            r"\documentclass{article}\title{Tides}\begin{document}\maketitle\section{Gates}Shut at noon.\end{document}",
        ),
        ("a.adoc", "= Tides\n\n== Gates\n\nShut at noon.\n"),
        ("a.org", "#+TITLE: Tides\n* Gates\nShut at noon.\n"),
        ("a.textile", "h1. Tides\n\nh2. Gates\n\nShut at noon.\n"),
        ("a.wiki", "= Tides =\n== Gates ==\nShut at noon.\n"),
        ("a.typ", "= Tides\n== Gates\nShut at noon.\n"),
    ],
)
def test_markup_of_other_kinds_has_headings(tmp_path: Path, name: str, content: str) -> None:
    extracted = read(tmp_path, name, content)
    assert extracted.title == "Tides"
    assert paths(extracted)["Shut at noon."][-1] == "Gates"


def test_latex_keeps_notes_formulas_and_sources(tmp_path: Path) -> None:
    text = r"\begin{document}It weighs $10^3$ kg\footnote{Without water.}, see \cite{boat}.\end{document}"
    assert read(tmp_path, "a.tex", text).text == "It weighs 10³ kg (Without water), see [boat]."


def test_latex_does_not_include_other_files(tmp_path: Path) -> None:
    (tmp_path / "secret.tex").write_text("hidden words")
    text = rf"\begin{{document}}Seen.\input{{{tmp_path / 'secret.tex'}}}\end{{document}}"
    assert "hidden" not in read(tmp_path, "a.tex", text).text.replace("secret", "")
