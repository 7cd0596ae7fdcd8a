"""What can go wrong with erasing."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound, WanggeError


class NothingToErase(NotFound):
    """There is no such row, and no erasure of it."""

    slug = "nothing-to-erase"
    text = "没有这条记录。 There is no such household, visit, party or case."


class AlreadyErased(Clash):
    """Somebody asked for it before; once is enough."""

    slug = "already-erased"
    text = "已申请删除，无需重复。 This was asked for before; once is enough."


class RegisterDamaged(WanggeError):
    """The register of erased persons cannot be read: they might come back, so nothing opens."""

    slug = "register-damaged"
    text = (
        "已删除名册损坏，请用副本恢复该文件后再启动。 "
        "The register of erased persons is damaged: restore that file from its copy, then start."
    )


class CaseStillOpen(Clash):
    """Its purpose is not over while somebody mediates it."""

    slug = "case-still-open"
    text = (
        "案件尚在办理，结案后方可删除案卷。 "
        "The case is still open: its file can be erased once it has ended."
    )


class MentionNotFound(NotFound):
    """There is no such text to be read."""

    slug = "mention-not-found"
    text = "没有这条待核文字。 There is no such text to be read."


class MentionDecided(Clash):
    """Somebody has decided it, and it was carried out."""

    slug = "mention-decided"
    text = "这条文字已处理。 This text was dealt with before."


class BadWording(Invalid):
    """A text of history is removed or stays: it was vouched for as it is."""

    slug = "bad-wording"
    text = (
        "办理记录中的文字只能删除或保留，不能改写；其他文字改写时须写明新文字。 "
        "What history says is removed or stays; any other text is reworded by saying the new one."
    )
