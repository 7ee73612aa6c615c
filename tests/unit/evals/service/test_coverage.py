from evals.datasets.questions import EvalQuestion, GoldPassage
from evals.service.coverage import coverage_of


def about(*documents: str) -> EvalQuestion:
    passages = tuple(GoldPassage(document=document) for document in documents)
    return EvalQuestion(id="-".join(documents) or "none", question="?", gold_passages=passages)


def test_nothing_is_said_where_all_documents_are_there() -> None:
    found = coverage_of([about("a.md"), about("a.md", "b.md"), about()], {"a.md", "b.md", "c.md"})
    assert (found.questions, found.documents, found.missing, found.message) == (3, 2, (), "")


def test_a_collection_without_any_of_them_is_warned_of() -> None:
    found = coverage_of([about("a.md"), about("b.md")], {"c.md"})
    assert found.missing == ("a.md", "b.md")
    assert "has none of the documents that the questions are about (a.md, b.md)" in found.message


def test_one_that_lacks_some_says_how_many_and_names_a_few() -> None:
    found = coverage_of([about(*(f"{number}.md" for number in range(9)))], {"0.md"})
    assert found.message.startswith("This collection lacks 8 of the 9 documents")
    assert "1.md, 2.md, 3.md, 4.md, 5.md and others" in found.message


def test_a_document_may_be_named_by_its_id() -> None:
    assert coverage_of([about("d1")], {"a.md", "d1"}).message == ""
