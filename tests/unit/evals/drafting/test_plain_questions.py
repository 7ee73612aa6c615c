import re
import time

import pytest

from evals.drafting.plain_questions import MOST_CHARACTERS, RULES, plain_question
from tests.support.patterns import adversarial_texts


@pytest.mark.parametrize(
    ("statement", "question", "answer"),
    [
        ("The warranty lasts 24 months.", "How long does the warranty last?", "24 months"),
        ("The probation period is six months for all posts.", "How long is the probation period?", "six months"),
        ("A warm lunch costs EUR 3.80.", "How much does a warm lunch cost?", "EUR 3.80"),
        ("The canteen is subsidised: a warm lunch costs EUR 3.80.", "How much does a warm lunch cost?", "EUR 3.80"),
        ("The contract ends on March 12, 2027 at noon.", "When does the contract end?", "March 12, 2027"),
        ("Warehouse employees receive 28 days.", "How many days do warehouse employees receive?", "28"),
        ("You have two paid days for moving house.", "How many paid days do I have?", "two"),
        ("Every employee has a training budget of EUR 1,200.", "How much is the training budget?", "EUR 1,200"),
        ("Report the fault to us within 14 days.", "Within what time do I have to report the fault?", "14 days"),
        ("4.2 The warranty period is 24 months.", "How long is the warranty period?", "24 months"),
        ("Die Tagespauschale beträgt 28 Euro am Tag.", "Wie hoch ist die Tagespauschale?", "28 Euro"),
        ("La garantie dure 24 mois.", "Combien de temps dure la garantie ?", "24 mois"),
        ("La garantía dura 24 meses.", "¿Cuánto dura la garantía?", "24 meses"),
        ("本产品的保修期为36个月，自安装验收之日起计算。", "本产品的保修期为多少个月？", "36个月"),
    ],
)
def test_a_statement_gives_the_question_that_a_person_asks(statement: str, question: str, answer: str) -> None:
    found = plain_question(statement)
    assert found is not None
    assert (found.question, found.answer) == (question, answer)
    assert answer in statement


@pytest.mark.parametrize(
    "statement",
    [
        "It lasts 24 months.",
        "- Start heating and let it run for 40 minutes.",
        "Cost: my first estimate is EUR 64,000, goodwill included.",
        "In summer the shift is 6 hours.",
        "This agreement starts on 1 July 2025 and runs for 3 years.",
        "The shift is 6 hours, and the break after 6 hours is short.",
        "Assembly staff take ten days of their annual leave then.",
        "Colleagues have their own handbook, which follows local law.",
        "",
    ],
)
def test_what_no_rule_is_sure_of_gives_none(statement: str) -> None:
    assert plain_question(statement) is None


@pytest.mark.parametrize("pattern", [pattern for _, pattern, _ in RULES], ids=[template for *_, template in RULES])
def test_no_sentence_takes_long(pattern: str) -> None:
    for text in adversarial_texts(re.compile(pattern), MOST_CHARACTERS):
        begun = time.process_time()
        plain_question(text[:MOST_CHARACTERS])
        assert time.process_time() - begun < 1.0
    assert plain_question("The warranty lasts 24 months " + "x" * MOST_CHARACTERS) is None
