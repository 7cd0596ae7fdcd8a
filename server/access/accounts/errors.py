"""What can go wrong with accounts: who is given what, invitations, passwords, devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.errors import Clash, Invalid, NotFound, NotYours


class NotYourself(NotYours):
    """Nobody gives, takes, disables or invites themselves."""

    slug = "not-yourself"
    text = (
        "不能给自己授权、停用或发邀请码，请由另一位管理员办理。 Ask another administrator for it."
    )


class NotToGive(NotYours):
    """The role, or the place, is not the asker's to give."""

    slug = "not-to-give"
    text = "您无权在此处授予或收回该角色。 This role at this place is not yours to give or take."


class CellsMove(Invalid):
    """Who serves a cell is changed by a move, with a preview."""

    slug = "cells-move"
    text = "网格分工请用“调整”（/moves）预览后办理。 Who serves a cell is changed under /moves."


class BadSpan(Invalid):
    """From–to that is past, or ends before it begins."""

    slug = "bad-span"
    text = "起止时间有误：不得早于现在，止须晚于起。 From and to: not in the past, the end after."


class AlreadyHeld(Clash):
    """The same role at the same place at the same time."""

    slug = "already-held"
    text = "该用户此时已在此处任此角色。 This user holds this role here at that time already."


class AssignmentNotFound(NotFound):
    """No assignment has this id."""

    slug = "assignment-not-found"
    text = "没有这项分工。 There is no such assignment."


class AssignmentOver(Clash):
    """It has ended: who served until then is history."""

    slug = "assignment-over"
    text = "这项分工已结束。 This assignment has ended."


class LastAdministrator(Clash):
    """Without this one nobody of the kind would be left."""

    slug = "last-administrator"
    text = (
        "这是最后一名该类管理员，请先任命他人。 "
        "This is the last administrator of the kind: appoint another one first."
    )


class UserDisabled(Clash):
    """Somebody who is disabled is given nothing."""

    slug = "user-disabled"
    text = "该账号已停用，请先启用。 This account is disabled: enable it first."


class AtTheKeyboard(NotYours):
    """The forgotten password of who administers, or decides without a second factor."""

    slug = "at-the-keyboard"
    text = (
        "管理员，以及未启用动态码的主管和县级人员，密码只能在服务器上重设（wangge user invite）。 "
        "The password of an administrator, or of a supervisor or county officer without a second "
        "factor, is renewed at the server: wangge user invite."
    )


class BadInvitation(Invalid):
    """Unknown, used, replaced or over: all look the same."""

    slug = "bad-invitation"
    text = (
        "邀请码无效或已过期，请向管理员索取新码。 "
        "This invitation is not valid, or not any more: ask for a new one."
    )


class BadPassword(Invalid):
    """A new password that cannot be."""

    slug = "bad-password"
    text = (
        "密码至少 10 位，且不同于用户名。 "
        "A password has at least 10 characters and is not the login."
    )


class DeviceNotFound(NotFound):
    """No device of this user has this id."""

    slug = "device-not-found"
    text = "没有这台终端。 There is no such device."


class TooManyDevices(Clash):
    """A user has so many devices: one goes before another comes. `members` says which there are."""

    slug = "too-many-devices"
    text = (
        "终端已达上限，请选一台停用（device.instead_of 填其编号）后再登录。 "
        "You have as many devices as one may: name one to revoke as device.instead_of."
    )

    def __init__(self, devices: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__()
        self.members: dict[str, Any] = {"devices": list(devices)}
