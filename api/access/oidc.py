"""Logs users in at an OpenID Connect provider: the code flow with PKCE, state and nonce. The one door to Authlib."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from rag.errors import OidcError
from rag.settings import OidcSettings

_SCOPE = "openid email profile"
_DISCOVERY = "/.well-known/openid-configuration"
_ALGORITHMS = ("RS256", "ES256", "PS256", "RS384", "RS512", "ES384", "EdDSA")  # never "none", and no shared secrets
_TIMEOUT_SECONDS = 10.0
_CLOCKS_DIFFER_SECONDS = 60
ATTEMPT_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A login that has begun at the provider. It stays in a sealed cookie of the browser that began it.

    ``onward`` is the path to go on to.
    """

    state: str
    nonce: str
    verifier: str
    onward: str
    begun_at: float

    @classmethod
    def new(cls, onward: str) -> Attempt:
        """Returns an attempt with fresh secrets."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state=state, nonce=nonce, verifier=verifier, onward=onward, begun_at=time.time())

    def dump(self) -> str:
        """Returns it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Attempt:
        """Returns the attempt of a text that ``dump`` made.

        Raises:
            OidcError: it was begun too long ago.
        """
        attempt = cls(**json.loads(text))
        if time.time() - attempt.begun_at > ATTEMPT_SECONDS:
            raise OidcError("the login took too long")
        return attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Who the provider says has logged in. ``groups`` is None where the settings name no claim for them."""

    subject: str
    name: str
    groups: Sequence[str] | None


class Provider:
    """The provider of the settings."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings

    def begin(self, attempt: Attempt, *, return_to: str) -> str:
        """Returns the address where the browser logs in. Waits for the provider.

        Raises:
            OidcError: the provider does not answer as one does.
        """
        with self._client(return_to) as client:
            address, _ = client.create_authorization_url(
                self._discovered()["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(address)

    def finish(self, attempt: Attempt, *, state: str, code: str, return_to: str) -> Arrival:
        """Exchanges the code with which the browser has come back, and checks what the provider signed.

        Raises:
            OidcError: something does not fit, or the provider does not answer.
        """
        if not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise OidcError("the state is not that of the login that has begun")
        found = self._discovered()
        token = self._exchange(found["token_endpoint"], code, attempt.verifier, return_to=return_to)
        claims = self._checked(token, _fetched(found["jwks_uri"]), nonce=attempt.nonce)
        return self._arrival(claims)

    def _client(self, return_to: str) -> Any:  # noqa: ANN401 - Authlib has no types
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415 - it takes 0.1 s to load

        secret = self._settings.client_secret
        return OAuth2Session(
            self._settings.client_id,
            secret.get_secret_value() if secret else None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=_SCOPE,
            redirect_uri=return_to,
            code_challenge_method="S256",
        )

    def _discovered(self) -> Mapping[str, Any]:
        issuer = self._settings.issuer
        found = _fetched(issuer.rstrip("/") + _DISCOVERY)
        if found.get("issuer") != issuer:
            raise OidcError(f"it calls itself {found.get('issuer')!r}, not {issuer!r}")
        if missing := {"authorization_endpoint", "token_endpoint", "jwks_uri"} - found.keys():
            raise OidcError(f"it does not name its {', '.join(sorted(missing))}")
        return found

    def _exchange(self, address: str, code: str, verifier: str, *, return_to: str) -> str:
        """Returns the signed token for a code."""
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 - with Authlib

        asked = {"code": code, "code_verifier": verifier, "timeout": _TIMEOUT_SECONDS, "allow_redirects": False}
        try:
            with self._client(return_to) as client:
                tokens = client.fetch_token(address, **asked)
        except (OSError, AuthlibBaseError, ValueError) as error:  # all errors of requests are an OSError
            raise OidcError(f"the code was not taken: {type(error).__name__}") from error
        return str(tokens.get("id_token", ""))

    def _checked(self, token: str, keys: Mapping[str, Any], *, nonce: str) -> Mapping[str, Any]:
        from joserfc import jwt  # noqa: PLC0415 - with Authlib
        from joserfc.errors import JoseError  # noqa: PLC0415
        from joserfc.jwk import KeySet  # noqa: PLC0415

        registry = jwt.JWTClaimsRegistry(
            leeway=_CLOCKS_DIFFER_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            decoded = jwt.decode(token, KeySet.import_key_set({"keys": keys["keys"]}), algorithms=list(_ALGORITHMS))
            registry.validate(decoded.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise OidcError(f"its token does not hold: {type(error).__name__}") from error
        if decoded.claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise OidcError("its token is for another client")
        return decoded.claims

    def _arrival(self, claims: Mapping[str, Any]) -> Arrival:
        settings = self._settings
        name = claims.get(settings.name_claim)
        if not isinstance(name, str) or not name:
            raise OidcError(f"its token has no claim {settings.name_claim!r}")
        if settings.name_claim == "email" and claims.get("email_verified") is not True:
            raise OidcError("it has not verified the user's address of e-mail")
        groups = None
        if settings.groups_claim:
            named = claims.get(settings.groups_claim, [])
            groups = [str(each)[:64] for each in (named if isinstance(named, list) else [named]) if each]
        return Arrival(subject=f"{settings.issuer} {claims['sub']}", name=name, groups=groups)


def _fetched(address: str) -> Mapping[str, Any]:
    try:
        response = httpx.get(address, timeout=_TIMEOUT_SECONDS)
        body = response.raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise OidcError(f"{address} did not answer: {type(error).__name__}") from error
    if not isinstance(body, dict):
        raise OidcError(f"{address} did not answer with an object")
    return body
