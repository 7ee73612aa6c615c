from evals.studies.personal_data.run import Citewell, evaluate
from evals.studies.personal_data.sentences import Half, LabelledSentence
from rag.settings import PersonalKind
from rag.types import Span

MAIL = "Write to ada@example.com."
LABELS = (("EMAIL_ADDRESS", Span(start=9, end=24)),)


def test_each_half_is_scored_by_itself() -> None:
    sentences = [
        LabelledSentence(text=MAIL, half=Half.LOOKED_AT, labels=LABELS),
        LabelledSentence(text="No mail.", half=Half.HELD_OUT, labels=()),
    ]
    citewell = Citewell()
    looked_at, held_out = evaluate(sentences, citewell.name, citewell.find, [PersonalKind.EMAIL])
    assert (looked_at.half, looked_at.scores[0].recall) == (Half.LOOKED_AT, 1.0)
    assert (held_out.half, held_out.scores[0].labelled) == (Half.HELD_OUT, 0)
    assert looked_at.to_json()["finder"] == "citewell"
    assert citewell.p95_milliseconds >= 0
