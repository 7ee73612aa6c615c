from pathlib import Path

import pytest

from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import read, texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('!!! warning "High water"\n    Move the **boats**.\n\n    Now.\n', ["High water: Move the boats.", "Now."]),
        ("??? tip\n    Use ropes.\n", ["Tip: Use ropes."]),
        ('=== "North"\n    Open.\n\n=== "South"\n    Shut.\n', ["North: Open.", "South: Shut."]),
        (":::danger Deep water\nNo swimming.\n:::\n", ["Danger: Deep water", "No swimming."]),
        ('::: {.callout-note title="Tide"}\nLow.\n:::\n', ["Note: Tide", "Low."]),
        ("> [!NOTE]\n> Bring a coat.\n", ["Note: Bring a coat."]),
        ("> [!tip]- Ropes\n> Two of them.\n", ["Tip: Ropes", "Two of them."]),
        ("See [[Tides|the table]] and [[Gates]].\n", ["See the table (Tides) and Gates."]),
        ('<div class="grid" markdown>\n**Open** now\n</div>\n', ["Open now"]),
        ("*[LW]: low water\n\nAt LW.\n", ["LW: low water", "At LW."]),
        ('{{< callout type="warning" >}}\nNo diving.\n{{< /callout >}}\n', ["Warning", "No diving."]),
        ('{{< tabs "a" >}}\n{{< tab "North" >}}\nOpen.\n{{< /tab >}}\n{{< /tabs >}}\n', ["North", "Open."]),
        ('{% hint style="info" %}\nLow tide.\n{% endhint %}\n', ["Info", "Low tide."]),
        ('{% tab title="South" %}\nShut.\n{% endtab %}\n', ["South", "Shut."]),
        ('See {{< ref "tides.md" >}} and {{% notice tip %}}ropes.{{% /notice %}}\n', ["See tides.md and Tip: ropes."]),
        ('[ui-tab title="Web"]\nClick.\n[/ui-tab]\n', ["Web", "Click."]),
        ("Use ``{% if a %}`` and `{{< b >}}`.\n", ["Use {% if a %} and {{< b >}}."]),
        ("[TOC]\n\n[[_TOC_]]\n\n{:.no_toc}\n\nText ==marked== `a==b==c`.\n", ["Text marked a==b==c."]),
        ("import Tabs from '@theme/Tabs';\n\nBoats [a](b) [x] and `{% raw %}`.\n", ["Boats a [x] and {% raw %}."]),
        ("`if [[ -f x ]]` and __init__ and 2*3*4\n", ["if [[ -f x ]] and __init__ and 2*3*4"]),
    ],
)
def test_what_other_programs_add_is_read_without_their_marks(tmp_path: Path, text: str, expected: list[str]) -> None:
    extracted = read(tmp_path, "a.md", text)
    assert texts(extracted) == expected
    assert extracted.warnings == ()


def test_bars_in_code_do_not_divide_a_table(tmp_path: Path) -> None:
    text = "| Command | Use |\n|---|---|\n| `a | b` | joins |\n| `c \\| d` | too |\n"
    assert texts(read(tmp_path, "a.md", text)) == ["Command: a | b; Use: joins\nCommand: c | d; Use: too"]


def test_fenced_code_stays_as_it_is(tmp_path: Path) -> None:
    code = '=== "x"\n:::note\n| `a | b` |\n> [!NOTE]'
    assert texts(read(tmp_path, "a.md", f"```\n{code}\n```\n"), ElementKind.CODE) == [code]


def test_indented_code_stays_as_it_is(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.md", "Text.\n\n    {% if open %}\n    import a from 'b';\n    {% endif %}\n")
    assert texts(extracted, ElementKind.CODE) == ["{% if open %}\nimport a from 'b';\n{% endif %}"]


@pytest.mark.parametrize(
    "head",
    [
        '{\n  "title": "Quay works",\n  "author": "Ann"\n}\n\n',
        "title: Quay works\nauthor: Ann\n\n",
        "% Quay works\n% Ann\n\n",
    ],
)
def test_front_matter_of_every_kind_is_read(tmp_path: Path, head: str) -> None:
    extracted = read(tmp_path, "a.md", f"{head}# Report\n\nDone.\n")
    assert texts(extracted) == ["title: Quay works", "author: Ann", "Report", "Done."]
    assert extracted.title == "Quay works"
