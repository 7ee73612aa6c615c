"""An OpenID Connect provider on this machine: discovery, keys, codes with PKCE, and signed tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Header, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.support.servers.page_server import serve

CLIENT_ID, CLIENT_SECRET = "citewell", "the client's own secret"  # of tests
Claims = dict[str, Any]


@dataclass(slots=True)
class Provider:
    """Logs everybody in at once, as the user of ``claims``. ``spoil`` may change a token before it is signed."""

    issuer: str = ""
    claims: Claims = field(default_factory=lambda: {"sub": "u1", "email": "anna@example.org", "email_verified": True})
    spoil: Callable[[Claims], Claims] = lambda claims: claims
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    signing_key: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": asked["client_id"], "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        header = {"alg": "RS256", "kid": "k1"}
        return jwt.encode(header, self.spoil(claims | self.claims), self.signing_key or self.key)


def provider_app(provider: Provider) -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, str]:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": provider.issuer} | {name: f"{provider.issuer}/{path}" for name, path in paths.items()}

    @app.get("/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/authorize")
    async def authorize(
        response_type: str,
        client_id: str,
        redirect_uri: str,
        scope: str,
        state: str,
        nonce: str,
        code_challenge: str,
        code_challenge_method: str,
    ) -> Response:
        if (response_type, client_id, code_challenge_method) != ("code", CLIENT_ID, "S256"):
            return JSONResponse({"error": "invalid_request"}, 400)
        assert "openid" in scope.split()
        code = secrets.token_urlsafe(16)
        asked = {"client_id": client_id, "redirect_uri": redirect_uri, "nonce": nonce, "challenge": code_challenge}
        provider.codes[code] = asked
        return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}", 303)

    @app.post("/token")
    async def token(
        grant_type: Annotated[str, Form()],
        code: Annotated[str, Form()],
        redirect_uri: Annotated[str, Form()],
        code_verifier: Annotated[str, Form()],
        authorization: Annotated[str, Header()],
    ) -> Response:
        basic = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        asked = provider.codes.pop(code, {})
        digest = hashlib.sha256(code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        known = (grant_type, basic, asked.get("redirect_uri"), asked.get("challenge"))
        if known != ("authorization_code", f"{CLIENT_ID}:{CLIENT_SECRET}", redirect_uri, challenge):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": provider.token(asked)})

    return app


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Runs a provider on the loopback. Its issuer is its address."""
    provider = Provider()
    with serve(provider_app(provider)) as url:
        provider.issuer = url
        yield provider
