from __future__ import annotations

import pytest

from rag.composition.phrases.asked import Asked, asked_for, holds, term_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many chairs are in the hall?", Asked.AMOUNT),
        ("Wie viele Stühle stehen im Saal?", Asked.AMOUNT),
        ("大厅里有多少把椅子？", Asked.AMOUNT),
        ("When does the ferry leave?", Asked.DATE),
        ("¿Cuándo sale el barco?", Asked.DATE),
        ("Where is the valve?", Asked.PLACE),
        ("Who signs the lease?", Asked.PERSON),
        ("Pourquoi la pompe s'arrête-t-elle ?", Asked.REASON),
        ("How do I drain the boiler?", Asked.STEPS),
        ("Wie kann ich den Kessel leeren?", Asked.STEPS),
        ("What are the conditions of the lease?", Asked.LIST),
        ("which valves does the boiler have", Asked.LIST),
        ("Wie entleere ich den Kessel?", Asked.STEPS),
        ("install the valve", Asked.STEPS),
        ("what is a bilge", Asked.DEFINITION),
        ("boat vs. ferry", Asked.COMPARISON),
        ("tl;dr of the lease", Asked.SUMMARY),
        ("Which documents are there?", Asked.DOCUMENTS),
        ("What's the lease about?", Asked.TOPIC),
    ],
)
def test_a_question_says_by_its_words_what_it_asks_for(question: str, kind: Asked) -> None:
    assert kind in asked_for(question)


@pytest.mark.parametrize("question", ["the whole lease", "colour of the boat", ""])
def test_other_words_ask_for_nothing_special(question: str) -> None:
    assert asked_for(question) == frozenset()


@pytest.mark.parametrize(
    ("kind", "text", "question", "does"),
    [
        (Asked.AMOUNT, "It seats 40 people.", "How many people fit in?", "yes"),
        (Asked.AMOUNT, "The 12 boats are old.", "How old are the 12 boats?", "no"),
        (Asked.DATE, "It closed on 3 May 2021.", "When did it close?", "yes"),
        (Asked.PLACE, "Look into /etc/boat.conf.", "Where is it?", "yes"),
        (Asked.PLACE, "Look closely.", "Where is it?", "no"),
        (Asked.REASON, "It stops because it is hot.", "Why does it stop?", "yes"),
        (Asked.OPTION, "Pass --quiet to it.", "Which flag is it?", "yes"),
        (Asked.PERSON, "Then the harbour director signs.", "Who signs?", "yes"),
        (Asked.STEPS, "Pass it on.", "How do I pass it on?", "no"),
    ],
)
def test_a_text_holds_what_was_asked_for_where_the_question_does_not_say_it_itself(
    kind: Asked, text: str, question: str, does: str
) -> None:
    assert holds(kind, text, question) is (does == "yes")


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is a bilge?", "bilge"),
        ('what does "dead ahead" mean in the manual', "dead ahead"),
        ("AIS stands for?", "ais"),
        ("Was versteht man unter Ballast?", "ballast"),
        ("qu'est-ce qu'une quille ?", "quille"),
        ("¿Qué es la quilla?", "quilla"),
        ("什么是压舱物？", "压舱物"),
        ("How deep is the bilge?", ""),
    ],
)
def test_the_term_is_what_the_meaning_is_asked_of(question: str, term: str) -> None:
    assert term_of(question) == term


def test_several_things_are_named_by_an_enumeration() -> None:
    assert holds(Asked.LIST, "Bring a lamp, a rope and a chart.", "what do I need")
    assert not holds(Asked.LIST, "Bring a lamp, because it is dark.", "what do I need")
