import email
import email.policy
import json
import re
import zipfile
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2
import pytest
from openpyxl import load_workbook
from pydantic import BaseModel, ConfigDict

SAMPLE = Path(__file__).parents[4] / "evals" / "datasets" / "sample"
DOCUMENTS = SAMPLE / "documents"
SCAN = "pressure-test-certificate.pdf"
TEXT_SUFFIXES = {".md", ".txt", ".csv", ".html", ".eml"}


class Turn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    role: str
    content: str


class Passage(BaseModel):
    model_config = ConfigDict(extra="forbid")
    document: str
    quote: str


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    question: str
    tags: list[str]
    language: str
    history: list[Turn] = []
    answerable: bool
    gold_facts: list[list[str]]
    gold_passages: list[Passage]

    @property
    def kind(self) -> str:
        return self.tags[0]


def read_questions(name: str) -> list[Question]:
    lines = (SAMPLE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Question.model_validate(json.loads(line)) for line in lines]


QUESTION_FILES = {name: read_questions(name) for name in ("questions", "challenge")}
QUESTIONS = [question for questions in QUESTION_FILES.values() for question in questions]
ANSWERABLE = [question for question in QUESTIONS if question.answerable]
each_file = pytest.mark.parametrize("questions", QUESTION_FILES.values(), ids=QUESTION_FILES)


