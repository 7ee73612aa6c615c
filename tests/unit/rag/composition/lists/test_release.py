from __future__ import annotations

import pytest

from rag.composition.lists.release import ReleasePlanner
from tests.support.builders.material import material_of

CHANGES = """
# Changes of the plotter
## [2.10.0] - 2031-05-04
### Added
- A second pen.
### Fixed
- The arm no longer shakes.
## [2.9.1] - 2031-02-01
### Fixed
- The lamp goes out at night.
"""


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        ("what's new in plotter 2.10.0", ["[2.10.0] - 2031-05-04", "Added", "A second pen.", "Fixed", "The arm no"]),
        ("release notes 2.9.1", ["[2.9.1] - 2031-02-01", "Fixed", "The lamp goes out at night."]),
        ("changes in the latest version", ["[2.10.0] - 2031-05-04", "Added", "A second pen.", "Fixed", "The arm no"]),
        ("Was ist neu in 2.9.1?", ["[2.9.1] - 2031-02-01", "Fixed", "The lamp goes out at night."]),
    ],
)
def test_all_changes_of_a_release_are_given(question: str, lines: list[str]) -> None:
    composed = ReleasePlanner().plan(material_of(question, changes=CHANGES))
    assert composed is not None
    assert composed.certain
    for sentence, line in zip(composed.sentences, lines, strict=True):
        assert sentence.text.startswith(line)
        assert sentence.marks


@pytest.mark.parametrize(
    "question",
    ["what's new in plotter 3.0.0", "changes fixed in 2.10.0", "changes in 2.10.0, date", "what's new"],
)
def test_parts_of_a_release_and_others_are_left_to_other_planners(question: str) -> None:
    assert ReleasePlanner().plan(material_of(question, changes=CHANGES)) is None
