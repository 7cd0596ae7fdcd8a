"""What can go wrong with notices and with those who receive them."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound


class BadTarget(Invalid):
    """An address to which nothing can be sent, or not safely."""

    slug = "bad-target"
    text = "接收地址有误。 This is no address to which notices can be sent."


class NoSuchTarget(NotFound):
    """No webhook or mail address has this name."""

    slug = "no-such-target"
    text = "没有这个接收方，见 wangge webhook list。 No target has this name."


class TargetNameTaken(Clash):
    """Two with one name could not be told apart."""

    slug = "target-name-taken"
    text = "该名称已被使用，请另取一个。 This name is taken; choose another."


class NoSuchNotice(NotFound):
    """There is no such notice, and no such delivery."""

    slug = "no-such-notice"
    text = "没有这条通知。 There is no such notice."


class NothingToRetry(Clash):
    """Nothing of it was given up, or its targets are stopped or removed."""

    slug = "nothing-to-retry"
    text = (
        "没有可重发的：未失败，或接收方已停用、移除。 "
        "Nothing to try again: nothing of it is dead, or its target is stopped or removed."
    )