class TextOfPage(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of_html(path: Path) -> str:
    parser = TextOfPage()
    parser.feed(path.read_text(encoding="utf-8"))
    return "".join(parser.parts)


def text_of_mail(path: Path) -> str:
    body = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_body()
    assert body is not None
    return str(body.get_content())


def text_of_office_file(path: Path) -> str:
    with zipfile.ZipFile(path) as packed:
        parts = [
            packed.read(name).decode() for name in packed.namelist() if re.search(r"document|slide\d+\.xml$", name)
        ]
    return "\n".join(re.findall(r"<[aw]:t(?: [^>]*)?>([^<]*)<", "".join(parts)))


def text_of_workbook(path: Path) -> str:
    lines: list[str] = []
    for sheet in load_workbook(path).worksheets:
        header, *rows = sheet.iter_rows(values_only=True)
        lines += ["; ".join(f"{name}: {cell}" for name, cell in zip(header, row, strict=True)) for row in rows]
    return "\n".join(lines)


def text_of_pdf(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


READERS = {
    ".html": text_of_html,
    ".eml": text_of_mail,
    ".docx": text_of_office_file,
    ".pptx": text_of_office_file,
    ".xlsx": text_of_workbook,
    ".pdf": text_of_pdf,
}


def text_of(path: Path) -> str:
    reader = READERS.get(path.suffix)
    return fold(reader(path) if reader else path.read_text(encoding="utf-8"))


@cache
def folded_text(name: str) -> str:
    is_scan = name == SCAN  # an image: its words stand in its source
    return text_of((SAMPLE / "sources" / name).with_suffix(".md") if is_scan else DOCUMENTS / name)


def fold(text: str) -> str:
    return " ".join(text.split())


@each_file
def test_each_kind_of_question_has_its_share(questions: list[Question]) -> None:
    assert Counter(question.kind for question in questions) == {
        "single_fact": 16,
        "table": 10,
        "two_documents": 6,
        "chinese": 6,
        "cross_lingual": 4,
        "follow_up": 6,
        "unanswerable": 12,
    }


def test_question_ids_and_questions_are_unique_across_the_files() -> None:
    assert len({question.id for question in QUESTIONS}) == 120
    assert len({fold(question.question).casefold() for question in QUESTIONS}) == 120


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_fields_agree_with_the_kind(question: Question) -> None:
    assert question.answerable == (question.kind != "unanswerable")
    assert bool(question.gold_facts) == bool(question.gold_passages) == question.answerable
    assert all(question.gold_facts)
    assert [turn.role for turn in question.history] == (["user", "assistant"] if question.kind == "follow_up" else [])
    is_chinese = re.search(r"[\u4e00-\u9fff]", question.question) is not None
    assert question.language == ("zh" if is_chinese else "en")


def test_two_document_questions_name_two_documents_and_others_one() -> None:
    for question in ANSWERABLE:
        documents = {passage.document for passage in question.gold_passages}
        assert len(documents) == (2 if question.kind == "two_documents" else 1), question.id


def test_chinese_and_cross_lingual_questions_point_at_the_right_language() -> None:
    for question in ANSWERABLE:
        about_china = all(passage.document.endswith(("-china.md", "-china.docx")) for passage in question.gold_passages)
        if question.kind == "chinese":
            assert about_china
            assert question.language == "zh"
        if question.kind == "cross_lingual":
            assert about_china == (question.language == "en"), question.id


def test_everyday_cross_lingual_questions_carry_a_name_that_stands_in_the_document() -> None:
    for question in QUESTION_FILES["questions"]:
        if question.kind == "cross_lingual":
            names = re.findall(r"[A-Z][\w-]*\d\w*|Modbus TCP", question.question, re.ASCII)
            assert any(name in folded_text(question.gold_passages[0].document) for name in names), question.id


@each_file
def test_every_document_is_used_and_every_used_document_exists(questions: list[Question]) -> None:
    used = {passage.document for question in questions for passage in question.gold_passages}
    assert used == {path.name for path in DOCUMENTS.iterdir()}


def test_all_formats_are_covered() -> None:
    suffixes = {path.suffix for path in DOCUMENTS.iterdir()}
    assert suffixes == TEXT_SUFFIXES | {".pdf", ".docx", ".xlsx", ".pptx"}


def test_two_documents_are_chinese() -> None:
    names = [path.name for path in DOCUMENTS.iterdir()]
    chinese = {name for name in names if len(re.findall(r"[\u4e00-\u9fff]", folded_text(name))) > 500}
    assert chinese == {"installation-notes-china.md", "warranty-terms-china.docx"}


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_each_quote_stands_once_and_verbatim_in_its_document(question: Question) -> None:
    for passage in question.gold_passages:
        assert folded_text(passage.document).count(fold(passage.quote)) == 1, passage.quote


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_each_gold_fact_stands_in_a_gold_document(question: Question) -> None:
    texts = [folded_text(passage.document).casefold() for passage in question.gold_passages]
    for group in question.gold_facts:
        assert any(variant.casefold() in text for variant in group for text in texts), group


def test_scan_has_one_page_and_no_text_layer() -> None:
    with pypdfium2.PdfDocument(DOCUMENTS / SCAN) as document:
        assert len(document) == 1
    assert text_of_pdf(DOCUMENTS / SCAN).strip() == ""


def test_manual_has_six_pages() -> None:
    with pypdfium2.PdfDocument(DOCUMENTS / "fjord-installation-manual.pdf") as document:
        assert len(document) == 6


def test_collection_stays_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 1_500_000


def test_no_address_outside_the_example_domain() -> None:
    for path in DOCUMENTS.iterdir():
        domains = re.findall(r"\w@([\w.-]+\w)", folded_text(path.name))
        assert set(domains) <= {"example.com"}, path.name


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.*x")), ids=lambda path: path.name)
def test_office_files_name_no_author_but_the_sample(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        properties = packed.read("docProps/core.xml").decode() + packed.read("docProps/app.xml").decode()
    authors = re.findall(r"<(?:dc:creator|cp:lastModifiedBy|Application)>([^<]*)<", properties)
    assert set(authors) == {"Citewell samples"}
    assert "python" not in properties


def test_committed_files_hold_what_their_sources_say(tmp_path: Path) -> None:
    build_sample = pytest.importorskip("evals.datasets.build_sample", reason="fpdf2 is not installed")
    build_sample.build(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {path.stem for path in (SAMPLE / "sources").iterdir()}
    for path in tmp_path.iterdir():
        assert text_of(path) == text_of(DOCUMENTS / path.name), path.name
