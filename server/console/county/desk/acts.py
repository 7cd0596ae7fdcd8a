"""What a form asks for, act by act. Which acts are open is the ladder's to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from server.disputes.rules.words import SENT
from server.ladder.kinds import Event


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what its button says, what it does in a sentence, and the fields of its form.

    `main`: its button is big where it is open. `at_once`: one click, nothing is asked.
    """

    name: LazyString
    says: LazyString
    fields: tuple[str, ...]
    why: LazyString
    main: bool = False
    at_once: bool = False


_REASON, _WHAT, _SAID = _("理由"), _("经过"), _("说明")

ACTS: Final[Mapping[Event, Act]] = {
    Event.ACCEPT: Act(
        _("受理"), _("由本单位承办，办理期限开始计算。"), (), _SAID, True, at_once=True
    ),
    Event.MEDIATE: Act(
        _("记一次调解"), _("记下这一次调解的经过。"), ("why", "place", "present"), _WHAT, main=True
    ),
    Event.SETTLE: Act(
        _("达成协议"),
        _("记下双方同意的内容，案件转为已化解。"),
        ("agreement", "form", "terms", "outcomes", "place", "present"),
        _SAID,
        main=True,
    ),
    Event.FULFIL: Act(
        _("履行了一条"),
        _("协议的这一条已经做到；全部做到后自动结案。"),
        ("term", "why"),
        _SAID,
        main=True,
    ),
    Event.CLOSE: Act(
        _("结案"), _("协议已履行，案件结束。"), ("terms_done", "outcomes", "why"), _SAID, main=True
    ),
    Event.ASK_COURT: Act(
        _("已申请司法确认"), _("双方已共同向法院申请确认书面协议。"), ("why",), _SAID
    ),
    Event.GRANT_EXTENSION: Act(
        _("批准延期"), _("办理期限按规则顺延。"), ("why",), _SAID, main=True
    ),
    Event.DECLINE_EXTENSION: Act(_("不予延期"), _("按原期限办理。"), ("why",), _REASON, main=True),
    Event.UPHOLD_OBJECTION: Act(
        _("采纳异议"), _("案件回到交来的单位。"), ("why",), _SAID, main=True
    ),
    Event.DISMISS_OBJECTION: Act(
        _("驳回异议"), _("案件留在现承办单位。"), ("why",), _REASON, main=True
    ),
    Event.ANSWER: Act(
        _("答复当事人"), _("当事人会一字不差地看到这份答复。"), ("why",), _("答复内容"), main=True
    ),
    Event.HONOUR: Act(
        _("认可迟到的记录"),
        _("该记录写于期限之内，按当时办理。"),
        ("note_id", "why"),
        _REASON,
        main=True,
    ),
    Event.RETURN: Act(
        _("退回下级"), _("退回案件上报前的单位，写明理由。"), ("why",), _REASON, main=True
    ),
    Event.FAIL: Act(
        _("调解不成"),
        _("调解结束，告知双方其他途径。"),
        ("why", "rights_told", "outcomes"),
        _REASON,
        main=True,
    ),
    Event.ESCALATE: Act(
        _("上报"), _("交上一层级办理，期限重新计算。"), ("why",), _REASON, main=True
    ),
    Event.EXTEND: Act(
        _("申请延期"), _("请上级批准延长办理期限，每层级一次。"), ("why",), _REASON, main=True
    ),
    Event.DISPOSE: Act(
        _("提出处置意见"),
        _("说明打算怎样办、谁负责、何时办完。"),
        ("disposition", "why", "owner_id", "by_date", "offices"),
        _SAID,
    ),
    Event.SUPERVISE: Act(
        _("督办"),
        _("督促承办单位办理，写明方式和解除日期。"),
        ("kind", "until", "why"),
        _REASON,
        main=True,
    ),
    Event.LIFT: Act(_("解除督办"), _("督办结束。"), ("why",), _REASON),
    Event.JOIN: Act(
        _("联合办理"), _("请其他单位协办，本单位牵头。"), ("to_office", "why"), _REASON, main=True
    ),
    Event.LEAVE: Act(_("退出联合办理"), _("该单位不再协办。"), ("to_office", "why"), _REASON),
    Event.HAND_DOWN: Act(
        _("交办"), _("交下级单位办理，本单位仍负责过问。"), ("to_office", "why"), _REASON, main=True
    ),
    Event.TRANSFER: Act(
        _("移交同级单位"), _("交同级的其他单位办理。"), ("to_office", "why"), _REASON
    ),
    Event.PASS_OVER: Act(
        _("整体回避"), _("负责人是当事人，案件交其他单位。"), ("to_office", "why"), _SAID, main=True
    ),
    Event.OBJECT: Act(_("提出异议"), _("不同意交来本单位，请上级决定。"), ("why",), _REASON),
    Event.REFER: Act(
        _("引导分流"),
        _("引导走法定途径，案件在此结束。"),
        ("referred_to", "why", "outcomes"),
        _REASON,
    ),
    Event.WITHDRAW: Act(_("记当事人撤回"), _("当事人不再要求处理。"), ("party_id", "why"), _REASON),
    Event.REFUSE: Act(
        _("记一方拒绝调解"),
        _("一方不愿调解，告知其他途径。"),
        ("party_id", "rights_told", "why"),
        _SAID,
    ),
    Event.REQUEST: Act(
        _("记当事人要求上报"),
        _("当事人当面要求交上一层级，承办单位须在期限内答复。"),
        ("party_id", "why"),
        _SAID,
    ),
    Event.STAY: Act(
        _("记当事人同意留办"), _("当事人听了答复，同意留在现单位。"), ("party_id", "why"), _SAID
    ),
    Event.GO: Act(
        _("记当事人坚持上报"),
        _("当事人听了答复，仍要求上报，案件上移。"),
        ("party_id", "why"),
        _SAID,
    ),
    Event.REOPEN: Act(
        _("重新受理"), _("案件重新办理，期限重新计算。"), ("why",), _REASON, main=True
    ),
    Event.MERGE: Act(_("并案"), _("并入正在办理的同一事项。"), ("why",), _SAID),
    Event.RECUSE: Act(
        _("回避"), _("本人与本案有关的，自行申报；他人由上级决定。"), ("person", "why"), _SAID
    ),
    Event.ASK_RECUSAL: Act(
        _("记当事人申请回避"),
        _("当事人请某位办理人回避，由上级决定。"),
        ("party_id", "person", "why"),
        _REASON,
    ),
    Event.ALERT: Act(
        _("紧急提醒"),
        _("有人身危险时使用，各层级立即知晓。请先拨打 110 或 120。"),
        ("why",),
        _("什么情况"),
    ),
    Event.NOTE: Act(_("写备注"), _("补充一点情况，不改变案件状态。"), ("why",), _("备注内容")),
}
if ACTS.keys() != SENT:  # whoever adds an event says here what its form asks
    raise RuntimeError(f"acts without a form: {SENT ^ ACTS.keys()}")

MUST_SAY: Final = (Event.NOTE, Event.MEDIATE)
"""Nothing but words: without them nothing was written down."""

AFTER_THE_FACT: Final = ("occurred_at", "done_by")
"""Folded below every form: it happened earlier, or somebody else did it."""
