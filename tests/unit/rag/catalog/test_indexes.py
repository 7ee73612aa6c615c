from rag.catalog.database.connection import Database
from rag.catalog.indexes import IndexRegister
from rag.settings import EncoderBackend, EncoderSettings

SETTINGS = EncoderSettings()
OTHER = EncoderSettings(backend=EncoderBackend.SENTENCE_TRANSFORMERS, model="another")


def test_the_first_index_has_the_encoder_of_the_settings_and_keeps_it(database: Database) -> None:
    register = IndexRegister(database)
    first = register.active(SETTINGS)
    assert (first.number, first.model) == (1, SETTINGS.model)
    assert register.active(OTHER) == first
    assert first.encoder(OTHER) == SETTINGS


def test_a_new_index_answers_from_the_moment_it_is_activated(database: Database) -> None:
    register = IndexRegister(database)
    register.active(SETTINGS)
    second = register.begin(OTHER)
    assert register.active(SETTINGS).number == 1
    assert register.left_over() == (2,)
    register.activate(second)
    assert register.active(SETTINGS) == second
    assert register.left_over() == (1,)


def test_a_build_that_was_broken_off_is_forgotten_by_the_next(database: Database) -> None:
    register = IndexRegister(database)
    register.active(SETTINGS)
    register.begin(OTHER)
    assert register.begin(OTHER).number == 3
    assert register.left_over() == (3,)
