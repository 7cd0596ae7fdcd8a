"""What can go wrong with sealed fields and their keys."""

from __future__ import annotations

from server.errors import Clash, WanggeError


class SealBroken(WanggeError):
    """A sealed value does not open: another key, another column or row, or it was altered."""

    slug = "seal-broken"
    text = "加密字段无法打开，请检查密钥。 A sealed field does not open; check the keys."


class KeyInUse(Clash):
    """A key that still seals something, or seals what comes, cannot go."""

    slug = "key-in-use"
    text = "该密钥仍在使用。 This key is still in use."


class NotAllResealed(Clash):
    """Some values are still under an older key."""

    slug = "not-all-resealed"
    text = (
        "仍有未重新加密的行：正被他人占用或无法解密。请再次运行，并见 wangge keys list。 "
        "Some rows are held by others or do not open: run it again; see `wangge keys list`."
    )
