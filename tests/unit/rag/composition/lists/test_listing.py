from __future__ import annotations

import pytest

from rag.answers import Composed, Shape
from rag.composition.lists.listing import ListPlanner
from rag.composition.material import Material
from tests.support.builders.material import document_of, material_of
from tests.support.builders.tables import table_document, table_material

MANUAL = """
# Pump manual
## Replacing the filter
Replacing the filter takes a minute. Follow these steps:
1. Switch the pump off.
2. Unscrew the lid.
3. Put the new filter in.
## Replacing the belt
Replacing the belt takes an hour. Follow these steps:
1. Switch the motor off.
2. Lift the belt.
## Papers
To rent a pump you need these papers:
- an identity card
- a proof of address
The pump weighs 40 kg.
"""


def lines_of(material: Material) -> tuple[Shape, list[str]] | None:
    composed = ListPlanner().plan(material)
    return (composed.shape, [sentence.text for sentence in composed.sentences]) if composed else None


def planned(material: Material) -> Composed:
    composed = ListPlanner().plan(material)
    assert composed is not None
    return composed


def test_the_steps_under_the_right_heading_are_given_in_order() -> None:
    expected = ["Follow these steps:", "1. Switch the motor off.", "2. Lift the belt."]
    assert lines_of(material_of("How do I replace the belt?", pump=MANUAL)) == (Shape.STEPS, expected)


def test_a_list_is_given_with_its_introduction() -> None:
    expected = ["To rent a pump you need these papers:", "an identity card", "a proof of address"]
    assert lines_of(material_of("What are the papers to rent a pump?", pump=MANUAL)) == (Shape.LIST, expected)


def test_a_short_list_is_given_for_the_sentence_that_introduces_it() -> None:
    found = lines_of(material_of("papers to rent a pump", pump=MANUAL))
    assert found is not None
    assert found[1][1:] == ["an identity card", "a proof of address"]


def test_another_sentence_that_answers_is_not_replaced_by_a_list() -> None:
    assert lines_of(material_of("how heavy is the pump, its weighs", pump=MANUAL)) is None


def test_each_item_is_cited_where_it_stands() -> None:
    material = material_of("How do I replace the filter?", pump=MANUAL)
    composed = planned(material)
    assert material.texts is not None
    for sentence in composed.sentences:
        [mark] = sentence.marks
        assert mark.span is not None
        assert composed.passages[mark.number - 1].quote(mark.span) == sentence.text


def test_items_of_a_long_list_are_given_by_their_first_sentence() -> None:
    items = "\n".join(f"- Paper {n} is needed. {'It is long and tells many things. ' * 8}" for n in range(5))
    composed = planned(material_of("What are the papers to rent?", pump=f"# Papers\nPapers to rent:\n{items}"))
    assert [sentence.text for sentence in composed.sentences][1:] == [f"Paper {n} is needed." for n in range(5)]


@pytest.mark.parametrize("question", ["How do I replace the filter?", "what are the papers"])
def test_without_documents_there_is_no_list(question: str) -> None:
    assert lines_of(material_of(question)) is None


ROLES = """
# Diving club
## Guide
Guides lead groups.
### Requirements
These hold for the water in which one guides:
- a licence of two stars
- a course in first aid
### Duties
- count the divers
- keep the list
## Guest
### Requirements
- a day ticket
- a health form
## Log
### How do I print the log?
The log is kept for years. To print it, run
    divelog open
    divelog print
### Sizes
The club has suits, masks, fins and lamps.
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("requirements to become a guide", "a licence of two stars"),
        ("what are the duties of a guide", "count the divers"),
        ("requirements for guests", "a day ticket"),
        ("guide duties", "count the divers"),
    ],
)
def test_all_headings_above_a_list_tell_what_it_is_about(question: str, expected: str) -> None:
    found = lines_of(material_of(question, club=ROLES))
    assert found is not None
    assert expected in found[1]


def test_a_heading_that_asks_how_makes_the_answer_steps() -> None:
    found = lines_of(material_of("print log", club=ROLES))
    assert found == (Shape.STEPS, ["The log is kept for years. To print it, run", "divelog open", "divelog print"])


def test_a_sentence_that_lists_several_things_is_not_replaced_by_another_list() -> None:
    assert lines_of(material_of("What are the suits, masks and fins that the club has?", club=ROLES)) is None


def test_the_headings_below_a_heading_answer_which_there_are() -> None:
    lines = "# Sails\n## Kinds of sails\nOur boats have these sails:\n### Jib\nSmall.\n### Spinnaker\nLarge and round."
    found = lines_of(material_of("which sails do our boats have", sails=lines))
    assert found == (Shape.LIST, ["Our boats have these sails:", "Jib", "Spinnaker"])


def test_the_list_below_a_question_is_given_whole() -> None:
    faq = "# Help\n## How can berths be paid?\n- Credit card\n- Cash\n## When is it open?\nAll day."
    composed = ListPlanner().plan(material_of("how can a berth be paid", faq=faq))
    assert composed is not None
    assert [one.text for one in composed.sentences] == ["Credit card", "Cash"]


def test_a_list_beside_the_heading_that_is_asked_for_is_not_given() -> None:
    log = "# Log\n## 2.3.0\n### Added\n- A lamp.\n- A pen.\n### Removed\n- The tray.\n"
    assert ListPlanner().plan(material_of("what was removed in 2.3.0", log=log)) is None


def test_a_heading_that_is_an_article_or_a_sign_is_not_asked_for() -> None:
    index = "# Index\n## A\n- auk\n- adder\n## B\n- bear\n- beaver\n## ---\n- end\n- stop\n"
    composed = ListPlanner().plan(material_of("list a bear or beaver", index=index))
    assert composed is not None
    assert [one.text for one in composed.sentences] == ["bear", "beaver"]


def test_steps_that_have_no_word_of_the_question_are_not_given() -> None:
    errors = table_document((("Code", "Advice"), ("Carrier timeout", "Wait"), ("Late", "Call")), title="Errors")
    steps = document_of(MANUAL)
    assert lines_of(table_material("What do I do on a carrier timeout?", errors, steps)) is None


def test_steps_without_the_code_that_is_asked_for_are_not_given() -> None:
    errors = table_document((("Code", "Advice"), ("PX-211", "Void the label"), ("PX-350", "Wait")), title="Errors")
    assert lines_of(table_material("What should I do about error PX-211?", errors, document_of(MANUAL))) is None
