"""What can go wrong with a second factor."""

from __future__ import annotations

from typing import Any

from server.errors import Clash, Invalid, NotSignedIn


class CodeNeeded(NotSignedIn):
    """The password is right, and this person has a second factor: `challenge` stands for it."""

    slug = "code-needed"
    text = (
        "请输入验证器上的 6 位验证码（或一个备用码）。"
        " Send the code of your authenticator, or a recovery code, with `challenge` to `answer_at`."
    )

    def __init__(self, challenge: str) -> None:
        super().__init__()
        self.members: dict[str, Any] = {
            "challenge": challenge,
            "answer_at": "/api/v1/sessions/code",
        }


class WrongCode(NotSignedIn):
    """A code that is wrong, over or used, or a challenge that is over: all look the same."""

    slug = "wrong-code"
    text = (
        "验证码不正确或已用过，请等下一个；超过五分钟请重新登录。"
        " The code is wrong or was used: wait for the next one; after five minutes sign in again."
    )


class WrongProof(Invalid):
    """The password or the code that should prove the asker once more."""

    slug = "wrong-proof"
    text = (
        "密码或验证码不正确（启用两步验证的须两者都填）。 The password or the code is wrong;"
        " whoever has a second factor sends both."
    )


class FactorStands(Clash):
    """There is one already; it is taken away before another is enrolled."""

    slug = "second-factor-stands"
    text = "已启用两步验证，更换请先停用。 You have a second factor; remove it to enrol another."


class NoFactor(Clash):
    """There is none, or none that waits to be confirmed."""

    slug = "no-second-factor"
    text = "没有可操作的两步验证，请先登记。 There is no second factor here; enrol one first."
