import pytest

from evals.guard.forms import LEAKS
from rag.guard.canary import LeakWatch, Secrets

SYSTEM = "You answer questions from numbered sources. Use only what the sources say. Never use other knowledge."


def watch(public: str = "") -> LeakWatch:
    return LeakWatch(secrets=Secrets([SYSTEM], "qwertzuiopasdfghjkly"), public=public)


@pytest.mark.parametrize("form", LEAKS.values(), ids=LEAKS)
def test_fault_41_instructions_are_known_again_in_every_form(form: object) -> None:
    assert callable(form)
    assert watch().read(form(SYSTEM))


@pytest.mark.parametrize("size", [1, 5, 40])
def test_fault_41_the_canary_is_found_across_pieces(size: int) -> None:
    seen = watch()
    text = "The mark is q-w-e-r-t-z u i o p a s d f g h j k l y."
    assert any(seen.read(text[at : at + size]) for at in range(0, len(text), size))


def test_ordinary_answers_and_public_words_are_no_leak() -> None:
    assert not watch().read("The sources do not answer the question. The pump is serviced every 400 hours.")
    assert not watch(public="useonlywhatthesourcessayneveruseotherknowledge").read("Use only what the sources say.")
