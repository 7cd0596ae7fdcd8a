"""What can go wrong with erasing."""

from __future__ import annotations

from server.errors import Clash, NotFound, WanggeError


class NothingToErase(NotFound):
    """There is no such row, and no erasure of it."""

    slug = "nothing-to-erase"
    text = "没有这条记录。 There is no such household or visit."


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
