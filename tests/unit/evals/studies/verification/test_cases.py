from __future__ import annotations

from random import Random

import pytest

from evals.datasets.edits import kind_of, negated, other_of_same_kind, replaced
from evals.datasets.readers.squad import SquadDataset, SquadQuestion
from evals.studies.verification.cases import Case, cases_of, claim_of
from evals.studies.verification.run import CheckedCase, verification_report


@pytest.mark.parametrize(
    ("question", "answer", "claim"),
    [
        ("When did the Normans settle there?", "911", "The Normans settle there in 911."),
        ("In what country is Normandy located?", "France", "Normandy is located in France."),
        ("Who was the Norse leader?", "Rollo", "Rollo was the Norse leader."),
        ("How many soldiers did the duke lead?", "400", "The duke lead 400 soldiers."),
        ("Where was the treaty signed?", "Paris", "The treaty was signed in Paris."),
        ("What is QED a short form of?", "quantum electrodynamics", None),
        ("Name the duke.", "Rollo", None),
    ],
)
def test_a_question_and_its_answer_become_a_claim(question: str, answer: str, claim: str | None) -> None:
    assert claim_of(question, answer) == claim


def test_a_sentence_is_denied_once() -> None:
    assert negated("The duke was tall and was old.") == "The duke was not tall and was old."
    assert negated("The duke never was tall.") is None
    assert negated("The duke left.") is None


def test_another_answer_is_of_the_same_kind_and_shares_no_word() -> None:
    others = ["45", "Duke Rollo", "William", "in 911"]
    draw = Random(1)  # noqa: S311 - a sample, not a secret
    assert other_of_same_kind("Rollo", others, draw) == "William"
    assert other_of_same_kind("30 days", others, draw) == "45"
    assert other_of_same_kind("green paint", others, draw) is None
    assert [kind_of(answer) for answer in ("1066", "12", "Rollo", "tall")] == ["date", "number", "name", None]


def test_only_whole_words_are_replaced() -> None:
    assert replaced("Of 129 seats 12 are free.", "12", "7") == "Of 129 seats 7 are free."


DATASET = SquadDataset(
    paragraphs=(
        ("Normans", "Rollo was the Norse leader. Bernard was his friend."),
        ("Normans", "William was a later duke. He was born in 1028."),
    ),
    questions=(
        SquadQuestion(text="Who was the Norse leader?", article="Normans", paragraph=0, answers=("Rollo",)),
        SquadQuestion(text="Who was his friend?", article="Normans", paragraph=0, answers=("Bernard",)),
        SquadQuestion(text="Who was a later duke?", article="Normans", paragraph=1, answers=("William",)),
        SquadQuestion(text="Who was the poet?", article="Normans", paragraph=0, answers=(), plausible=("Bernard",)),
    ),
)


def test_cases_say_what_was_changed_and_only_unchanged_claims_are_supported() -> None:
    cases = cases_of(DATASET, lambda _: True)
    of_leader = {case.kind: case for case in cases if "Norse leader" in case.claim}
    assert of_leader["answer"].claim == "Rollo was the Norse leader."
    assert of_leader["negation"].claim == "Rollo was not the Norse leader."
    assert of_leader["name"].claim == "William was the Norse leader."
    assert of_leader["swapped"].claim == "Bernard was the Norse leader."
    assert of_leader["next paragraph"].passage == DATASET.paragraphs[1][1]
    edited = [case for case in cases if case.kind == "edited passage" and "Norse leader" in case.claim]
    assert [case.passage for case in edited] == ["William was the Norse leader. Bernard was his friend."]
    assert {case.kind for case in cases if case.supported} == {"answer"}
    assert any(case.kind == "plausible answer" and case.claim == "Bernard was the poet." for case in cases)
    assert cases_of(DATASET, lambda _: False) == ()


def test_the_report_counts_by_hand() -> None:
    def found(kind: str, *, supported: bool, plainly: bool) -> CheckedCase:
        case = Case(claim="c", article="a", passage="p", kind=kind)
        return CheckedCase(case=case, supported=supported, plainly=plainly)

    report = verification_report(
        [
            found("answer", supported=True, plainly=True),
            found("answer", supported=False, plainly=True),
            found("negation", supported=False, plainly=True),
            found("negation", supported=True, plainly=True),
            found("number", supported=False, plainly=False),
        ]
    )
    assert (report.verification.precision, report.verification.recall) == (0.5, 0.5)
    assert (report.plain.precision, report.plain.recall, report.plain.accuracy) == (0.5, 1.0, 0.6)
    assert report.accuracy_gain.mean == pytest.approx(0.0)
    assert report.kinds["negation"] == (2, 0.5, 1.0)
