"""What can go wrong between a county's identity provider and us."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound, NotSignedIn, NotYours, TryLater


class NoProvider(NotFound):
    """This county signs nobody in elsewhere."""

    slug = "no-provider"
    text = (
        "本县未启用统一身份认证，请用密码登录。 "
        "No identity provider is set up here: sign in with a password."
    )


class ProviderAway(TryLater):
    """It does not answer, or not as a provider would: nothing is wrong with whoever signs in."""

    slug = "provider-away"
    text = (
        "统一身份认证暂时无法使用，请用密码登录，或稍后再试。 "
        "The identity provider cannot be reached: sign in with your password, or try later."
    )


class BadAnswer(NotSignedIn):
    """Not an answer to what this browser asked, or not one to be trusted: all look the same."""

    slug = "provider-answer"
    text = (
        "统一身份认证没有完成或已过期，请重新登录。 "
        "Signing in with the identity provider was not completed, or is over: begin again."
    )


class NotLinked(NotYours):
    """The provider knows this person; nobody has said which user that is, or the user is disabled.

    The number is told, to whom it belongs: it is what the administrator links.
    """

    slug = "not-linked"
    text = (
        "您的统一身份尚未关联本系统用户，或用户已停用，请联系系统管理员。 "
        "This identity is not linked with an active user here: ask the system administrator."
    )

    def __init__(self, subject: str | None = None) -> None:
        told = subject and (
            f"您的统一身份（编号 {subject}）尚未关联本系统用户，或用户已停用，"
            "请把编号告诉系统管理员。 "
            f"Your identity ({subject}) is not linked with an active user here: tell the system"
            " administrator this number."
        )
        super().__init__(told or None)


class LinkTaken(Clash):
    """This identity is somebody's already."""

    slug = "link-taken"
    text = (
        "此统一身份已关联另一用户，请先解除。 "
        "This identity is linked with another user: unlink it there first."
    )


class BadSubject(Invalid):
    """What cannot be a subject of a provider."""

    slug = "bad-subject"
    text = (
        "编号应为 1–255 个可见英文字符。 "
        "A subject has 1 to 255 visible ASCII characters; the provider shows it."
    )


class LinkNotFound(NotFound):
    """No such identity is linked with this user."""

    slug = "external-login-not-found"
    text = "该用户没有关联这个统一身份。 This user is not linked with that identity."
