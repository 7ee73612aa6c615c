from __future__ import annotations

from pathlib import Path

from tests.unit.ingest.parsing.office.files import cell, paragraph, parsed, row, table, word_file


def test_a_style_without_an_id_is_not_the_base_of_all_others(tmp_path: Path) -> None:
    styles = '<w:style><w:rPr><w:sz w:val="2"/></w:rPr></w:style>'
    styles += '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"/>'
    assert parsed(word_file(tmp_path / "a.docx", paragraph("Seen."), styles=styles)).text == "Seen."


def test_a_large_first_letter_begins_the_next_paragraph(tmp_path: Path) -> None:
    body = paragraph("T", properties='<w:framePr w:dropCap="drop"/>') + paragraph("he pump runs.") + paragraph("End.")
    assert parsed(word_file(tmp_path / "a.docx", body)).text == "The pump runs.\n\nEnd."


def test_hidden_rows_and_drawings_are_left_out(tmp_path: Path) -> None:
    rows = table(row("Name", "Pay"), row("Ann", "50", properties="<w:hidden/>"), row("Bo", "60"))
    inner = f"<w:txbxContent>{paragraph('No.')}</w:txbxContent>"
    drawing = f'<w:drawing><wp:anchor><wp:docPr hidden="1"/>{inner}</wp:anchor></w:drawing>'
    extracted = parsed(word_file(tmp_path / "a.docx", rows + paragraph("End.", f"<w:r>{drawing}</w:r>")))
    assert extracted.text == "Name: Bo; Pay: 60\n\nEnd."
    assert extracted.warnings == ("3 words of hidden text left out",)


def test_numbers_of_lists_and_notes_have_their_authors_form(tmp_path: Path) -> None:
    own = '<w:numFmt w:val="custom" w:format="001, 002, ..."/>'
    form = f"<mc:AlternateContent><mc:Choice>{own}</mc:Choice></mc:AlternateContent>"
    level = f'<w:lvl w:ilvl="0"><w:start w:val="7"/>{form}<w:lvlText w:val="%1)"/></w:lvl>'
    link = '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    numbering = f'<w:abstractNum w:abstractNumId="1">{level}</w:abstractNum>{link}'
    refer = '<w:r><w:footnoteReference w:id="1"/></w:r>'
    note_form = (
        '<w:sectPr><w:footnotePr><w:numFmt w:val="upperRoman"/><w:numStart w:val="4"/></w:footnotePr></w:sectPr>'
    )
    body = (
        paragraph("Open it.", properties='<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')
        + paragraph("Wait", refer)
        + note_form
    )
    notes = f'<w:footnote w:id="1">{paragraph("Or go.")}</w:footnote>'
    extracted = parsed(word_file(tmp_path / "a.docx", body, numbering=numbering, footnotes=notes))
    assert extracted.text == "007) Open it.\n\nWait (Or go)"


def test_answers_to_comments_are_told_from_comments(tmp_path: Path) -> None:
    word14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    entry = (
        '<w:comment w:id="{0}" w:author="{1}"><w:p {3} w14:paraId="A{0}"><w:r><w:t>{2}</w:t></w:r></w:p></w:comment>'
    )
    comments = entry.format(1, "Ada", "Why ten?", word14) + entry.format(2, "Bo", "The law.", word14)
    extended = (
        '<w15:x  xmlns:w15="urn:w15"><w15:c w15:paraId="A1"/><w15:c w15:paraId="A2" w15:paraIdParent="A1"/></w15:x>'
    )
    marks = "".join(f'<w:r><w:commentReference w:id="{number}"/></w:r>' for number in (1, 2))
    path = word_file(tmp_path / "a.docx", paragraph("Ten days.", marks), comments=comments, commentsExtended=extended)
    assert parsed(path).text.split("\n\n") == ["Ten days.", "Comment by Ada: Why ten?", "Reply by Bo: The law."]


def in_bold(*words: str) -> list[str]:
    return [cell(paragraph(f"<w:r><w:rPr><w:b/></w:rPr><w:t>{each}</w:t></w:r>")) for each in words]


def test_the_first_column_that_a_table_sets_off_holds_labels(tmp_path: Path) -> None:
    rows = row("Ship", "Aurora") + row("Captain", "Eva Lind") + row("Owner", "Jon Lind")
    look = '<w:tblPr><w:tblLook w:val="0480" w:firstRow="0" w:firstColumn="1"/></w:tblPr>'
    old_look = '<w:tblPr><w:tblLook w:val="0480"/></w:tblPr>'
    usual_look = '<w:tblPr><w:tblLook w:val="04A0" w:firstRow="1" w:firstColumn="1"/></w:tblPr>'
    pairs = "Ship: Aurora\nCaptain: Eva Lind\nOwner: Jon Lind"
    for properties in (look, old_look):
        assert parsed(word_file(tmp_path / "a.docx", table(properties + rows))).text == pairs
    text = parsed(word_file(tmp_path / "a.docx", table(usual_look + rows))).text
    assert text == "Ship: Captain; Aurora: Eva Lind\nShip: Owner; Aurora: Jon Lind"
    bold = row(*in_bold("Ship"), "Aurora") + row(*in_bold("Captain"), "Eva Lind") + row(*in_bold("Owner"), "Jon Lind")
    assert parsed(word_file(tmp_path / "a.docx", table(usual_look + bold))).text == pairs


def test_a_bold_first_row_names_columns_of_mixed_values(tmp_path: Path) -> None:
    rows = row(*in_bold("Point", "Result")) + row("Paint", "good") + row("Weight", "31") + row("Built", "4 May 2019")
    text = parsed(word_file(tmp_path / "a.docx", table(rows))).text
    assert text.split("\n")[1] == "Point: Weight; Result: 31"
