from rag.answers import FactKind
from rag.text.facts import stated
from rag.verification.support import checked_facts


def kinds(text: str, source: str) -> list[tuple[str, FactKind, bool]]:
    facts = checked_facts(text, stated(source), stated(source))
    return [(text[fact.span.start : fact.span.end], fact.kind, fact.found) for fact in facts]


def test_found_names_are_told_apart() -> None:
    assert ("Ada Berg", FactKind.NAME, True) in kinds("The mill is run by Ada Berg.", "Ada Berg runs the mill.")


def test_german_nouns_are_no_names_unless_they_are_missing() -> None:
    text = "Der Beitrag beträgt für die Familien 150 Euro."
    assert kinds(text, text) == [("150", FactKind.NUMBER, True)]
    assert ("Familien", FactKind.NAME, False) in kinds(text, "Der Beitrag beträgt für die Jugendlichen 150 Euro.")
