from pathlib import Path

import pytest

from ingest.parsing.completeness import tells_of_loss
from rag.errors import CorruptDocumentError
from tests.unit.ingest.parsing.reading import read, texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '<c><add key="hours" value="9"/><add key="gate" value="north"/></c>',
            ["add: key: hours; value: 9", "add: key: gate; value: north"],
        ),
        (
            '<s host="db1" port="5432"><n>Main</n><m u="MB">64</m></s>',
            ["host: db1; port: 5432; n: Main; m (u: MB): 64"],
        ),
        ('<r xml:lang="en"><p id="7">Shut <b>at</b> noon.</p><q/></r>', ["id: 7; Shut at noon."]),
        ("<r><i>x46</i><n>School</n>, Port</r>", ["x46 School, Port"]),
        (
            "<f><i><t>Tides</t><d>&lt;p&gt;Low at &lt;b&gt;six&lt;/b&gt;.&lt;/p&gt;</d></i></f>",
            ["t: Tides; d: Low at six."],
        ),
        ("<r>&alpha; &amp; &ldquo;b&rdquo;</r>", ["α & “b”"]),
        ("<r><a>one & two</a><b>three</r>", ["a: one two; b: three"]),
    ],
)
def test_xml_says_what_its_elements_and_attributes_hold(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert texts(read(tmp_path, "a.xml", text)) == expected


def test_what_is_no_xml_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocumentError):
        read(tmp_path, "a.xml", "no markup at all")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}\n{"b":\n  2}\n', ["a: 1", "b: 2"]),
        ('{"price": 1.50, "count": 3}', ["price: 1.50", "count: 3"]),
        ('{"gates": [], "open": {}}', ["gates: []", "open: {}"]),
        (
            '{"stock": [{"sku": "P-1", "range": {"min": 2}, "in": true}, {"size": {"m": 3}}]}',
            ["stock: sku: P-1; in: true\nstock (sku: P-1) > range: min: 2\nstock > size: m: 3"],
        ),
        (
            '{"opened": "9 May", "ticket": 7, "customer": {"place": "Ghent"}}\n{"ticket": 8}',
            ["opened: 9 May; ticket: 7\n(ticket: 7) > customer: place: Ghent", "ticket: 8"],
        ),
    ],
)
def test_json_of_any_form_is_read(tmp_path: Path, text: str, expected: list[str]) -> None:
    extracted = read(tmp_path, "a.json", text)
    assert texts(extracted) == expected
    assert extracted.warnings == ()


@pytest.mark.parametrize(
    ("name", "text", "warning"),
    [
        ("a.json", '{"a": 1,\n "b" 2}', "It is not valid JSON (line 2): it was read as plain text"),
        ("a.jsonc", '// limits\n{"a": 1,}', ""),
        ("a.xml", "<r><a>one</a>\n<b>three</r>", "It is not well-formed XML (line 2): it was read as far as possible"),
        ("a.yaml", "a: [1,2\nb: }", "It is not valid YAML (line 2): it was read as plain text"),
    ],
)
def test_a_fault_in_the_form_of_a_file_is_told(tmp_path: Path, name: str, text: str, warning: str) -> None:
    warnings = read(tmp_path, name, text).warnings
    assert [each.startswith(warning) for each in warnings] == [True] * bool(warning)


def test_data_that_were_cut_off_are_a_loss(tmp_path: Path) -> None:
    for text in ('{"a": 1,\n "b": [1,2,', '["a", "b'):
        [warning] = read(tmp_path, "a.json", text).warnings
        assert tells_of_loss(warning)
