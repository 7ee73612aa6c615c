from rag.catalog.access.tenant_rows import EXPORTED, NOT_EXPORTED, SHARED
from rag.catalog.database.tables import INDEXES, INSTALLATION, METADATA, MODEL_ENDPOINTS
from rag.catalog.trail.rows import AUDIT_ANCHORS, AUDIT_EVENTS, AUDIT_TEXTS

OF_NO_TENANT = {INDEXES, INSTALLATION, MODEL_ENDPOINTS, AUDIT_ANCHORS, METADATA.tables["login_failures"]}
OF_THE_TRAIL = {AUDIT_EVENTS, AUDIT_TEXTS}


def test_every_table_is_exported_or_left_out_for_a_reason() -> None:
    named = [*EXPORTED, *NOT_EXPORTED, *SHARED, *OF_NO_TENANT, *OF_THE_TRAIL]
    assert len(named) == len(set(named))
    assert set(named) == set(METADATA.tables.values())
