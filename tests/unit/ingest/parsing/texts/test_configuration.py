from pathlib import Path

import pytest

from ingest.parsing.formats.config_lines import yaml_lines
from tests.unit.ingest.parsing.reading import read

YAML = """# Kept on tape.
store:
  target: shelf-3   # the tall one
  keep_days: 21
  url: "http://x/#part"
  days: [mo, fr]
pumps:
  - name: P1
    bar: 6
  - name: P2
    parts: {seal: rubber}
note: |
  two # lines
  here
"""
TOML = """# Kept on tape.
title = "Stock"
[store]
days = [
  "mo", # first
  "fr",
]
[[pump]]
name = "P1"
since = 2031-02-03
"""
INI = """; Kept on tape.
[store]
target = shelf-3
keep days: 21
# a comment
name = "tall one"
long = a
  b
"""


def test_yaml_values_carry_the_keys_above_them_and_comments_stay(tmp_path: Path) -> None:
    assert read(tmp_path, "a.yaml", YAML).text.split("\n") == [
        "Kept on tape.",
        "store.target: shelf-3 # the tall one",
        "store.keep_days: 21",
        "store.url: http://x/#part",
        "store.days: mo, fr",
        "pumps: name: P1; bar: 6",
        "pumps (name: P2).name: P2",
        "pumps (name: P2).parts.seal: rubber",
        "note: two # lines here",
    ]


def test_toml_values_carry_the_keys_above_them_and_comments_stay(tmp_path: Path) -> None:
    assert read(tmp_path, "a.toml", TOML).text.split("\n") == [
        "Kept on tape.",
        "title: Stock",
        "store.days: mo, fr # first",
        "pump.name: P1",
        "pump.since: 2031-02-03",
    ]


@pytest.mark.parametrize("name", ["a.ini", "a.conf", "a.cfg", "a.properties"])
def test_ini_values_carry_their_section(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, name, INI).text.split("\n") == [
        "Kept on tape.",
        "store.target: shelf-3",
        "store.keep days: 21",
        "store.name: tall one # a comment",
        "store.long: a b",
    ]


def test_variables_of_an_environment_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, "a.env", "# ports\nexport PORT='81 82'\nX=1\n").text == "PORT: 81 82 # ports\nX: 1"


def test_a_comment_says_what_the_value_below_it_is_or_stands_alone(tmp_path: Path) -> None:
    text = "# tries before it\n# gives up\ntries: 9\n\n# about all\n\n# Kept long.\nkeep: 3\n"
    lines = ["tries: 9 # tries before it gives up", "about all", "Kept long.", "keep: 3"]
    for name in ("a.yaml", "a.ini"):
        assert read(tmp_path, name, text).text.split("\n") == lines
    assert read(tmp_path, "a.toml", text.replace(": ", " = ")).text.split("\n") == lines


def test_text_that_is_no_yaml_is_kept_line_by_line(tmp_path: Path) -> None:
    text = "a: {{ value }}\n{% if x %}\n  b: 1\n{% endif %}\n"
    assert read(tmp_path, "a.yml", text).text.split("\n") == ["a: {{ value }}", "{% if x %}", "b: 1", "{% endif %}"]


def test_aliases_of_aliases_and_deep_nesting_are_bounded() -> None:
    laughs = "a0: &a0 [x, y]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    assert len(yaml_lines(laughs)) == len(laughs.splitlines())
    assert yaml_lines("[" * 5_000) == ["[" * 5_000]


def test_properties_name_characters_by_their_numbers(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.properties", "gate=S\\u00fcd\n")
    assert extracted.text == "gate: Süd"
    assert extracted.warnings == ()


def test_a_comment_goes_to_its_value_and_not_to_an_alias(tmp_path: Path) -> None:
    text = "base: &b\n  wait: 30  # seconds\ngate:\n  <<: *b\n"
    assert read(tmp_path, "a.yaml", text).text == "base.wait: 30 # seconds\ngate.wait: 30"


def test_settings_in_braces_stay_as_they_are(tmp_path: Path) -> None:
    text = "server {\n    listen 80;\n    server_name example.org;\n}"
    assert read(tmp_path, "a.conf", text).text == text
