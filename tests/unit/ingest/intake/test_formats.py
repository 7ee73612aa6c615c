from importlib import import_module

import pytest

from ingest.intake.formats import BY_MEDIA_TYPE, FORMATS, MEDIA_TYPES, Container, Format


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.media_type)
def test_every_format_names_a_function_that_reads_it_and_says_how_it_is_told(each: Format) -> None:
    module, _, name = each.reader.partition(":")
    assert callable(getattr(import_module(module), name))
    assert bool(each.magic) == (each.container in {Container.BINARY, Container.IMAGE})
    assert bool(each.ole_streams) == (each.container is Container.OLE)
    assert bool(each.parser) != each.has_pictures


def test_no_two_formats_share_a_media_type_or_an_extension() -> None:
    assert len(BY_MEDIA_TYPE) == len(FORMATS)
    assert len(MEDIA_TYPES) == sum(len(each.extensions) for each in FORMATS)
