"""What a resident is told, in plain Chinese and English. No legal promise, no name of anybody."""

from __future__ import annotations

from typing import Final, NamedTuple

from server.ladder.kinds import Event, State
from server.ladder.routing import Level


class Said(NamedTuple):
    """One thing, in both languages."""

    zh: str
    en: str


STATUS: Final[dict[State, Said]] = {
    State.REGISTERED: Said(
        "已登记，等待下列单位受理。", "Registered. The Office below is to take it up."
    ),
    State.ACCEPTED: Said("已受理，正在办理。", "Taken up. The Office below is working on it."),
    State.IN_MEDIATION: Said("正在调解。", "Mediation is going on."),
    State.SETTLED: Said(
        "已达成协议，正在回访履行情况。", "Settled. The Office looks after what was agreed."
    ),
    State.CLOSED: Said("已结案。", "Closed."),
    State.UNSETTLED: Said(
        "调解未成功。法律途径仍然畅通，见下。",
        "Mediation did not succeed. The legal ways stay open; see below.",
    ),
    State.REFERRED: Said("已引导到其他途径办理。", "Referred to another way."),
    State.WITHDRAWN: Said("已撤回。", "Withdrawn."),
    State.REFUSED: Said(
        "一方不愿调解，调解停止。法律途径仍然畅通，见下。",
        "A party does not want mediation: it stopped. The legal ways stay open; see below.",
    ),
    State.JOINED: Said("已并入同一事项办理。", "Goes on in the case of the same matter."),
}

# What happens next, and by when; {day} is the last day of it.
NEXT_ACCEPT: Final = Said(
    "下一步：承办单位最迟 {day} 受理。到期没有受理，自动交上一级。",
    "Next: the Office takes it up by {day}. If it does not, it goes to the next level by itself.",
)
NEXT_HANDLE: Final = Said(
    "下一步：承办单位最迟 {day} 办完。到期没有办完，自动交上一级。",
    "Next: the Office finishes by {day}. If it does not, it goes to the next level by itself.",
)
NEXT_AT_THE_TOP: Final = Said(
    "下一步：承办单位最迟 {day} 办完。到期没有办完，转为督办。",
    "Next: the Office finishes by {day}. If it does not, it is supervised from then on.",
)
NEXT_WAS_ACCEPT: Final = Said(
    "承办单位最迟应在 {day} 受理，现已超过，正在督办。",
    "The Office should have taken it up by {day}; it is being supervised.",
)
NEXT_WAS_HANDLE: Final = Said(
    "承办单位最迟应在 {day} 办完，现已超过，正在督办。",
    "The Office should have finished by {day}; it is being supervised.",
)
NEXT_LOOKS_AFTER: Final = Said(
    "下一步：承办单位回访约定是否做到，之后结案。您现在就可以评价。",
    "Next: the Office sees that what was agreed is done, then closes it. You may rate it now.",
)
NEXT_RATES: Final = Said(
    "下一步：请您评价。不满意的写明理由，由上一级重新受理。",
    "Next: please rate it. If dissatisfied say why, and the next level takes it up anew.",
)

LEVEL: Final[dict[Level, Said]] = {
    Level.VILLAGE: Said("村", "village"),
    Level.TOWNSHIP: Said("乡镇", "township"),
    Level.COUNTY: Said("县", "county"),
}

ENDED: Final[dict[str, Said]] = {
    Event.SETTLE: Said("达成协议", "settled"),
    Event.CLOSE: Said("结案", "closed"),
    Event.FAIL: Said("调解未成功", "mediation did not succeed"),
    Event.REFER: Said("引导到其他途径", "referred to another way"),
    Event.WITHDRAW: Said("撤回", "withdrawn"),
    Event.REFUSE: Said("一方不愿调解", "a party did not want mediation"),
    Event.MERGE: Said("并入同一事项", "goes on in the case of the same matter"),
    Event.ESCALATE: Said("上报上一级", "handed to the next level"),
    Event.CLIMB: Said("期限已到，自动上报", "time was up: it went up by itself"),
    Event.GO: Said("当事人要求上报", "went up as a party asked"),
    Event.HAND_DOWN: Said("交下级办理", "handed to an Office below"),
    Event.RETURN: Said("退回下级办理", "returned to the Office below"),
    Event.TRANSFER: Said("移交其他单位", "handed to another Office"),
    Event.PASS_OVER: Said("承办单位回避", "the Office stepped aside"),
    Event.UPHOLD_OBJECTION: Said("异议成立，另行办理", "handed back after an objection"),
    Event.REOPEN: Said("重新受理", "taken up anew"),
}
ENDED_OTHERWISE: Final = Said("转其他单位办理", "handed on")

REFERRED_TO: Final[dict[str, Said]] = {
    "court": Said("人民法院", "the court"),
    "arbitration": Said("仲裁机构", "arbitration"),
    "police": Said("公安机关", "the police"),
    "administration": Said("行政机关", "the authority in charge"),
    "review": Said("复查、复核", "review"),
    "other": Said("其他途径", "another way"),
}

