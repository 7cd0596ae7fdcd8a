"""What can go wrong with acts that need a second person."""

from __future__ import annotations

from collections.abc import Mapping

from server.errors import Clash, Invalid, NotFound, NotYours


class NeedsApproval(NotYours):
    """A second person has to allow it first. `members` says exactly what to ask for."""

    slug = "needs-approval"
    text = (
        "此操作须经另一人批准：请用所附 act 与 what 提交 POST /approvals，批准后带 approval 重试。 "
        "A second person has to approve this: POST /approvals with the act and what given here, "
        "then repeat with `approval`."
    )

    def __init__(self, act: str, what: Mapping[str, object], **more: object) -> None:
        super().__init__()
        self.act, self.what = act, dict(what)
        self.members = {"act": act, "what": self.what, **more}


class ApprovalNotFound(NotFound):
    """There is no such approval, or it is not the asker's to know."""

    slug = "approval-not-found"
    text = "没有这项审批。 There is no such approval."


class ApprovalOver(Clash):
    """It was used, refused, withdrawn, or its time is over: ask anew."""

    slug = "approval-over"
    text = (
        "此审批已使用、被拒绝、已撤回或已过期，请重新申请。 "
        "This approval was used, refused, withdrawn or is past its time; ask anew."
    )

    def __init__(self, state: str) -> None:
        super().__init__()
        self.members = {"state": state}


class StillWaiting(Clash):
    """Nobody has decided yet."""

    slug = "approval-waiting"
    text = "此审批尚待另一人决定。 Nobody has decided this approval yet."


class OtherMatter(Clash):
    """It was approved for another act, or for another matter than this one."""

    slug = "approval-other-matter"
    text = (
        "批准的不是此事，内容须与申请时完全一致。 "
        "This was approved for another matter; it must be exactly what was asked."
    )


class NotTheApprover(NotYours):
    """The asker, somebody with a part in it, or without a role for it."""

    slug = "not-the-approver"
    text = (
        "您不能审批此事：须为另一人，无利害关系，并有相应权限。 "
        "You cannot decide this: it takes another person, without a part in it, with a role for it."
    )


class NotTheAsker(NotYours):
    """Only who asked may withdraw or use it."""

    slug = "not-the-asker"
    text = "只有申请人可以撤回或使用。 Only the person who asked may withdraw or use it."


class ApproverGone(Clash):
    """Who approved has lost the role, the login, or the distance that it takes."""

    slug = "approver-gone"
    text = "批准人现已无此权限，请重新申请。 Whoever approved this may no longer do so; ask anew."


class BadMatter(Invalid):
    """What is asked for is not in a form that can be compared later."""

    slug = "bad-matter"
    text = (
        "申请内容有误，请原样使用拒绝时所附的 what。 "
        "What is asked for is not in order: send `what` as the refusal gave it."
    )


class TooManyWaiting(Clash):
    """One person has many requests open already."""

    slug = "too-many-waiting"
    text = (
        "您待审批的申请过多，请先撤回不需要的。 "
        "Too many requests of yours wait already; withdraw those that you do not need."
    )
