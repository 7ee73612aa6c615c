"""The pages run nothing but the service's own files."""

from __future__ import annotations

import re

import httpx
import pytest

from api.app import create_app
from api.middleware.hosts_and_bodies import PAGE_POLICY
from rag.settings import Settings

PAGES = ["/", "/docs", "/evals", "/evals/drafts"]


async def get(path: str) -> httpx.Response:
    transport = httpx.ASGITransport(create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path)


def test_the_policy_of_the_pages_allows_no_other_origin_and_nothing_inline() -> None:
    policy = dict(part.split(" ", 1) for part in PAGE_POLICY.split("; "))
    assert policy["default-src"] == "'none'"
    allowed = {source for sources in policy.values() for source in sources.split()}
    assert allowed == {"'none'", "'self'", "data:"}
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_sent_with_the_policy_and_keeps_to_it(path: str) -> None:
    page = await get(path)
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == PAGE_POLICY
    assert re.findall(r"<script(?![^>]*\bsrc=)", page.text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page.text) == []
    assert re.findall(r"(?:src|href)=\"(?!/|#)", page.text) == []


@pytest.mark.parametrize("path", PAGES)
async def test_every_file_that_a_page_names_is_there(path: str) -> None:
    page = await get(path)
    named = re.findall(r"(?:src|href)=\"(/(?:page|docs)/[^\"]+)\"", page.text)
    assert named
    for file in named:
        assert (await get(file)).status_code == 200, file
