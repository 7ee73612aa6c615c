from __future__ import annotations

from rag.models.calibrations import calibration_of
from rag.models.installed import INSTALLED


def test_an_unknown_encoder_has_the_default() -> None:
    assert calibration_of("another") == calibration_of("default")


def test_an_encoder_has_the_default_of_what_it_has_none_of_its_own() -> None:
    own, default = calibration_of("BAAI/bge-m3"), calibration_of("default")
    assert own.fusion.method != default.fusion.method
    assert own.abstention == default.abstention


def test_the_multilingual_encoder_that_is_installed_has_its_own() -> None:
    own = calibration_of(INSTALLED["multilingual-e5-small"].vectors_name)
    assert own.knows_cjk
    assert own.abstention.other_language is not None
