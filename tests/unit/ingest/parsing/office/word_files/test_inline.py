import re
from pathlib import Path

import pytest

from tests.unit.ingest.parsing.office.files import (
    cell,
    field,
    link,
    paragraph,
    parsed,
    png,
    row,
    run,
    table,
    word_file,
)


def test_insertions_are_read_and_deletions_are_not(tmp_path: Path) -> None:
    body = paragraph(
        "Pay within ",
        "<w:del><w:r><w:delText>ten</w:delText></w:r></w:del>",
        f"<w:ins>{run('twelve')}</w:ins>",
        " weeks",
        f"<w:moveFrom>{run(' if asked')}</w:moveFrom>",
        ".",
    ) + paragraph(f"<w:moveTo>{run('Only if asked.')}</w:moveTo>")
    extracted = parsed(word_file(tmp_path / "a.docx", body))
    assert extracted.text == "Pay within twelve weeks.\n\nOnly if asked."
    assert extracted.warnings == ("1 word of tracked deletions left out; tracked insertions are read",)


def test_content_controls_smart_tags_and_custom_xml_are_read_at_every_level(tmp_path: Path) -> None:
    control = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"
    prompt = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('Click here.')}</w:sdtContent></w:sdt>"
    body = control.format(
        control.format(paragraph("A ", control.format(control.format(run("deep"))), " control.", prompt))
        + table(
            row("Size", control.format(cell(paragraph("Colour")))), control.format(row("4", "red")), row("5", "blue")
        )
    ) + paragraph("From ", f"<w:smartTag><w:customXml>{run('Oslo')}</w:customXml></w:smartTag>", " on.")
    extracted = parsed(word_file(tmp_path / "a.docx", body))
    assert extracted.text == "A deep control.\n\nSize: 4; Colour: red\nSize: 5; Colour: blue\n\nFrom Oslo on."
    assert extracted.warnings == ()


def test_fields_give_their_results_and_link_addresses_that_are_not_shown(tmp_path: Path) -> None:
    body = (
        paragraph(
            "Due ", field(" DATE \\@ d ", "4 May"), " at ", f'<w:fldSimple w:instr=" TIME ">{run("noon")}</w:fldSimple>'
        )
        + paragraph("See ", field(' HYPERLINK "https://example.org/a" ', "the form"), ".")
        + paragraph(
            "Or ",
            f'<w:hyperlink r:id="l1">{run("this")}</w:hyperlink>, ',
            f'<w:hyperlink r:id="l2">{run("a@example.org")}</w:hyperlink>',
        )
        + paragraph("Up ", field(' HYPERLINK \\l "top" ', "there"), ", ", field(f" IF {'x'} ", "yes"))
    )
    links = link("l1", "https://example.org/b") + link("l2", "mailto:a@example.org")
    extracted = parsed(
        word_file(tmp_path / "a.docx", body.replace("</w:hyperlink>, ", "</w:hyperlink>" + run(", ")), links=links)
    )
    assert extracted.text.split("\n\n") == [
        "Due 4 May at noon",
        "See the form (https://example.org/a).",
        "Or this (https://example.org/b), a@example.org",
        "Up there, yes",
    ]


def test_form_fields_say_what_was_ticked_and_chosen(tmp_path: Path) -> None:
    begin = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{}</w:ffData></w:fldChar></w:r>'
    form = begin + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    body = paragraph(form.format("<w:checkBox><w:checked/></w:checkBox>"), "Yes") + paragraph(
        "Room: ",
        form.format('<w:ddList><w:result w:val="1"/><w:listEntry w:val="A"/><w:listEntry w:val="B"/></w:ddList>'),
    )
    assert parsed(word_file(tmp_path / "a.docx", body)).text == "☒ Yes\n\nRoom: B"


def test_hidden_text_is_left_out_and_counted(tmp_path: Path) -> None:
    hiding = '<w:style w:type="character" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>'
    body = paragraph(
        "Shown",
        run(" not this", "<w:vanish/>"),
        run(" nor this", '<w:rStyle w:val="Secret"/>'),
        run(" tiny", '<w:sz w:val="2"/>'),
        run(" white", '<w:color w:val="ffffff"/>'),
        run(" but this", '<w:vanish w:val="0"/>'),
        run(" and this", '<w:color w:val="FFFFFF"/><w:shd w:fill="000000"/>'),
    )
    extracted = parsed(word_file(tmp_path / "a.docx", body, styles=hiding))
    assert extracted.text == "Shown but this and this"
    assert extracted.warnings == ("6 words of hidden text left out",)
    assert extracted.left_out == ()


