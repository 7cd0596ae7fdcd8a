"""What a provider must say, and what of it counts. Pure.

OpenID Connect Core 1.0 (3.1.2, 3.1.3.7), Discovery 1.0 (4.3), RFC 7636 (PKCE), RFC 9207 (`iss`).
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from server.access.federation.errors import BadAnswer, ProviderAway

FLOW: Final = timedelta(minutes=10)  # from our door to the provider's and back
FRESH: Final = timedelta(minutes=10)  # as everywhere: server/access/door.py
ALGORITHMS: Final = ("RS256", "ES256")
_LEEWAY: Final = 60  # seconds that two clocks may differ by
_KINDS: Final = ("RSA", "EC")
_HERE: Final = ("localhost", "127.0.0.1", "::1")


class Client(Protocol):
    """Whom the provider knows us as: server/settings.py."""

    @property
    def issuer(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def factors(self) -> Collection[str]: ...


class UnknownKey(BadAnswer):
    """Signed with a key that was not among these: the provider may have a new one."""

    slug = BadAnswer.slug


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says about itself."""

    authorize: str
    token: str
    keys: str
    basic: bool  # how we prove to it who we are: by a header, else in the form
    says_issuer: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """What this browser was sent away with; it must come back with the answer to this."""

    state: str
    nonce: str
    verifier: str
    next: str


@dataclass(frozen=True, slots=True)
class Identified:
    """Who it was, when they last proved it there, and whether with a second factor."""

    subject: str
    proved_at: datetime | None
    factor: bool


def metadata_of(document: Mapping[str, Any], issuer: str) -> Metadata:
    """Read the discovery document. Raises ProviderAway: it is another's, or without TLS."""
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    authorize, token, keys = (document.get(name) for name in names)
    if document.get("issuer") != issuer or not all(map(_may_be_asked, (authorize, token, keys))):
        raise ProviderAway
    ways = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        str(authorize),
        str(token),
        str(keys),
        basic="client_secret_basic" in ways,
        says_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def where_to(metadata: Metadata, oidc: Client, flow: Flow, back: str, *, anew: bool) -> str:
    """The address that a browser is sent to; `anew`: the person is to prove it once more."""
    asked = {
        "response_type": "code",
        "client_id": oidc.client_id,
        "redirect_uri": back,
        "scope": "openid",
        "state": flow.state,
        "nonce": flow.nonce,
        "code_challenge": _unpadded(sha256(flow.verifier.encode()).digest()),
        "code_challenge_method": "S256",
        **({"prompt": "login", "max_age": "0"} if anew else {}),
    }
    joint = "&" if urlsplit(metadata.authorize).query else "?"
    return f"{metadata.authorize}{joint}{urlencode(asked)}"


def checked_code(answer: Mapping[str, str], metadata: Metadata, issuer: str) -> str:
    """The code of an answer, if it is of this very provider. Raises BadAnswer."""
    said = answer.get("iss")
    mixed_up = said != issuer if said is not None else metadata.says_issuer
    code = answer.get("code", "")
    if mixed_up or "error" in answer or not code:
        raise BadAnswer
    return code


def keys_of(document: Mapping[str, Any]) -> KeySet:
    """The keys that a provider signs with, those of other kinds aside. Raises ProviderAway."""
    found = document.get("keys")
    ours = [
        key
        for key in (found if isinstance(found, list) else ())
        if isinstance(key, dict) and key.get("kty") in _KINDS and key.get("use", "sig") == "sig"
    ]
    try:
        return KeySet.import_key_set({"keys": ours})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderAway from error


def identified(token: str, keys: KeySet, oidc: Client, nonce: str, now: datetime) -> Identified:
    """Who an ID token is about, if it is good. Raises BadAnswer; UnknownKey."""
    claims = _claims(token, keys)
    second = int(now.timestamp())
    try:
        jwt.JWTClaimsRegistry(
            now=second,
            leeway=_LEEWAY,
            iss={"essential": True, "value": oidc.issuer},
            aud={"essential": True, "value": oidc.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise BadAnswer from error
    foreign = isinstance(claims["aud"], list) and set(claims["aud"]) != {oidc.client_id}
    # One for several is good for whom it was made alone; for others it would be a key to our door.
    if claims.get("azp", None if foreign else oidc.client_id) != oidc.client_id:
        raise BadAnswer
    if not isinstance(claims["nonce"], str) or not good_subject(claims["sub"]):
        raise BadAnswer
    return Identified(claims["sub"], _proved(claims, now), _factor(claims, oidc.factors))


def good_subject(subject: str) -> bool:
    """Case-sensitive ASCII of at most 255 characters; nothing that looks like something else."""
    return 0 < len(subject) <= 255 and all("!" <= one <= "~" for one in subject)


def _claims(token: str, keys: KeySet) -> dict[str, Any]:
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadAnswer from error


def _proved(claims: Mapping[str, Any], now: datetime) -> datetime | None:
    """When the person proved who they are, where it is said and was but now."""
    said = claims.get("auth_time")
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        return None
    if abs(now.timestamp() - said) >= FRESH.total_seconds():
        return None
    return min(datetime.fromtimestamp(said, UTC), now)


def _factor(claims: Mapping[str, Any], counts: Collection[str]) -> bool:
    """By `amr` (a list) or `acr`, as the county has said which of their values count."""
    amr = claims.get("amr")
    said = [one for one in (amr if isinstance(amr, list) else ()) if isinstance(one, str)]
    acr = claims.get("acr")
    return bool(set(counts).intersection([*said, acr] if isinstance(acr, str) else said))


def _may_be_asked(url: Any) -> bool:
    """Over TLS; on this very machine without."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if port == 0 or not parts.hostname or not url.isascii() or not url.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
