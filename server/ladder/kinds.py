"""The words of the ladder: states, events, who acts, what has to be given, and clocks."""

from __future__ import annotations

from server.ladder.words import Word


class State(Word):
    """Where a dispute stands."""

    REGISTERED = "registered", "已登记"
    ACCEPTED = "accepted", "已受理"
    IN_MEDIATION = "in_mediation", "调解中"
    SETTLED = "settled", "已化解"
    CLOSED = "closed", "已结案"
    UNSETTLED = "unsettled", "调解不成"
    REFERRED = "referred", "已引导分流"
    WITHDRAWN = "withdrawn", "已撤回"
    REFUSED = "refused", "拒绝调解"
    JOINED = "joined", "已并案"  # the same matter: goes on in the open case, and is counted there


class Event(Word):
    """What happens to a dispute; its history is a list of these."""

    REGISTER = "register", "登记"  # opens the history: no state comes before it, so no row either
    ACCEPT = "accept", "受理"
    MEDIATE = "mediate", "调解"  # one session
    DISPOSE = "dispose", "提出处置意见"
    SETTLE = "settle", "达成协议"
    FULFIL = "fulfil", "履行一项"  # one of the agreed terms
    ASK_COURT = "ask_court", "申请司法确认"  # both sides together, of a written agreement
    CLOSE = "close", "结案"
    FAIL = "fail", "调解不成"
    ESCALATE = "escalate", "上报"  # by a person, of the Office itself or of one above (提级)
    CLIMB = "climb", "自动上报"  # by the clock
    OVERDUE = "overdue", "逾期"  # by the clock, where there is no level above
    WITHDRAW_CLIMB = "withdraw_climb", "撤销自动上报"  # by the clock: a record in time came late
    HONOUR = "honour", "认可迟到记录"  # by a person: a record that came late holds
    HAND_DOWN = "hand_down", "交办"
    RETURN = "return", "退回"  # to the Office below, from which it came up
    TRANSFER = "transfer", "移交"  # between Offices of one level
    PASS_OVER = "pass_over", "整体回避"  # the Office's head is a party: the next level takes it
    OBJECT = "object", "提出异议"  # to a hand-down, a return or a transfer
    UPHOLD_OBJECTION = "uphold_objection", "采纳异议"
    DISMISS_OBJECTION = "dismiss_objection", "驳回异议"
    EXTEND = "extend", "申请延期"
    GRANT_EXTENSION = "grant_extension", "批准延期"
    DECLINE_EXTENSION = "decline_extension", "不予延期"
    JOIN = "join", "联合办理"  # another Office helps; the holder leads
    LEAVE = "leave", "退出联合办理"
    SUPERVISE = "supervise", "督办"
    LIFT = "lift", "解除督办"
    REQUEST = "request", "要求上报"  # a party asks for the next level
    ANSWER = "answer", "答复要求"
    STAY = "stay", "同意留办"  # the party's word on the answer
    GO = "go", "坚持上报"
    RECUSE = "recuse", "回避"
    ASK_RECUSAL = "ask_recusal", "申请回避"
    ALERT = "alert", "紧急提醒"  # a threat to life: every level hears at once
    AGAIN = "again", "再次反映"  # the same matter was brought again
    MERGE = "merge", "并案"  # into the open case of the same matter
    REFER = "refer", "引导分流"
    WITHDRAW = "withdraw", "撤回"
    REFUSE = "refuse", "拒绝调解"
    RATE = "rate", "评价"
    REOPEN = "reopen", "重新受理"
    NOTE = "note", "备注"


class Actor(Word):
    """Who acts, seen from the case. A person without any relation to it never gets this far."""

    HANDLER = "handler", "承办单位"  # acts for the holding Office
    UPPER = "upper", "上级单位"  # of an Office above; at the county, its named leader
    SENDER = "sender", "交来单位"  # of the Office that handed down, returned or transferred it
    JOINT = "joint", "协办单位"  # of an Office that helps
    PARTY = "party", "当事人"  # by the own code
    CLOCK = "clock", "系统时钟"
    OBSERVER = "observer", "知情单位"  # sees the case and does not hold it


class Need(Word):
    """What must be given with an event: first what a person supplies, then facts of the case."""

    REASON = "reason", "理由"
    AGREEMENT = "agreement", "协议"
    RIGHTS_TOLD = "rights_told", "告知权利"
    REFERRED_TO = "referred_to", "分流去向"
    DISPOSITION = "disposition", "处置意见"
    TERM = "term", "协议条款"
    TARGET_OFFICE = "target_office", "接收单位"
    SUPERVISION = "supervision", "督办方式和期限"
    PARTY_NAMED = "party_named", "当事人"
    PERSON = "person", "回避人员"
    RATING = "rating", "评价等次"
    TERMS_DONE = "terms_done", "履行完毕"
    COURT_OPEN = "court_open", "尚可申请司法确认"
    FIRST_EXTENSION = "first_extension", "首次延期"
    EXTENSION_ASKED = "extension_asked", "延期申请"
    LEVEL_ABOVE = "level_above", "上一层级"
    TOP_LEVEL = "top_level", "最高层级"
    CAME_UP = "came_up", "由下级上报"
    FIRST_DOWN = "first_down", "首次下派"
    FIRST_TRANSFER = "first_transfer", "首次移交"
    FIRST_REOPEN = "first_reopen", "本层级首次重新受理"
    SENT_HERE = "sent_here", "由他处交来"
    OBJECTION_TIME = "objection_time", "异议期内"
    OBJECTION_OPEN = "objection_open", "待决异议"
    JOINED_OFFICE = "joined_office", "协办单位在办"
    SUPERVISED = "supervised", "督办中"
    NO_REQUEST = "no_request", "无待复要求"
    REQUEST_OPEN = "request_open", "待复要求"
    REQUEST_ANSWERED = "request_answered", "已复要求"
    REQUEST_DECIDED = "request_decided", "上报要求已决"
    REOPENS_LEFT = "reopens_left", "本层级首次不满意"
    LATE_RECORD = "late_record", "迟到记录"
    SAME_MATTER = "same_matter", "同一事项在办"
    HEAD_IS_PARTY = "head_is_party", "负责人为当事人"
    DEADLINE_PASSED = "deadline_passed", "期限届满"
    FOLLOW_UP_OVER = "follow_up_over", "回访期满"


class Clock(Word):
    """Which clock is running."""

    ACCEPT = "accept", "受理期限"
    HANDLE = "handle", "办理期限"
    FOLLOW_UP = "follow_up", "回访期"  # its end closes the case; it never makes it climb


class Restored(Word):
    """Where a withdrawn climb leads: to the state that the case was in when it climbed."""

    BEFORE_CLIMB = "before_climb", "上报前的状态"