@pytest.mark.parametrize(
    ("before", "high", "after", "read"),
    [
        ("10", "3", " parts", "10³ parts"),
        ("6 · 10", "-4", "", "6 · 10⁻⁴"),
        ("40 m", "2", " of floor", "40 m² of floor"),
        ("Ca", "2+", " ions", "Ca²⁺ ions"),
        ("70", "3", " mg", "70[^3] mg"),
        ("70 mg", "3", "", "70 mg[^3]"),
        ("the lid", "1,2", " closes", "the lid[^1,2] closes"),
        ("the 1", "st", " lid", "the 1st lid"),
        ("70 mg", "a", " daily", "70 mg[^a] daily"),
        ("412.5", "a", "", "412.5[^a]"),
        ("la 2", "a", " vez", "la 2a vez"),
        ("N", "o", " 7", "No 7"),
    ],
)
def test_raised_characters_never_become_part_of_a_number(
    tmp_path: Path, before: str, high: str, after: str, read: str
) -> None:
    body = paragraph(before, run(high, '<w:vertAlign w:val="superscript"/>'), after or run(""))
    assert parsed(word_file(tmp_path / "a.docx", body)).text == read


def test_equations_are_written_in_a_line(tmp_path: Path) -> None:
    def part(name: str, inner: str) -> str:
        return f"<m:{name}>{inner}</m:{name}>"

    def sign(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    square = part("sSup", part("e", sign("b")) + part("sup", sign("2")))
    root = part("rad", '<m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/>' + part("e", square + sign("-4ac")))
    fraction = part("f", part("num", sign("-b±") + root) + part("den", sign("2a")))
    total = part(
        "nary",
        '<m:naryPr><m:chr m:val="∑"/></m:naryPr>'
        + part("sub", sign("i=1"))
        + part("sup", sign("n"))
        + part("e", sign("i")),
    )
    body = paragraph("Here ", part("oMath", sign("x=") + fraction), "holds.") + part("oMathPara", part("oMath", total))
    extracted = parsed(word_file(tmp_path / "a.docx", body))
    assert extracted.text == "Here x=(-b±√(b^2-4ac))/(2a) holds.\n\n∑_(i=1)^n i"
    assert extracted.warnings == ()


def test_symbols_and_special_characters_are_kept(tmp_path: Path) -> None:
    symbol = '<w:r><w:sym w:font="{}" w:char="{}"/></w:r>'
    body = paragraph(
        symbol.format("Wingdings", "F0FE"),
        " on ",
        symbol.format("Symbol", "F0B1"),
        "4 ",
        symbol.format("Symbol", "F06D"),
        "m",
        "<w:r><w:tab/><w:t>x</w:t><w:noBreakHyphen/><w:t>y</w:t><w:br/><w:t>z</w:t></w:r>",
    )
    assert parsed(word_file(tmp_path / "a.docx", body)).text == "☑ on ±4 μm x-y\nz"


def test_a_field_without_an_end_hides_nothing_and_one_in_a_code_is_not_shown(tmp_path: Path) -> None:
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    code = "<w:r><w:instrText> IF </w:instrText></w:r>"
    body = paragraph("It is ", begin, code, field("MERGEFIELD x", "7"), separate, run("shown"), end, ".")
    body += paragraph("An open ", begin, code, "field") + paragraph("and more")
    extracted = parsed(word_file(tmp_path / "a.docx", body))
    assert extracted.text == "It is shown.\n\nAn open field\n\nand more"
    assert extracted.warnings == ()


def test_white_text_over_a_drawing_behind_it_is_shown(tmp_path: Path) -> None:
    white = run("Annual report", '<w:color w:val="FFFFFF"/>')
    ground = '<w:r><w:drawing><wp:anchor behindDoc="1"/></w:drawing></w:r>'
    assert parsed(word_file(tmp_path / "a.docx", paragraph(white, ground))).text == "Annual report"


def test_struck_out_text_is_left_out_and_counted(tmp_path: Path) -> None:
    struck = run("nine", "<w:strike/>") + run("ty", "<w:dstrike/>")
    extracted = parsed(word_file(tmp_path / "a.docx", paragraph("Pay ", struck, " 80 euros.")))
    assert extracted.text == "Pay 80 euros."
    assert extracted.warnings == ("struck-out text left out: 1 word in 1 place",)


def test_a_lowered_figure_stands_apart_from_a_number_behind_it(tmp_path: Path) -> None:
    lowered = '<w:vertAlign w:val="subscript"/>'
    extracted = parsed(
        word_file(tmp_path / "a.docx", paragraph("log", run("2", lowered), "8 and H", run("2", lowered), "O"))
    )
    assert extracted.text == "log2 8 and H2O"


def test_the_address_of_a_link_follows_the_word_that_the_link_begins(tmp_path: Path) -> None:
    link_to = f'<w:hyperlink r:id="a">{run("Pump")}</w:hyperlink>'
    body = paragraph(link_to, "s, and ", link_to, run("2", '<w:vertAlign w:val="superscript"/>'), ".")
    extracted = parsed(word_file(tmp_path / "a.docx", body, links=link("a", "https://pumps.example")))
    assert extracted.text == "Pumps (https://pumps.example), and Pump[^2] (https://pumps.example)."


def test_what_an_author_wrote_about_a_picture_is_read_where_it_has_no_text(tmp_path: Path) -> None:
    def picture(words: str) -> str:
        return (
            f'<w:r><w:drawing><wp:inline><wp:docPr descr="{words}"/><a:blip r:embed="p"/></wp:inline></w:drawing></w:r>'
        )

    names = (
        "The inlet is on the left.",
        "Picture 3",
        "C:\\valve.png",
        "inlet_final",
        "A pump. Automatically generated",
    )
    body = "".join(paragraph("Seen:", picture(name)) for name in (*names, names[0]))
    extracted = parsed(word_file(tmp_path / "a.docx", body, p=png(300, 200)))
    assert extracted.text.replace("\n\n", " ") == "Seen: The inlet is on the left. Seen: Seen: Seen: Seen: Seen:"
    assert extracted.warnings == ("1 picture without recognised text",)


@pytest.mark.parametrize(
    ("inner", "written"),
    [
        ('<m:f><m:fPr><m:type m:val="noBar"/></m:fPr>{num:n}{den:k}</m:f>', "n; k"),
        ("<m:sSup><m:e><m:f>{num:a}{den:b}</m:f></m:e>{sup:2}</m:sSup>", "(a/b)^2"),
        ("<m:sSup>{e:45}{sup:∘}</m:sSup>", "45°"),
        ("<m:sSub>{e:x}{sub:1}</m:sSub><m:sSup>{e:y}{sup:2}</m:sSup>", "x_1 y^2"),
        ("<m:r><m:t>a</m:t></m:r><m:func>{fName:sin}{e:x}</m:func>", "a sin x"),
        ('<m:bar><m:barPr><m:pos m:val="top"/></m:barPr>{e:x}</m:bar>', "x\u0305"),
    ],
)
def test_parts_of_equations_bind_as_they_are_shown(tmp_path: Path, inner: str, written: str) -> None:
    equation = re.sub(r"\{(\w+):([^}]+)\}", r"<m:\1><m:r><m:t>\2</m:t></m:r></m:\1>", inner)
    extracted = parsed(word_file(tmp_path / "a.docx", paragraph(f"<m:oMath>{equation}</m:oMath>")))
    assert extracted.text == written


@pytest.mark.parametrize(
    ("code", "drawn"),
    [
        ('SYMBOL 176 \\f "Symbol" \\s 12', "°"),
        ("EQ \\f(1,2)", "1/2"),
        ("EQ \\o\\ac(○,7)", "7"),
        ("EQ \\x(a,(b", ""),
        ("XE word", ""),
    ],
)
def test_fields_that_draw_without_a_result(tmp_path: Path, code: str, drawn: str) -> None:
    marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end")]
    body = paragraph("At 4", f"{marks[0]}<w:r><w:instrText>{code}</w:instrText></w:r>{marks[1]}", " C")
    assert parsed(word_file(tmp_path / "a.docx", body)).text == f"At 4{drawn} C"


def test_an_emoji_for_old_programs_is_read(tmp_path: Path) -> None:
    emoji = '<mc:Choice Requires="w16se"><x/></mc:Choice><mc:Fallback><w:t>😊</w:t></mc:Fallback>'
    body = paragraph("Fine ", f"<w:r><mc:AlternateContent>{emoji}</mc:AlternateContent></w:r>", " indeed")
    assert parsed(word_file(tmp_path / "a.docx", body)).text == "Fine 😊 indeed"
