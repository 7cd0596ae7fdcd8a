"""The words of the dispute file: slugs that a field may hold, with what people call them."""

from __future__ import annotations

from server.ladder.kinds import Event

CHANNELS = {
    "visit": "走访",
    "walk_in": "来访",
    "telephone": "电话",
    "letter": "来信",
    "hotline": "热线",
    "handed_down": "交办",
    "proxy": "代理",
    "own_search": "排查",
}
SIZES = {"individual": "个体", "group": "一般群体", "major": "重大群体"}
PARTY_KINDS = {"household": "住户", "office": "单位", "user": "工作人员", "outsider": "其他人"}
# A reporter is a third party: may stay unnamed, and is never told to the other sides.
PARTY_SIDES = {"applicant": "申请方", "respondent": "被申请方", "third": "第三方"}
REFERRED_TO = {
    "court": "法院",
    "arbitration": "仲裁",
    "police": "公安",
    "administration": "行政机关",
    "review": "复查复核",
    "other": "其他",
}
# 四到位: of a claim, never a label on a person.
OUTCOMES = {"solved": "已解决", "explained": "已解释", "helped": "已帮扶", "by_law": "依法处理"}
DISPOSITIONS = {
    "now": "当即解决",
    "scheduled": "限期解决",
    "joint_study": "会商研究",
    "explain": "解释说明",
}
AGREEMENT_FORMS = {"oral": "口头", "written": "书面"}
SUPERVISION_KINDS = {
    "tracked": "跟踪督办",
    "listed": "挂牌督办",
    "time_limited": "限时督办",
    "dynamic": "动态督办",
}
RATINGS = {"satisfied": "满意", "fair": "基本满意", "dissatisfied": "不满意"}
# How it came out that somebody steps aside. The first three the database finds by itself.
FOUND_BY = {
    "account": "本人为当事人",
    "household": "本户为当事人",
    "telephone": "电话与当事人相同",
    "declared": "本人申请",
    "asked": "当事人申请",
}
RELATIONS = {"same": "同一事项", "follows_from": "由此引起"}

# What staff may send. `register` opens the history; the rest is the clock's, or a party's alone.
SENT = frozenset(Event) - {
    Event.REGISTER,
    Event.CLIMB,
    Event.OVERDUE,
    Event.WITHDRAW_CLIMB,
    Event.AGAIN,
    Event.RATE,
}
# What a party may send by the own code.
SENT_BY_PARTY = frozenset(
    {
        Event.WITHDRAW,
        Event.REFUSE,
        Event.REQUEST,
        Event.STAY,
        Event.GO,
        Event.ASK_RECUSAL,
        Event.RATE,
        Event.REOPEN,
        Event.NOTE,
    }
)
