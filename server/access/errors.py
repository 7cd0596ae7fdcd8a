"""What can go wrong when somebody signs in, or is given a login and a role."""

from __future__ import annotations

from typing import ClassVar

from server.errors import Clash, Invalid, NotFound, NotSignedIn, NotYours


class WrongLogin(NotSignedIn):
    """Unknown login, wrong password or a disabled user: all look the same."""

    slug = "wrong-login"
    text = "用户名或密码不正确。 The login or the password is wrong."


class SessionOver(NotSignedIn):
    """The token is unknown, expired or revoked."""

    slug = "session-over"
    text = "登录已失效，请重新登录，待传记录仍在手机里。 Sign in again; your outbox stays."


class DeviceRevoked(NotYours):
    """The device was reported lost: it may deliver what it holds, and nothing else."""

    slug = "device-revoked"
    text = (
        "此终端已停用，仅可上传待传记录。 This device was revoked; it may only deliver its outbox."
    )


class ProveAgain(NotYours):
    """A sensitive act, and the asker proved who they are longer ago than ten minutes."""

    slug = "prove-again"
    text = (
        "此操作需再次确认本人：请提交密码（启用两步验证的，连同验证码）后重试。"
        " Prove again who you are: POST the password, and the code of your second factor if you"
        " have one, to `prove_at`; then send this again."
    )
    members: ClassVar = {"prove_at": "/api/v1/sessions/current/proof"}


class SecondFactorNeeded(NotYours):
    """The role asks for a second factor, and this person has none yet."""

    slug = "second-factor-needed"
    text = (
        "您的角色须启用两步验证，请先登记验证器。 "
        "Your role needs a second factor: enrol one at `enrol_at` first."
    )
    members: ClassVar = {"enrol_at": "/api/v1/sessions/current/second-factor"}


class DeviceTaken(Clash):
    """A device id belongs to one user; on a shared phone every user has one of their own."""

    slug = "device-taken"
    text = "此终端编号已被占用，请重新生成。 This device id is taken; make a new one."


class LoginTaken(Clash):
    """Another user has this login."""

    slug = "login-taken"
    text = "用户名已被占用，请换一个。 This login is taken; choose another one."


class BadUser(Invalid):
    """A login or password that cannot be."""

    slug = "bad-user"
    text = (
        "用户名为 2–40 位小写字母、数字、点、横线；密码至少 10 位，且不同于用户名。 "
        "A login has 2 to 40 of a–z, 0–9, dot and dash; a password at least 10 characters, "
        "and is not the login."
    )


class UserNotFound(NotFound):
    """Nobody has this login."""

    slug = "user-not-found"
    text = "没有这个用户，见 wangge user list。 Nobody has this login; see `wangge user list`."


class OfficeNotFound(NotFound):
    """The Area has no lead Office, or no Office has this id."""

    slug = "office-not-found"
    text = (
        "没有这个承办单位，请先 wangge office add。 "
        "There is no such Office: add it with `wangge office add` first."
    )


class RolesApart(Clash):
    """An administrator holds this one role, and none beside it at any time."""

    slug = "roles-apart"
    text = (
        "系统、安全、审计管理员不得兼任，也不得兼办业务。 "
        "An administrator holds one of the three roles and no other role at the same time."
    )


class WrongPlace(Invalid):
    """A role is held on a place of another kind."""

    slug = "wrong-place"
    text = "该角色不能设在此处。 This role is not held on a place of this kind."