CAN: Final[dict[str, Said]] = {
    "rating": Said("评价办理情况", "rate how it was handled"),
    "request": Said("要求上一级办理", "ask for the next level"),
    "answer": Said("对承办单位的答复作出决定", "decide on the Office's answer"),
    "recusal": Said("申请有关人员回避", "ask that somebody step aside"),
    "withdraw": Said("撤回", "withdraw it"),
    "refuse": Said("不愿调解", "refuse mediation"),
}

RATINGS: Final[dict[str, Said]] = {
    "satisfied": Said("满意", "satisfied"),
    "fair": Said("基本满意", "fair"),
    "dissatisfied": Said("不满意", "dissatisfied"),
}

# Never blocked by what is done here; the domain page says of each where it comes from.
WAYS: Final[tuple[Said, ...]] = (
    Said("可以向人民法院起诉。", "You may go to court."),
    Said(
        "劳动、土地承包等纠纷可以申请仲裁。",
        "Labour and land contract disputes may go to arbitration.",
    ),
    Said(
        "应由行政机关处理的，可以请其处理；对处理不服的，可以申请复议或者复查、复核。",
        "What an authority decides may be brought to it; its decision may be reviewed.",
    ),
    Said(
        "调解不收费，也不影响您走以上途径。",
        "Mediation is free and never stands in the way of these.",
    ),
)

OUTCOMES: Final[dict[str, Said]] = {
    "kept": Said("评价已收到，谢谢。", "Your rating has been received. Thank you."),
    "reopened": Said(
        "评价已收到，案件已由上一级重新受理。",
        "Your rating has been received; the next level has taken the case up anew.",
    ),
    "reason_wanted": Said(
        "评价已收到。写明不满意的理由再提交一次，案件将由上一级重新受理。",
        "Your rating has been received. Send it again with your reason, and the next level takes"
        " the case up anew.",
    ),
    "legal_ways": Said(
        "评价已收到。本系统内已没有上一级可再受理，您还可以走下列途径。",
        "Your rating has been received. Here is no further level that could take it up again;"
        " these ways are open to you.",
    ),
    "sent": Said("已收到。", "It has been received."),
}

NO_LEVEL_ABOVE: Final = Said(
    "已在县级办理，没有上一级；不服的可以走下列途径。",
    "It is with the county, the last level; the ways below stay open.",
)

HOW_TO: Final[tuple[Said, ...]] = (
    Said(
        "手机扫码，或打开下面的网址，输入查询码。", "Scan, or open the address and type the code."
    ),
    Said(
        "可以查看办到哪里、由谁承办、什么时候到期，也可以评价、要求上一级办理。",
        "See where your case stands, who holds it and until when; rate it, or ask for the next"
        " level.",
    ),
    Said(
        "凭码可见您的案件，请勿转给他人。遗失请到承办单位当面换发，旧码随即作废。",
        "Who has the code sees your case: keep it to yourself. If it is lost, have it replaced in"
        " person; the old one is dead at once.",
    ),
)

PAGE: Final[dict[str, Said]] = {
    "title": Said("查询我的案件", "Follow my case"),
    "code": Said("查询码", "Code"),
    "code_hint": Said(
        "查询单上的 16 个字符，大小写、空格都可以。",
        "The 16 characters on your slip; capitals and spaces do not matter.",
    ),
    "look": Said("查询", "Look"),
    "trouble": Said("未能办理", "That did not work"),
    "written": Said("您写的内容（可复制后再提交）", "What you wrote, to be copied and sent again"),
    "where": Said("办到哪里", "Where it stands"),
    "registered": Said("登记日期", "Registered on"),
    "category": Said("类别", "Kind"),
    "holder": Said("承办单位", "Office"),
    "telephone": Said("电话", "Telephone"),
    "received": Said("收到", "Received"),
    "accept_until": Said("受理期限", "To be taken up by"),
    "deadline": Said("办理期限", "To be handled by"),
    "overdue": Said("已超过，正在督办", "Over its time; it is being supervised"),
    "ended": Said("结束", "Ended"),
    "terms": Said("您应履行的约定", "What you agreed to do"),
    "done": Said("已履行", "done"),
    "due": Said("期限", "by"),
    "request": Said("上报要求", "Request for the next level"),
    "request_open": Said(
        "已要求上一级办理，承办单位应在此日前答复；不答复即自动上报",
        "The next level was asked for. The Office has to answer by this day; silence sends it up",
    ),
    "answer_is": Said("承办单位答复", "The Office's answer"),
    "ways": Said("您还可以走的途径", "Other ways that are open to you"),
    "referred_to": Said("已引导至", "Referred to"),
    "can": Said("您现在可以", "What you may do now"),
    "why": Said("理由", "Reason"),
    "comment": Said(
        "意见（不满意的请写明理由，由上一级重新受理）",
        "Comment (if dissatisfied, your reason: the next level takes it up anew)",
    ),
    "send": Said("提交", "Send"),
    "stay": Said("同意由原单位继续办理", "Stay with this Office"),
    "go": Said("坚持由上一级办理", "Go to the next level"),
    "rights_read": Said("我已了解上面的途径", "I have read the ways above"),
    "rated": Said("您的评价", "Your rating"),
    "rating": Said("您的评价", "Your rating"),
    "leave": Said(
        "看完请点此退出。公用手机请务必退出。",
        "Done? Leave the page here, always on a phone that others use.",
    ),
    "other_language": Said("English", "中文"),
}
