"""What a person does about a missing need, in Chinese and English."""

from __future__ import annotations

from server.ladder.kinds import Need

# An agreement may be oral: it holds when it is reached.
ADVICE: dict[Need, tuple[str, str]] = {
    Need.REASON: ("请写明理由后再提交。", "Write the reason, then send it again."),
    Need.AGREEMENT: (
        "请先记下双方同意的内容（口头协议记要点）。",
        "Write down what both sides agreed first (the main points, if it was oral).",
    ),
    Need.RIGHTS_TOLD: (
        "请先告知双方仍可仲裁、行政处理或起诉，并勾选“已告知”。",
        "Tell both sides that arbitration, the authorities and the court stay open, and say so.",
    ),
    Need.REFERRED_TO: (
        "请写明引导去向（法院、仲裁、公安等）。",
        "Say where it is referred to (court, arbitration, police).",
    ),
    Need.DISPOSITION: (
        "请选择处置意见，并写明所需内容（办结、限期办理的责任人和期限、会商单位或说明情况）。",
        "Choose a disposition and give what it asks for: what was done, owner and date,"
        " the Offices of a joint study, or what was explained.",
    ),
    Need.TERM: (
        "请指明已履行的是协议的第几条。",
        "Say which term of the agreement was fulfilled.",
    ),
    Need.TARGET_OFFICE: (
        "请选择接收单位：交办选下级，移交选同级，联合办理选其他单位，且须管辖该地、无需回避。",
        "Name the Office: below for a hand-down, of the same level for a transfer, another for"
        " joint handling; it must cover the place and not be recused.",
    ),
    Need.SUPERVISION: (
        "请选择督办方式（跟踪、挂牌、限时、动态）并写明解除日期。",
        "Choose a kind (tracked, listed, time_limited, dynamic) and the date on which it lifts.",
    ),
    Need.PARTY_NAMED: (
        "请指明是哪一位当事人提出的。",
        "Say which party it is.",
    ),
    Need.PERSON: (
        "请指明需回避的人员；本人可自行申报，他人由上级单位决定。",
        "Name who steps aside: oneself by declaring it, anybody else by the Office above.",
    ),
    Need.RATING: (
        "请选择满意、基本满意或不满意。",
        "Choose satisfied, fair or dissatisfied.",
    ),
    Need.TERMS_DONE: (
        "协议履行完毕后再结案；未履行的，等回访期满或重新受理。",
        "Close it when the terms are done; until then wait for the follow-up, or reopen it.",
    ),
    Need.COURT_OPEN: (
        "司法确认只针对书面协议，且每份协议只记一次申请。",
        "Only a written agreement goes to the court, and it is asked once: note here that it was.",
    ),
    Need.FIRST_EXTENSION: (
        "本层级已申请过一次延期，请按期办结或上报。",
        "An extension was already asked for at this level: finish in time, or escalate.",
    ),
    Need.EXTENSION_ASKED: (
        "承办单位没有待批的延期申请。",
        "No request for an extension is waiting: the holding Office has to ask first.",
    ),
    Need.LEVEL_ABOVE: (
        "已在县级，不再上报；请继续办理，或引导走法定途径。",
        "The county is the last level: go on handling it, or refer it to the legal way.",
    ),
    Need.TOP_LEVEL: (
        "尚有上一层级，应自动上报。",
        "There is a level above: it climbs.",
    ),
    Need.CAME_UP: (
        "本案不是由下级上报而来；可改用交办。",
        "The case did not come up from below: hand it down instead.",
    ),
    Need.FIRST_DOWN: (
        "本层级已下派过一次，请直接办理。",
        "It was sent down from this level once already: handle it here.",
    ),
    Need.FIRST_TRANSFER: (
        "本层级已移交过一次；再次移交请报上级单位决定。",
        "It was transferred on this level once already: ask the Office above.",
    ),
    Need.FIRST_REOPEN: (
        "本层级已重新受理过一次；再次重新受理请报上级单位（县级报负责人）决定。",
        "It was reopened on this level once already: ask the Office above, or the county's leader.",
    ),
    Need.SENT_HERE: (
        "本案不是由其他单位交来的，不适用异议；可上报。",
        "No other Office sent the case here: escalate it instead.",
    ),
    Need.OBJECTION_TIME: (
        "异议须在收到后的异议期内提出，且只提一次；现可上报。",
        "An objection has its time after receipt, and is made once: escalate it instead.",
    ),
    Need.OBJECTION_OPEN: (
        "没有待决的异议。",
        "No objection is waiting.",
    ),
    Need.JOINED_OFFICE: (
        "该单位不在联合办理中。",
        "That Office is not handling it jointly.",
    ),
    Need.SUPERVISED: (
        "没有可由本单位解除的督办；上级的督办由上级解除，逾期督办待不再逾期后解除。",
        "No supervision is yours to lift: one from above is lifted there, one for being overdue"
        " once the case is so no more.",
    ),
    Need.NO_REQUEST: (
        "已有一项上报要求在答复期内。",
        "A request for the next level is being answered already.",
    ),
    Need.REQUEST_OPEN: (
        "没有待答复的上报要求。",
        "No request for the next level is waiting.",
    ),
    Need.REQUEST_ANSWERED: (
        "承办单位尚未答复；逾期不答复即自动上报。",
        "The holding Office has not answered yet; its silence makes the case climb.",
    ),
    Need.REQUEST_DECIDED: (
        "当事人要求上报，尚未了结，不得下派；请先答复，由当事人决定去留。",
        "A party asks for the next level: answer first; until it decides, nothing is sent down.",
    ),
    Need.REOPENS_LEFT: (
        "本层级已因不满意重新受理过一次；可走复查、仲裁或诉讼途径。",
        "It was reopened from this level once: review, arbitration and the court stay open.",
    ),
    Need.LATE_RECORD: (
        "没有等待认可的迟到记录。",
        "No late record is waiting.",
    ),
    Need.SAME_MATTER: (
        "找不到在办的同一事项。",
        "There is no open case of the same matter.",
    ),
    Need.HEAD_IS_PARTY: (
        "承办单位负责人不是当事人；个人回避请用“回避”。",
        "No head of the Office is a party: recuse the person instead.",
    ),
    Need.DEADLINE_PASSED: (
        "期限未满，不自动上报。",
        "The deadline has not passed: nothing climbs early.",
    ),
    Need.FOLLOW_UP_OVER: (
        "回访期未满，暂不自动结案。",
        "The follow-up is not over: it is not closed by the clock yet.",
    ),
}
