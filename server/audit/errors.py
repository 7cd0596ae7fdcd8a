"""What can go wrong with the audit's keys and heads."""

from __future__ import annotations

from server.errors import Invalid, WanggeError


class NoAuditKey(WanggeError):
    """Nothing can be signed: this process was given no key."""

    slug = "no-audit-key"
    text = (
        "未设置 WANGGE_AUDIT_KEY，无法签名。 "
        "Set WANGGE_AUDIT_KEY (`wangge audit key --new` prints one): nothing can be signed without."
    )


class NoPublicKey(Invalid):
    """What was given is no public key of ours."""

    slug = "no-public-key"
    text = "不是公钥。 This is not a public key; `wangge audit key` prints the one of this county."


class NoHeads(Invalid):
    """A file that should hold heads holds none."""

    slug = "no-heads"
    text = "文件中没有链首。 There is no head in this file; `wangge audit heads` writes them."
