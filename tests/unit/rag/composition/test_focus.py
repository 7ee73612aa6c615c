from rag.composition.focus import Focus
from rag.retrieval.evidence import EvidenceScorer
from rag.types import Hit
from tests.support.builders.passages import make_hit
from tests.support.fakes.hash_encoder import HashEncoder

ALARMS = make_hit("Alarm K-3301: the fan stands still.\n\nAlarm K-3310: the belt is loose.\n\nThe fan has a belt.")


def best(question: str, *hits: Hit) -> str:
    evidence = EvidenceScorer(HashEncoder()).score(question, hits)
    return max(Focus(question=question, hits=hits).sharpened(evidence), key=lambda item: item.score).text


def test_the_sentence_with_the_very_code_comes_first() -> None:
    assert best("fan and belt K3310", ALARMS) == "Alarm K-3310: the belt is loose."
    assert best("3301", ALARMS) == "Alarm K-3301: the fan stands still."


def test_the_line_under_a_code_counts_as_the_code() -> None:
    table = make_hit("K-3301\n\nThe fan stands still.\n\nK-3310\n\nThe belt is loose.")
    assert best("K-3310", table) in {"K-3310", "The belt is loose."}
    evidence = EvidenceScorer(HashEncoder()).score("K-3310", (table,))
    scores = {item.text: item.score for item in Focus(question="K-3310", hits=(table,)).sharpened(evidence)}
    assert scores["The belt is loose."] > scores["The fan stands still."] + 0.5


def test_a_sentence_is_exact_by_its_code_if_it_has_what_else_is_asked() -> None:
    assert Focus(question="What does K3301 mean?", hits=()).is_exact("Alarm K-3301: stop.", frozenset())
    assert not Focus(question="What does K3301 mean?", hits=()).is_exact("Alarm K-3310: stop.", frozenset())
    assert not Focus(question="price and weight of K3301", hits=()).is_exact("Alarm K-3301: stop.", frozenset())
    assert not Focus(question="cost after 3301 hours", hits=()).is_exact("Alarm K-3301: stop.", frozenset())


def test_the_section_named_comes_first() -> None:
    price = make_hit("The sum is due in May.", key="p", headings=("§ 4 Price",))
    notice = make_hit("The sum of days is sixty.", key="n", headings=("§ 5 Notice",))
    assert best("what is the sum in § 5", price, notice) == "The sum of days is sixty."


def rules(year: int, amount: int) -> Hit:
    return make_hit(f"The fee is {amount} dollars.", key=f"rules-{year}", title=f"Pool rules {year}")


def test_the_year_or_file_named_narrows_the_documents() -> None:
    hits = rules(2029, 5), rules(2030, 6), rules(2031, 7)
    assert best("What was the fee in 2030?", *hits) == "The fee is 6 dollars."
    assert best("fee in rules-2029.txt", *hits) == "The fee is 5 dollars."


def test_the_newest_edition_comes_first_unless_a_year_is_named() -> None:
    hits = rules(2029, 5), rules(2030, 6), rules(2031, 7)
    assert best("What is the fee now?", *hits) == "The fee is 7 dollars."
    assert best("What is the fee?", *hits) == "The fee is 7 dollars."


def test_of_one_title_the_file_without_a_year_is_the_newest() -> None:
    hits = make_hit("The fee is 5 dollars.", key="rules-2030"), make_hit("The fee is 6 dollars.", key="rules")
    assert best("What is the fee?", *hits) == "The fee is 6 dollars."


def test_numbers_that_are_no_edition_make_no_series() -> None:
    hits = tuple(make_hit(f"Text {n}.", key=f"c{n}", title=f"Chapter {n}") for n in (1, 2))
    assert Focus(question="What is the text?", hits=hits).editions == frozenset()
    versions = tuple(make_hit(f"Text {n}.", key=f"v{n}", title=f"Guide v1.{n}") for n in (9, 10))
    assert Focus(question="What is the text?", hits=versions).editions == {"version-v10"}


def test_documents_without_editions_are_not_narrowed() -> None:
    assert Focus(question="What is the current fee?", hits=(ALARMS,)).editions == frozenset()
    assert Focus(question="What was the fee in 2030?", hits=(ALARMS,)).editions == frozenset()


def test_a_day_of_the_question_is_no_year_to_narrow_by() -> None:
    assert Focus(question="what happened on 5 March 2030?", hits=()).years == frozenset()
    assert Focus(question="what happened in 2030?", hits=()).years == {"2030"}
