import pytest

from evals.datasets.gold import golds_in
from evals.drafting.drafts import accepted
from evals.drafting.lexical import cloze_drafts, heading_drafts, lexical_drafts
from tests.support.builders.chunks import chunk


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        ("Full-time employees get 30 days of vacation in every year.", "30"),
        ("Unused days of last year lapse if they are not taken by 31 March.", "31 March"),
        ("The contract of the service partner ends on March 12, 2027 at noon.", "March 12, 2027"),
        ("Only 22 % of the new appliances are sold with the longer warranty.", "22 %"),
        ("All of the outdoor units are calibrated by Nordlys Testing every spring.", "Nordlys Testing"),
    ],
)
def test_a_date_a_number_or_a_name_is_taken_out_of_a_sentence(sentence: str, answer: str) -> None:
    [row] = cloze_drafts(chunk(sentence))
    assert row.answers == (answer,)
    assert f"“{sentence.replace(answer, '____')}”" in row.question
    assert row.tags == ("draft", "cloze")


@pytest.mark.parametrize(
    "sentence",
    [
        "Employees of all departments get some days of vacation every year.",
        "Take 2.",
        "Model | Price of the outdoor unit in euros | Stock | 12 | 7 | none.",
        "Between 12 and 12 days of vacation are what the employees may get.",
        "30 days of vacation are what all the full-time employees may get.",
    ],
)
def test_a_sentence_without_one_fact_in_one_place_is_left_alone(sentence: str) -> None:
    assert list(cloze_drafts(chunk(sentence))) == []


def test_a_heading_is_asked_about_once_and_without_its_number() -> None:
    text = "The notice period is two months from the end of the month on."
    chunks = [
        chunk(text, title="Handbook", heading_path=("Handbook", "4. Notice"), ordinal=ordinal) for ordinal in (0, 1)
    ]
    [(document, row)] = heading_drafts(chunks)
    assert document == "document-1"
    assert row.question == "What does “Handbook” say about Notice?"
    assert row.answers == (text,)


def test_a_version_number_in_a_heading_stays() -> None:
    text = "The notice period is two months from the end of the month on."
    [(_, row)] = heading_drafts([chunk(text, title="Notes", heading_path=("4.2.1 (20 January)",))])
    assert row.question == "What does “Notes” say about 4.2.1 (20 January)?"


def test_chinese_passages_are_asked_about_in_chinese() -> None:
    sentence = "本产品的保修期为36个月，自安装验收之日起计算。"
    passage = chunk(sentence, title="保修条款", heading_path=("保修期限",))
    [(_, heading)] = heading_drafts([passage])
    [cloze] = cloze_drafts(passage)
    assert heading.question == "“保修条款”里关于保修期限说了什么？"
    assert cloze.question == "“本产品的保修期为____个月，自安装验收之日起计算。”里缺少的是哪个数字？"
    assert (heading.language, cloze.language) == ("zh", "zh")


def test_drafts_come_from_every_document_and_their_quotes_stand_in_it() -> None:
    texts = {
        f"document-{number}": " ".join(
            f"Unit {number} of building {letter} has room for {number * 10 + at} people in all."
            for at, letter in enumerate("abcdef", start=1)
        )
        for number in (1, 2, 3)
    }
    chunks = [chunk(text, document_id=name, version_id=name) for name, text in texts.items()]
    drafts = lexical_drafts(chunks, 6)
    assert len({row.id for row in drafts.questions}) == 6
    documents = [row.gold_passages[0].document for row in drafts.questions]
    assert {documents.count(name) for name in documents} == {2}
    for row in drafts.questions:
        assert any(golds_in(held, row.gold_passages) for held in chunks)
    assert drafts == lexical_drafts(chunks, 6)


def test_no_text_gives_no_drafts() -> None:
    assert lexical_drafts([chunk("")], 5).questions == ()
    assert lexical_drafts([], 5).questions == ()


def test_a_draft_that_is_accepted_is_none_any_more() -> None:
    [row] = cloze_drafts(chunk("Full-time employees get 30 days of vacation in every year."))
    assert accepted(row).tags == ("accepted", "cloze")
    assert accepted(accepted(row)) == accepted(row)


def test_a_sentence_that_answers_a_question_gives_that_question_and_no_gap() -> None:
    text = "Full-time employees get 30 days of vacation a year. Claims are handed in within two weeks of the trip."
    rows = lexical_drafts([chunk(text)], 5).questions
    assert {row.question for row in rows} == {
        "How many days of vacation do full-time employees get?",
        "Within what time are Claims handed in?",
    }
    assert {row.tags for row in rows} == {("draft", "plain")}


def test_a_question_with_another_answer_in_each_document_is_left_out() -> None:
    chunks = [
        chunk(f"The sound power level is {level} dB in the night.", document_id=f"document-{level}")
        for level in (52, 55)
    ]
    assert [row.tags for row in lexical_drafts(chunks, 5).questions] == [("draft", "cloze")] * 2


def test_a_heading_that_asks_is_the_question() -> None:
    text = "The notice period is two months from the end of the month on."
    [(_, row)] = heading_drafts([chunk(text, title="FAQ", heading_path=("How long is the notice period?",))])
    assert row.question == "How long is the notice period?"


def test_a_heading_is_asked_about_in_its_language() -> None:
    text = "Die Frist beträgt zwei Monate zum Ende eines jeden Monats im Jahr."
    [(_, row)] = heading_drafts([chunk(text, title="Handbuch", heading_path=("Kündigung für alle",))])
    assert (row.question, row.language) == ("Was steht in „Handbuch“ über Kündigung für alle?", "de")
