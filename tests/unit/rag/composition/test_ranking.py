from __future__ import annotations

from rag.composition.ranking import relevance, share_of
from tests.support.builders.material import material_of

RULES = "# Rules\n## Berths\nThe price is 30 euros. Ask for it early.\n## Cranes\nThe price is 80 euros. Is that much?"


def texts(question: str, **documents: str) -> list[str]:
    return [item.evidence.text for item in material_of(question, **documents).ranked]


def test_the_heading_above_tells_which_of_two_like_sentences_answers() -> None:
    assert texts("What is the price of cranes?", rules=RULES)[0] == "The price is 80 euros."
    assert texts("What is the price of berths?", rules=RULES)[0] == "The price is 30 euros."


def test_a_sentence_that_holds_what_was_asked_for_comes_before_a_like_one() -> None:
    lines = "# Berths\nThe price of a berth is high.\nThe price of a berth is 30 euros."
    assert texts("How much is the price of a berth?", rules=lines)[0] == "The price of a berth is 30 euros."


def test_questions_are_left_out_and_nothing_has_no_order() -> None:
    assert "Is that much?" not in texts("Is that much?", rules=RULES)
    assert texts("Is that much?") == []


def test_a_line_that_only_repeats_the_headings_is_left_out() -> None:
    lines = "# Harbour rules\n## Leaving the berth\nLeaving the berth\n\nThe rope is taken in last."
    assert texts("leaving the berth", rules=lines) == ["The rope is taken in last."]


def test_names_of_columns_and_rulers_are_left_out() -> None:
    lines = "# Berths\nBerth | Price | Length\n\nThe price of berth 4 is 30 euros."
    assert texts("price of berth 4", rules=lines) == ["The price of berth 4 is 30 euros."]


def test_a_sentence_in_another_language_is_not_behind_for_want_of_words() -> None:
    german = "# Regeln\nDer Liegeplatz ist zu räumen, und die Gebühr ist nach der Abfahrt nicht mehr zu zahlen."
    english = "# Rules\nThe price of it is for the owner to know, and this is what the master of the harbour said."
    found = material_of("What is the notice that is given for the berth?", german=german, english=english).ranked
    covers = {item.evidence.text[:3]: item.cover for item in found}
    assert covers["Der"] > covers["The"]


def test_parts_of_documents_are_judged_by_their_heading_and_text() -> None:
    material = material_of("What is the price of cranes?", rules=RULES)
    chunks = [passage.hit.chunk for passage in material.passages]
    parts = [(chunk, chunk.heading_path, chunk.text) for chunk in chunks]
    scores = relevance(material.question, parts, material.scorer)
    assert max(zip(scores, chunks, strict=True), key=lambda pair: pair[0])[1].heading_path[-1] == "Cranes"
    assert len(relevance("?", parts, material.scorer)) == len(parts)
    assert len(relevance("What?", [], material.scorer)) == 0


def test_a_word_in_another_form_counts_less() -> None:
    assert share_of(["harbour", "crane"], frozenset({"harbour", "crane"})) == 1.0
    assert 0.5 < share_of(["harbour", "crane"], frozenset({"harbourmaster", "crane"})) < 1.0
    assert share_of([], frozenset({"crane"})) == 0.0
