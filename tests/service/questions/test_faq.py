"""Questions and answers as companies write them, asked in other words than they are written in."""

import httpx
import pytest

from tests.support.servers.service import take_in

FAQ = {
    "How do I report a broken heater?": "Ring the duty caretaker on 0117 555 0134, day or night.",
    "Can I paint the walls?": "Yes, in white or off-white. Anything else must be painted over before you move out.",
    "When is rubbish collected?": "Every Tuesday before seven. Glass goes out on the first Friday of the month.",
    "What happens if I pay late?": "After ten days a fee of 25 pounds is added. We write to you first.",
    "Are dogs allowed?": "Only after written consent from the office. Assistance animals need none.",
    "Who do I tell when I lose my key?": "The office, on the same day. A new cylinder costs 80 pounds.",
    "Is there a laundry room?": "Yes, in the basement of block A. It is open from 6 to 22.",
    "When will I get my deposit back?": "Within 21 days of the handover, less what repairs cost.",
    "May I sublet my flat?": "For at most six months in any three years, and never as a holiday let.",
}
FORMS = {"headings": "## {}\n\n{}\n", "bold": "**{}**\n{}\n", "lines": "{}\n\n{}\n"}


@pytest.fixture(scope="module", params=FORMS)
def collection(request: pytest.FixtureRequest, client: httpx.Client) -> str:
    pairs = (FORMS[request.param].format(question, answer) for question, answer in FAQ.items())
    take_in(client, "faq.md", "\n".join(("# Tenants ask", *pairs)).encode(), collection=request.param)
    return str(request.param)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which colours may I use on the walls?", "Yes, in white or off-white."),
        ("What is the charge for paying rent late?", "After ten days a fee of 25 pounds is added."),
        ("May I keep a dog in my apartment?", "Only after written consent from the office."),
        ("What should I do if I have lost my keys?", "The office, on the same day."),
        ("How soon is the deposit paid back?", "Within 21 days of the handover, less what repairs cost."),
        ("Am I allowed to sublet?", "For at most six months in any three years, and never as a holiday let."),
    ],
)
def test_the_answer_behind_a_question_is_found(
    client: httpx.Client, collection: str, question: str, answer: str
) -> None:
    body = client.post("/v1/ask", json={"question": question, "collection": collection}).json()
    assert body["abstention"] is None
    assert body["sentences"][0]["text"] == answer


def test_what_it_does_not_say_is_not_answered(client: httpx.Client, collection: str) -> None:
    body = client.post("/v1/ask", json={"question": "What is the wifi password?", "collection": collection}).json()
    assert body["abstention"] is not None
