"""What can go wrong when somebody signs in."""

from __future__ import annotations

from server.errors import Clash, NotSignedIn


class WrongLogin(NotSignedIn):
    """Unknown login, wrong password or a disabled user: all look the same."""

    slug = "wrong-login"
    text = "用户名或密码不正确。 The login or the password is wrong."


class SessionOver(NotSignedIn):
    """The token is unknown, expired or revoked."""

    slug = "session-over"
    text = "登录已失效，请重新登录，待传记录仍在手机里。 Sign in again; your outbox stays."


class DeviceTaken(Clash):
    """A device id belongs to one user; on a shared phone every user has one of their own."""

    slug = "device-taken"
    text = "此终端编号已被占用，请重新生成。 This device id is taken; make a new one."
