"""What a phone is told when a whole request cannot be taken; single changes get outcomes."""

from __future__ import annotations

from server.errors import Malformed, NotYours, TryLater


class BadEnvelope(Malformed):
    """The envelope of a push or pull does not have the form of the protocol."""

    slug = "bad-envelope"
    text = "同步请求格式有误，请更新应用。 The sync request is malformed; update the app."


class OtherDevice(NotYours):
    """The device in the envelope is not the one that is signed in."""

    slug = "other-device"
    text = "终端与登录不符，请重新登录。 The device is not the one signed in; sign in again."


class DiskLow(TryLater):
    """Below the disk threshold pushes wait, reads go on."""

    slug = "disk-low"
    text = "服务器磁盘空间不足，记录请暂存手机。 The disk is low; pushes wait, nothing is lost."
