from pathlib import Path

from rag.catalog.database.connection import Database
from rag.catalog.indexes import Generation, IndexRegister, read_active
from rag.models.known.facts import KNOWN
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


def test_an_index_of_another_known_encoder_gets_that_ones_revision_and_prefixes() -> None:
    hub = EncoderBackend.SENTENCE_TRANSFORMERS
    settings = EncoderSettings(backend=hub, model="another", revision="1", question_prefix="Q: ")
    model = KNOWN["BAAI/bge-m3"]
    encoder = Generation(number=1, backend=hub, model=model.name).encoder(settings)
    assert (encoder.model, encoder.revision, encoder.question_prefix) == (model.name, model.revision, "")
    unknown = Generation(number=1, backend=hub, model="./mine").encoder(settings)
    assert (unknown.model, unknown.revision, unknown.question_prefix) == ("./mine", "1", "Q: ")


def test_the_active_index_is_read_from_a_file_that_is_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "catalog.db"
    assert read_active(file) is None
    assert not file.exists()
    database = Database.open(file)
    active = IndexRegister(database).active(OTHER)
    database.close()
    before = file.read_bytes()
    assert read_active(file) == active
    assert file.read_bytes() == before
