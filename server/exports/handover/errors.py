"""What can go wrong with a hand-over."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound


class BadHandoverMapping(Invalid):
    """The mapping file of a platform says something that cannot be."""

    slug = "bad-handover-mapping"
    text = "对接映射文件有误。 The mapping file of the platform is wrong; see the details."


class NoSuchHandover(NotFound):
    """This platform was never handed anything under this number."""

    slug = "no-such-handover"
    text = (
        "没有这次对接。 There is no such hand-over; `wangge export handover PLATFORM --list` "
        "shows them."
    )


class FileThere(Clash):
    """The file exists; whether somebody delivered it, only people know."""

    slug = "file-there"
    text = "文件已存在，请换一个名称。 The file exists already; choose another name."


class BadRefs(Invalid):
    """Nothing in a platform's answer could be taken."""

    slug = "bad-refs"
    text = "没有可用的行。 No row of the answer could be used; see the reasons above."
