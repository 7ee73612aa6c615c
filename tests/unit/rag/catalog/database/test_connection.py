from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from rag.catalog.access.rows import USERS
from rag.catalog.database.connection import MIGRATIONS_FOLDER, Database, bring_up_to_date
from rag.catalog.database.tables import METADATA, SCHEMA_REVISION
from rag.catalog.deletions import Deletions
from rag.catalog.documents import Catalog
from rag.catalog.job_board import JobBoard
from rag.catalog.jobs import JobQueue
from rag.catalog.trail.rows import AUDIT_EVENTS
from rag.errors import CatalogDamagedError, CatalogUnavailableError, ConfigurationError
from tests.support.builders.register import Register

_VERSION_0_1_0 = """
CREATE TABLE documents (id VARCHAR(32) PRIMARY KEY,
    tenant VARCHAR(64) NOT NULL,
    collection VARCHAR(64) NOT NULL,
    name VARCHAR(255) NOT NULL,
    active_version_id VARCHAR(32),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL);
CREATE UNIQUE INDEX documents_by_name ON documents (tenant, collection, name);
CREATE TABLE versions (id VARCHAR(32) PRIMARY KEY,
    document_id VARCHAR(32) NOT NULL,
    tenant VARCHAR(64) NOT NULL,
    collection VARCHAR(64) NOT NULL, sha256 VARCHAR(64) NOT NULL,
    media_type VARCHAR(127) NOT NULL,
    size_bytes INTEGER NOT NULL,
    state VARCHAR(16) NOT NULL,
    title TEXT NOT NULL,
    page_count INTEGER,
    chunk_count INTEGER NOT NULL,
    warnings TEXT NOT NULL,
    error_code VARCHAR(64),
    error_detail TEXT,
    created_at TIMESTAMP NOT NULL);
CREATE INDEX ix_versions_document_id ON versions (document_id);
CREATE INDEX ix_versions_sha256 ON versions (sha256);
CREATE INDEX ix_versions_state ON versions (state);
CREATE TABLE jobs (id VARCHAR(32) PRIMARY KEY,
    document_id VARCHAR(32) NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    version_id VARCHAR(32) NOT NULL UNIQUE,
    state VARCHAR(16) NOT NULL,
    stage VARCHAR(16) NOT NULL,
    chunks_done INTEGER NOT NULL,
    chunks_total INTEGER NOT NULL,
    progress FLOAT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    started_at TIMESTAMP,
    finished_at TIMESTAMP);
CREATE INDEX ix_jobs_state ON jobs (state);
INSERT INTO documents VALUES ('d1', 'acme', 'manuals', 'a.txt', 'v2', '2025-01-01', '2025-01-03');
INSERT INTO documents VALUES ('d2', 'acme', 'manuals', 'b.txt', NULL, '2025-01-01', '2025-01-01');
INSERT INTO versions VALUES ('v1', 'd1', 'acme', 'manuals', 's1', 'text/plain', 3, 'purge', 'A', 1, 2, '',
    NULL, NULL, '2025-01-01');
INSERT INTO versions VALUES ('v2', 'd1', 'acme', 'manuals', 's2', 'text/plain', 3, 'ready', 'A', 1, 2, '',
    NULL, NULL, '2025-01-02');
INSERT INTO versions VALUES ('v3', 'd2', 'acme', 'manuals', 's2', 'text/plain', 3, 'processing', '', NULL, 0, '',
    NULL, NULL, '2025-01-02');
INSERT INTO jobs VALUES ('j2', 'd1', 'v2', 'succeeded', 'done', 2, 2, 1.0, 1, '2025-01-02', NULL, NULL);
INSERT INTO jobs VALUES ('j3', 'd2', 'v3', 'running', 'encoding', 1, 2, 0.5, 1, '2025-01-02', NULL, NULL)
"""

