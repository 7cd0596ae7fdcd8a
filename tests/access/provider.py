"""A county's identity provider, made of Authlib: honest unless a story says otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

from server.settings import Oidc
from tests.smallcounty import Clock

CLIENT, SECRET = "wangge", "示例 secret+%"
HOME = "https://wangge.example"
BACK = f"{HOME}/sign-in/provider/back"


@cache
def es256(name: str = "k1") -> ECKey:
    """A key of the provider."""
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


@cache
def rs256(name: str = "r1") -> RSAKey:
    """Another kind of key."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@dataclass
class Provider:
    """What it says, and to whom."""

    clock: Clock
    issuer: str = ""
    subject: str | None = "p-1001"  # who sits at the browser; None: they decline
    claims: dict[str, Any] = field(default_factory=dict)  # beside, or instead of, the honest ones
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = None  # signs, instead of the one that is published
    published: list[Any] = field(default_factory=lambda: [es256("k1")])
    about: dict[str, Any] = field(default_factory=dict)  # itself, in the discovery document
    token: Callable[[str], str] = str  # what becomes of an ID token
    broken: Callable[[], Response] | None = None  # its token endpoint, otherwise
    asked: list[str] = field(default_factory=list)  # paths, in order
    codes: dict[str, Code] = field(default_factory=dict)

    @property
    def settings(self) -> Oidc:
        """As a county would set it up."""
        return Oidc(self.issuer, CLIENT, SECRET, "示例身份平台 sample identity", frozenset({"otp"}))

    def visit(self, url: str) -> str:
        """The browser goes to the provider: where it is sent from there."""
        where = _sent_on(url)
        assert where.startswith(BACK), where
        return where.removeprefix(HOME)


@contextmanager
def running(clock: Clock) -> Iterator[Provider]:
    """A provider that answers on a port of its own, and ends with the story."""
    provider = Provider(clock)
    server = make_server("127.0.0.1", 0, _app(provider), request_handler=_Quiet, threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Code:
    """What was granted, once."""

    code: str
    subject: str
    asked: dict[str, str]

    @property
    def code_challenge(self) -> str | None:
        return self.asked.get("code_challenge")

    @property
    def code_challenge_method(self) -> str | None:
        return self.asked.get("code_challenge_method")

    def get_redirect_uri(self) -> str:
        return self.asked["redirect_uri"]

    def get_scope(self) -> str:
        return self.asked["scope"]

    def get_nonce(self) -> str | None:
        return self.asked.get("nonce")

    def get_auth_time(self) -> None:
        return None

    get_acr = get_amr = get_auth_time


class _Client:
    """Us."""

    client_id = CLIENT
    id_token_signed_response_alg = None

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri == BACK

    def check_client_secret(self, secret: str) -> bool:
        return secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


class _Quiet(WSGIRequestHandler):
    def log(self, *args: Any) -> None:
        """Nothing on the terminal of the tests."""


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        """The answer itself is looked at."""


def _sent_on(url: str) -> str:
    try:
        build_opener(ProxyHandler({}), _Stay).open(url, timeout=10).close()
    except HTTPError as answer:
        with answer:
            return str(answer.headers.get("Location", answer.code))
    return "nowhere"


def _app(provider: Provider) -> Flask:
    app = Flask("provider")
    server = AuthorizationServer(
        app,
        query_client=lambda name: _Client() if name == CLIENT else None,
        save_token=lambda token, request: None,
    )
    server.register_grant(_grant(provider), [CodeChallenge(), _tokens(provider)])

    @app.before_request
    def _note() -> None:
        from flask import request

        provider.asked.append(request.path)

    @app.get("/.well-known/openid-configuration")
    def about() -> Response:
        said = {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            "jwks_uri": f"{provider.issuer}/jwks",
        }
        return jsonify({**said, **provider.about})

    @app.get("/jwks")
    def keys() -> Response:
        return jsonify(KeySet(provider.published).as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(provider.subject or "somebody")
        return server.create_authorization_response(grant_user=provider.subject, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return provider.broken() if provider.broken else server.create_token_response()

    return app


def _grant(provider: Provider) -> Any:
    class Grant(grants.AuthorizationCodeGrant):  # type: ignore[misc] # Authlib is untyped
        def save_authorization_code(self, code: str, request: Any) -> None:
            provider.codes[code] = Code(code, request.user, dict(request.payload.data))

        def query_authorization_code(self, code: str, client: Any) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, code: Code) -> None:
            del provider.codes[code.code]

        def authenticate_user(self, code: Code) -> str:
            return code.subject

    return Grant


def _tokens(provider: Provider) -> Any:
    class Tokens(OpenIDCode):  # type: ignore[misc] # Authlib is untyped
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(code.get_nonce() == nonce for code in provider.codes.values())

        def encode_id_token(self, token: Any, request: Any) -> str:
            now = int(provider.clock.now.timestamp())
            code = request.authorization_code
            honest = {
                "iss": provider.issuer,
                "sub": code.subject,
                "aud": CLIENT,
                "iat": now,
                "exp": now + 300,
                "nonce": code.get_nonce(),
            }
            claims = {k: v for k, v in {**honest, **provider.claims}.items() if v is not None}
            key = provider.key or provider.published[0]
            algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
            header = {"alg": algorithm, "kid": provider.published[0].kid, **provider.header}
            return provider.token(jwt.encode(header, claims, key, [header["alg"]]))

    return Tokens()


def said(status: int, body: Any) -> Callable[[], Response]:
    """An answer of another making."""
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda: Response(text, status, content_type="application/json")
