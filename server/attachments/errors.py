"""What can be wrong with a file that is handed in."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound, TooLarge, TryLater, WrongKind


class AttachmentNotFound(NotFound):
    """It does not exist, or the asker may not know that it does."""

    slug = "attachment-not-found"
    text = "没有找到该附件。 No such attachment."


class OwnerNotFound(NotFound):
    """There is no such record, or the asker may not add to it."""

    slug = "attachment-owner-not-found"
    text = (
        "没有找到附件所属的记录，或您不能为它添加附件。"
        " No such record, or none that you may add to."
    )


class AttachmentLost(NotFound):
    """The file is not on the disk: the database was restored without its files."""

    slug = "attachment-lost"
    text = (
        "附件文件不在服务器上，请联系管理员从备份恢复。"
        " The file is not on the server; IT restores it from a backup."
    )


class UnknownKind(WrongKind):
    """Neither a picture that we read nor a PDF."""

    slug = "attachment-kind"
    text = "只接受 JPEG、PNG、WebP 图片和 PDF。 Only JPEG, PNG and WebP pictures and PDF are taken."


class BadAttachment(Invalid):
    """The file is empty, damaged or cut off."""

    slug = "bad-attachment"
    text = "文件为空或已损坏，请重新选择。 The file is empty or damaged; choose it again."


class WrongHash(Invalid):
    """What arrived is not what was sent."""

    slug = "attachment-hash"
    text = "文件在传输中损坏，请重新上传。 The file was damaged on the way; send it again."


class TooManyPixels(TooLarge):
    """The picture is larger than we decode."""

    slug = "too-many-pixels"
    text = (
        "图片尺寸过大，请缩小后上传。 The picture has more than 40 million pixels; make it smaller."
    )


class TooManyAttachments(Clash):
    """A record has as many attachments as it can."""

    slug = "too-many-attachments"
    text = "该记录的附件已达上限。 This record holds as many attachments as it can (50)."


class NoRoom(TryLater):
    """The disk is low: nothing was kept, the phone has it still."""

    slug = "no-room"
    text = (
        "服务器磁盘空间不足，附件请暂存手机。"
        " The disk is low; keep the file and send it again later."
    )
