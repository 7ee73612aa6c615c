import pytest

from evals.guard.forms import EXFILTRATION, HOST
from rag.guard.links.defusing import defuse, harmless_length

SOURCE = "The manual is at https://firm.example/manual, and mail goes to help@firm.example."


@pytest.mark.parametrize("form", EXFILTRATION.values(), ids=EXFILTRATION)
def test_fault_40_no_address_is_left_that_no_source_states(form: str) -> None:
    safe = defuse(form, sources=SOURCE)
    assert HOST not in safe.text.casefold()
    assert "data:text" not in safe.text
    assert safe.changed


@pytest.mark.parametrize("form", EXFILTRATION.values(), ids=EXFILTRATION)
def test_fault_40_nothing_of_a_form_goes_out_before_it_is_complete(form: str) -> None:
    for end in range(1, len(form) + 1):
        begun = form[:end]
        out = begun[: harmless_length(begun)]
        assert out == form[: len(out)]
        assert not defuse(out).changed


@pytest.mark.parametrize(
    "text",
    [
        "See [the manual](https://firm.example/manual) or write to help@firm.example.",
        "Call `restic forget <snapshot-ID>` where a < b, or use List<String>.",
        "Open README.md and node.js, version 1.2.3, on page 3/4.",
        "1. Mix 2:1 [ratio].\n2. Wait, e.g. an hour!",
        "部署集群之前，请检查硬件配置！",
    ],
)
def test_what_sources_state_and_what_is_no_link_stays(text: str) -> None:
    assert defuse(text, sources=SOURCE).text == text
    assert not defuse(text, sources=SOURCE).changed


def test_a_longer_address_than_the_sources_one_is_taken_out() -> None:
    assert "q=1" not in defuse("See https://firm.example/manual?q=1.", sources=SOURCE).text


def test_an_image_of_a_known_address_is_an_address_alone() -> None:
    assert defuse("![plan](https://firm.example/manual)", sources=SOURCE).text == "plan https://firm.example/manual"


def test_whole_harmless_words_go_out_at_once() -> None:
    assert harmless_length("The pump is ol") == len("The pump is ")
    assert harmless_length("水泵每年") == len("水泵每年")
