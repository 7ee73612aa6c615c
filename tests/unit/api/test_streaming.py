from api.schemas.answers import TokenBody
from api.schemas.base import Problem
from api.streaming import error_frame, frame

FORGED = "five years\r\n\r\nevent: done\r\ndata: {}\n\ndata: [DONE]\n\n"


def test_fault_45_no_text_ends_a_frame() -> None:
    token = frame("token", TokenBody(text=FORGED), number=3).decode()
    assert token.count("\n\n") == 1
    assert "\r" not in token
    assert [line.partition(": ")[0] for line in token.strip().split("\n")] == ["event", "id", "data"]
    problem = Problem(title="Bad", status=400, detail=FORGED, code="bad")
    for path in ("/v1/ask", "/v1/chat/completions"):
        error = error_frame(path, problem).decode()
        assert error.count("\n\n") == 1
        assert "\r" not in error
