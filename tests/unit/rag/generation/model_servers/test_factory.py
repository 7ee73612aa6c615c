from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rag.generation.model_servers.factory import installation_secret


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "cache_secret"
    secret = installation_secret(path)
    assert len(secret) == 32
    assert installation_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert installation_secret(tmp_path / "other") != secret


def test_processes_that_start_at_once_have_one_secret_and_leave_nothing_behind(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(installation_secret, [tmp_path / "cache_secret"] * 50))
    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["cache_secret"]