# Version 2 was asked for after version 1, which is still waiting, and is the active one.
_SCHEMA_0006 = """
INSERT INTO tenants VALUES ('acme', '2026-01-01');
INSERT INTO collections VALUES ('acme', 'manuals', '2026-01-01');
INSERT INTO documents VALUES ('d1', 'acme', 'manuals', 'a.txt', 'v2', '2026-01-02', '2026-01-01', '2026-01-02');
INSERT INTO blobs VALUES ('s1', 3, '2026-01-01');
INSERT INTO blobs VALUES ('s2', 3, '2026-01-02');
INSERT INTO versions VALUES ('v1', 'd1', 1, 's1', 'text/plain', 3, 'processing', '', NULL, 0, '', NULL, NULL,
    '2026-01-01');
INSERT INTO versions VALUES ('v2', 'd1', 2, 's2', 'text/plain', 3, 'ready', 'A', 1, 2, '', NULL, NULL, '2026-01-02');
INSERT INTO jobs (id, tenant, collection, document_id, version_id, name, state, stage, attempts, postponements, fence,
    pages_done, chunks_done, chunks_total, stage_started_with, available_at, requested_at, created_at) VALUES
    ('j2', 'acme', 'manuals', 'd1', 'v2', 'a.txt', 'succeeded', 'done', 1, 0, 1, 1, 2, 2, 0, '2026-01-01',
    '2026-01-02', '2026-01-02'),
    ('j1', 'acme', 'manuals', 'd1', 'v1', 'a.txt', 'queued', 'parsing', 0, 0, 0, 0, 0, 0, 0, '2026-01-01',
    '2026-01-01', '2026-01-01')
"""


def test_the_migrations_make_the_tables_that_the_code_describes(database: Database) -> None:
    assert METADATA.tables.keys() >= {USERS.name, AUDIT_EVENTS.name}  # described in modules of their own
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_REVISION


def test_a_catalogue_of_version_0_1_0_is_carried_over(database: Database) -> None:
    with database.write() as connection:
        for table in (*reversed(METADATA.sorted_tables), "alembic_version"):
            connection.execute(text(f"DROP TABLE {table}"))
        for statement in _VERSION_0_1_0.split(";"):
            connection.execute(text(statement))
    with database.write() as connection:
        bring_up_to_date(connection)
    document = Catalog(database).document("acme", "d1")
    assert (document.active_version_id, document.version_number, document.title) == ("v2", 1, "A")
    [purge] = Deletions(database).pending()
    assert (purge.version_id, purge.name, purge.index_only) == ("v1", "a.txt", False)
    assert JobBoard(database).job("acme", "j2").progress == 1.0
    task = JobQueue(database).claim("w")
    assert task is not None
    assert (task.job_id, task.version_id, task.chunks_done) == ("j3", "v3", 1)


def test_requests_that_were_ordered_by_the_clock_keep_their_order(database: Database) -> None:
    with database.write() as connection:
        for table in (*reversed(METADATA.sorted_tables), "alembic_version"):
            connection.execute(text(f"DROP TABLE {table}"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS_FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        for statement in _SCHEMA_0006.split(";"):
            connection.execute(text(statement))
    with database.write() as connection:
        bring_up_to_date(connection)
    register = Register(database)
    late = register.publish(register.claim())
    assert (late.job_id, register.job(late).superseded) == ("j1", True)
    assert register.catalog.document("acme", "d1").active_version_id == "v2"
    newer = register.take_in("s3")
    assert register.catalog.document("acme", "d1").active_version_id == newer.version_id


def test_versions_from_before_parsers_had_versions_were_read_by_the_first_one(database: Database) -> None:
    with database.write() as connection:
        for table in (*reversed(METADATA.sorted_tables), "alembic_version"):
            connection.execute(text(f"DROP TABLE {table}"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS_FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        for statement in _SCHEMA_0006.split(";"):
            connection.execute(text(statement))
        command.upgrade(config, "0007")
    with database.write() as connection:
        bring_up_to_date(connection)
    register = Register(database)
    assert [version.parser_version for version in register.catalog.versions("acme", "d1")] == [1, 1]
    assert {label.parser_version for label in register.catalog.labels()} == {1}
    register.publish(register.claim())
    assert register.rereads.state("acme").outdated == 1
    register.rereads.queue("acme")
    assert register.claim().reads_again == "v2"


def test_a_catalogue_of_a_newer_version_is_not_touched(database: Database, database_location: Path | str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer Citewell"):
        Database.open(database_location)


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense"])
def test_a_wrong_url_is_explained(url: str) -> None:
    with pytest.raises(ConfigurationError, match="URL"):
        Database.open(url)


def test_a_damaged_file_is_named_and_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    path.write_bytes(b"This is no database at all. " * 200)
    with pytest.raises(CatalogDamagedError, match="not a database"):
        Database.open(path)
    assert path.read_bytes().startswith(b"This is no database")


def test_a_server_that_does_not_answer_is_an_unavailable_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogUnavailableError):
        Database.open(f"postgresql://nobody@/none?host={tmp_path}")
