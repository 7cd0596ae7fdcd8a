"""What must happen next with a case, as the desk's list says it."""

from __future__ import annotations

from server.ladder.words import Word


class Next(Word):
    """In the order in which one goes before another where several wait."""

    DECIDE_OBJECTION = "decide_objection", "答复异议"  # of the Office that sent it, or one above
    ANSWER_REQUEST = "answer_request", "答复当事人"  # who asks for the next level
    PARTY_DECIDES = "party_decides", "等当事人决定"
    ANSWER_EXTENSION = "answer_extension", "审批延期"  # of the Office above
    ACCEPT = "accept", "受理"
    MEDIATE = "mediate", "调解"
    SETTLE = "settle", "继续调解"
    KEEP_AGREEMENT = "keep_agreement", "回访"
    NOTHING = "nothing", "无"
