"""What can go wrong with rules of retention."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound


class KindNotFound(NotFound):
    """No such kind of record."""

    slug = "retention-kind-not-found"
    text = "没有这类记录，见 wangge retention show。 No such kind: see `wangge retention show`."


class RuleFixed(Invalid):
    """A technical period that the protocol or the installation leans on."""

    slug = "retention-fixed"
    text = "此期限由系统决定，不能修改。 This period is the system's own and cannot be changed."


class RuleOff(Clash):
    """The county has not decided for how long this is kept."""

    slug = "retention-off"
    text = (
        "县里尚未决定此类记录的保管期限：wangge retention set。 "
        "The county has not decided how long this is kept: `wangge retention set`."
    )


class LookFirst(Invalid):
    """A person reads the list before anything of it goes."""

    slug = "retention-look-first"
    text = (
        "此类记录须先由人核对清单：wangge retention preview --out，再以 --list 执行。 "
        "A person reads the list first: `wangge retention preview --out`, then run it with --list."
    )


class BadList(Invalid):
    """The list is not one that a preview wrote."""

    slug = "bad-retention-list"
    text = "清单无法读取，请重新生成。 The list cannot be read; write it again by a preview."
