"""Logins at an OpenID Connect provider that runs on this machine: the whole way, and every way that it may go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from rag.access.roles import TenantRole
from rag.catalog.access.people import People
from rag.settings import Settings
from tests.support.servers.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.support.servers.people import ORIGIN, people_of, with_logins
from tests.support.servers.service import running_client

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def settings(running: Provider, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    oidc = {"issuer": running.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "groups_claim": "groups"}
    return with_logins(tmp_path_factory.mktemp("service") / "data", oidc=oidc)


@pytest.fixture(scope="module")
def service(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with people_of(settings) as people:
        people.users.add("default", "anna@example.org", roles=[TenantRole.OWNER])
    with running_client(settings, tmp_path_factory.mktemp("socket") / "api.sock") as http:
        http.headers.update(ORIGIN)
        yield http


@pytest.fixture
def client(service: httpx.Client) -> httpx.Client:
    service.cookies.clear()
    return service


@pytest.fixture
def provider(running: Provider) -> Iterator[Provider]:
    """The provider, as it is at first."""
    fresh = replace(running, claims=Provider().claims)
    yield running
    for name in ("claims", "spoil", "signing_key"):
        setattr(running, name, getattr(fresh, name))


@pytest.fixture
def people(settings: Settings) -> Iterator[People]:
    with people_of(settings) as opened:
        yield opened


def way_back(client: httpx.Client, to: str = "/documents") -> str:
    """Begins a login, logs in at the provider, and returns the path with which the browser comes back."""
    begun = client.get("/login/oidc", params={"to": to})
    assert begun.status_code == 303
    returned = httpx.get(begun.headers["location"])
    assert returned.status_code == 303, returned.text
    assert returned.headers["location"].startswith("http://localhost/login/oidc/return?")
    return returned.headers["location"].removeprefix("http://localhost")


def is_refused(client: httpx.Client, path: str) -> bool:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?failed=oidc")
    return client.get("/v1/me").status_code == 401


def test_a_user_logs_in_at_the_provider_and_goes_on(client: httpx.Client, provider: Provider, people: People) -> None:
    provider.claims["groups"] = ["Personnel", "Works council"]
    path = way_back(client, "/documents?collection=staff")
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/documents?collection=staff")
    me = client.get("/v1/me").json()
    assert (me["name"], me["via"], me["has_password"]) == ("anna@example.org", "session", False)
    assert [group.name for group in people.groups.all("default")] == ["Personnel", "Works council"]
    assert people.users.named("anna@example.org").group_ids

    client.cookies.clear()
    provider.claims |= {"email": "renamed@example.org", "groups": []}
    client.get(way_back(client))
    assert client.get("/v1/me").json()["name"] == "anna@example.org"
    assert people.users.named("anna@example.org").group_ids == frozenset()


def test_the_way_to_the_provider_names_challenge_nonce_and_state(client: httpx.Client) -> None:
    begun = client.get("/login/oidc")
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("code_challenge", "nonce", "state"))
    [cookie] = begun.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))
    assert not any(asked[name][0] in cookie for name in ("nonce", "state"))


def _other_key() -> dict[str, Any]:
    return {"signing_key": RSAKey.generate_key(2048, {"kid": "k1"})}


@pytest.mark.parametrize(
    "wrong",
    [
        {"spoil": lambda claims: claims | {"nonce": "another"}},
        {"spoil": lambda claims: {name: value for name, value in claims.items() if name != "nonce"}},
        {"spoil": lambda claims: claims | {"aud": "another client"}},
        {"spoil": lambda claims: claims | {"aud": [CLIENT_ID, "other"], "azp": "other"}},
        {"spoil": lambda claims: claims | {"iss": "https://evil.example"}},
        {"spoil": lambda claims: claims | {"exp": claims["iat"] - 3_600}},
        {"spoil": lambda claims: claims | {"email_verified": False}},
        {"spoil": lambda claims: claims | {"email": ""}},
        {"spoil": lambda claims: claims | {"sub": "u2"}},
        {"spoil": lambda claims: claims | {"sub": "u3", "email": "stranger@example.org"}},
        _other_key(),
    ],
    ids=[
        "nonce",
        "no nonce",
        "audience",
        "party",
        "issuer",
        "expired",
        "unverified",
        "nameless",
        "subject",
        "new",
        "key",
    ],
)
def test_a_token_that_does_not_fit_logs_nobody_in(
    client: httpx.Client, provider: Provider, people: People, wrong: dict[str, Any]
) -> None:
    client.get(way_back(client))
    client.cookies.clear()
    for name, value in wrong.items():
        setattr(provider, name, value)
    assert is_refused(client, way_back(client))
    assert [user.name for user in people.users.all()] == ["anna@example.org"]


def test_a_code_counts_once_in_the_browser_that_began_and_with_its_state(
    client: httpx.Client, provider: Provider
) -> None:
    assert provider.issuer
    path = way_back(client)
    other = dict(client.cookies)
    client.cookies.clear()
    assert is_refused(client, path)
    client.cookies.update(other)
    assert is_refused(client, path.replace("state=", "state=x"))
    client.cookies.update(other)
    assert client.get(path).headers["location"] == "/documents"
    client.cookies.clear()
    client.cookies.update(other)
    assert is_refused(client, path)
    assert is_refused(client, "/login/oidc/return?error=access_denied")


def test_a_user_who_is_disabled_stays_out(client: httpx.Client, people: People, provider: Provider) -> None:
    provider.claims |= {"sub": "u9", "email": "left@example.org"}
    user = people.users.add("default", "left@example.org", roles=[TenantRole.READER])
    people.users.change("default", user.user_id, disabled=True)
    assert is_refused(client, way_back(client))
    people.users.remove("default", user.user_id)


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "x", "/a\nb"])
def test_the_way_on_stays_within_the_service(client: httpx.Client, provider: Provider, to: str) -> None:
    assert provider.issuer
    assert client.get(way_back(client, to)).headers["location"] == "/"


def test_the_login_page_offers_the_provider(client: httpx.Client, provider: Provider) -> None:
    page = client.get("/login").text
    assert urlsplit(provider.issuer).netloc in page
    assert 'class="elsewhere"' in page
    assert 'class="elsewhere" hidden' not in page


def test_who_comes_for_the_first_time_is_added_where_the_settings_say_so(
    provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    oidc = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "name_claim": "sub"}
    folder = tmp_path_factory.mktemp("another")
    settings = with_logins(folder / "data", oidc=oidc, new_user_roles=["reader"], new_user_tenant="guests")
    with running_client(settings, tmp_path_factory.mktemp("socket") / "api.sock") as client:
        client.get(way_back(client))
        me = client.get("/v1/me").json()
        assert (me["name"], me["tenant"], me["roles"]) == ("u1", "guests", ["reader"])
