"""A proxy in front that has recognised the user, https in front, and addresses of clients behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from api.server import bind, serving
from rag.settings import SecuritySettings, ServerSettings
from tests.support.servers.people import PASSWORD, add_user, people_of, with_logins
from tests.support.servers.service import problem

pytestmark = pytest.mark.integration
HEADER = "X-Forwarded-User"


@contextmanager
def service(folder: Path, **security: object) -> Iterator[httpx.Client]:
    settings = with_logins(folder / "data", **security).model_copy(update={"server": ServerSettings(port=0)})
    with people_of(settings) as people:
        add_user(people, "rita")
    with bind(settings.server) as listener, serving(settings, listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, timeout=60, headers={"Origin": url}) as client:
            yield client


def test_the_header_of_a_named_proxy_says_who_calls(tmp_path: Path) -> None:
    with service(tmp_path, proxies=["127.0.0.1"], proxy_user_header=HEADER) as client:
        me = client.get("/v1/me", headers={HEADER: "Rita"}).json()
        assert (me["name"], me["via"]) == ("rita", "proxy")
        assert problem(client.get("/v1/me")) == (401, "login_required")
        assert problem(client.get("/v1/me", headers={HEADER: "stranger"})) == (401, "login_required")
        assert client.get("/v1/sessions", headers={HEADER: "rita"}).json() == {"sessions": []}


@pytest.mark.parametrize(
    "security",
    [
        {},
        {"proxies": ["127.0.0.1"]},
        {"proxies": ["10.0.0.5"], "proxy_user_header": HEADER},
    ],
    ids=["off", "proxies without a header", "another proxy"],
)
def test_the_header_of_others_says_nothing(tmp_path: Path, security: dict[str, object]) -> None:
    with service(tmp_path, **security) as client:
        headers = {HEADER: "rita", "X-Forwarded-For": "10.0.0.5", "Forwarded": "for=10.0.0.5"}
        assert problem(client.get("/v1/me", headers=headers)) == (401, "login_required")


def test_behind_https_the_cookie_has_the_strictest_name(tmp_path: Path) -> None:
    body = {"name": "rita", "password": PASSWORD}
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    with service(tmp_path, proxies=["127.0.0.1"]) as client:
        [cookie] = client.post("/v1/login", json=body, headers=forwarded).headers.get_list("set-cookie")
        assert cookie.startswith("__Host-citewell_session=")
        assert "Secure" in cookie.split("; ")
        [plain] = client.post("/v1/login", json=body).headers.get_list("set-cookie")
        assert plain.startswith("citewell_session=")
    with service(tmp_path / "other", public_url="https://citewell.example.org/") as client:
        [cookie] = client.post("/v1/login", json=body).headers.get_list("set-cookie")
        assert cookie.startswith("__Host-citewell_session=")


def test_guesses_are_counted_for_the_client_behind_the_proxy(tmp_path: Path) -> None:
    def guess(number: int, address: str) -> int:
        headers = {"X-Forwarded-For": address}
        return client.post("/v1/login", json={"name": f"u{number}", "password": "guess"}, headers=headers).status_code

    with service(tmp_path, proxies=["127.0.0.1"]) as client:
        assert {guess(number, "192.0.2.7") for number in range(20)} == {401}
        assert guess(20, "192.0.2.7") == 429
        assert guess(21, "192.0.2.8") == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"proxy_user_header": HEADER},
        {"proxies": ["not an address"]},
        {"public_url": "citewell.example.org"},
        {"oidc": {"issuer": "https://login.example.org"}},
        {"oidc": {"issuer": "http://login.example.org", "client_id": "c"}},
        {"new_user_roles": ["king"]},
    ],
)
def test_settings_that_would_be_unsafe_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SecuritySettings.model_validate(wrong)
