"""The county's identity provider: what it says about itself, its keys, and tokens for codes."""

from __future__ import annotations

import base64
import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final
from urllib.parse import quote, urlencode

from server.access.federation.errors import BadAnswer, ProviderAway
from server.access.federation.exchange import ask
from server.access.federation.rules import (
    Identified,
    Metadata,
    UnknownKey,
    identified,
    keys_of,
    metadata_of,
)
from server.settings import Oidc

log = logging.getLogger("wangge.federation")

KEPT: Final = timedelta(minutes=10)
RENEWED: Final = timedelta(minutes=1)  # before a key that nobody knows is looked for once more

_lock = Lock()
_kept: dict[str, tuple[datetime, dict[str, Any]]] = {}


def metadata(oidc: Oidc, now: datetime) -> Metadata:
    """What the provider says about itself; asked every ten minutes. Raises ProviderAway."""
    address = f"{oidc.issuer.rstrip('/')}/.well-known/openid-configuration"
    return metadata_of(_document(address, now, KEPT), oidc.issuer)


def redeem(said: Metadata, oidc: Oidc, code: str, verifier: str, back: str) -> str:
    """The ID token for a code. Raises BadAnswer, ProviderAway."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": verifier,
    }
    headers = {}
    if said.basic:
        pair = ":".join(quote(part, safe="") for part in (oidc.client_id, oidc.client_secret))
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": oidc.client_id, "client_secret": oidc.client_secret}
    status, told = ask(said.token, urlencode(form), headers)
    token = told.get("id_token")
    if status == 200 and isinstance(token, str):
        return token
    why = told.get("error")
    log.warning("the provider gave no token: %s %.40r", status, why)
    # That it does not know us is not the fault of whoever signs in.
    raise BadAnswer if status == 400 and why != "invalid_client" else ProviderAway


def identify(said: Metadata, oidc: Oidc, token: str, nonce: str, now: datetime) -> Identified:
    """Who an ID token is about. Raises BadAnswer, ProviderAway."""
    try:
        return identified(token, keys_of(_document(said.keys, now, KEPT)), oidc, nonce, now)
    except UnknownKey:
        keys = keys_of(_document(said.keys, now, RENEWED))
        return identified(token, keys, oidc, nonce, now)


def _document(address: str, now: datetime, span: timedelta) -> dict[str, Any]:
    with _lock:
        found = _kept.get(address)
    if found and abs(now - found[0]) < span:
        return found[1]
    status, told = ask(address)
    if status != 200 or not told:
        log.warning("the provider does not answer as one: %s", status)
        raise ProviderAway
    with _lock:
        _kept[address] = (now, told)
    return told
