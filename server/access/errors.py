"""What can go wrong when somebody signs in, or is given a login and a role."""

from __future__ import annotations

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


class WrongPlace(Invalid):
    """A role is held on a place of another kind."""

    slug = "wrong-place"
    text = "该角色不能设在此处。 This role is not held on a place of this kind."
