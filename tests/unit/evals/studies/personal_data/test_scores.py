from evals.studies.personal_data.scores import score
from evals.studies.personal_data.sentences import Half, LabelledSentence
from rag.guard.personal.finding import Finding
from rag.settings import PersonalKind
from rag.types import Span


def sentence(text: str, *labels: tuple[str, int, int]) -> LabelledSentence:
    spans = tuple((label, Span(start=start, end=end)) for label, start, end in labels)
    return LabelledSentence(text=text, half=Half.LOOKED_AT, labels=spans)


def found(kind: PersonalKind, start: int, end: int) -> Finding:
    return Finding(kind=kind, span=Span(start=start, end=end))


def test_half_of_a_place_is_found_and_only_all_of_it_is_whole() -> None:
    sentences = [
        sentence("Ada Lovelace and Bob", ("PERSON", 0, 12), ("PERSON", 17, 20)),
        sentence("Eve", ("PERSON", 0, 3)),
    ]
    findings = [
        [found(PersonalKind.PERSON, 0, 9), found(PersonalKind.PERSON, 13, 20)],
        [found(PersonalKind.EMAIL, 0, 3)],
    ]
    [person] = score(sentences, findings, [PersonalKind.PERSON])
    assert (person.labelled, person.found, person.whole) == (3, 2, 1)
    assert (person.findings, person.right) == (2, 2)
    assert (person.recall, person.precision) == (2 / 3, 1.0)


def test_a_finding_that_is_mostly_something_else_is_wrong() -> None:
    text = sentence("Meet at Ada Street 5", ("PERSON", 8, 11))
    [person] = score([text], [[found(PersonalKind.PERSON, 0, 20)]], [PersonalKind.PERSON])
    assert (person.found, person.right, person.precision) == (1, 0, 0.0)


def test_the_lines_of_an_address_may_be_labelled_one_by_one() -> None:
    text = sentence("5 High Street, Oslo 0150", ("STREET_ADDRESS", 0, 13), ("GPE", 15, 19), ("ZIP_CODE", 20, 24))
    [address] = score([text], [[found(PersonalKind.ADDRESS, 0, 24)]], [PersonalKind.ADDRESS])
    assert (address.labelled, address.whole, address.right) == (1, 1, 1)


def test_without_labels_or_findings_there_is_no_share() -> None:
    [card] = score([sentence("Nothing")], [[]], [PersonalKind.CARD])
    assert (card.recall, card.precision) == (None, None)
