"""How the package calls what is in it, Chinese first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TITLES: Final[Mapping[str, str]] = {
    "household": "住户信息 The household",
    "placings": "落格经过 Where it was placed",
    "links": "户际关系 Links (the other households are withheld)",
    "visits": "走访记录 Visits",
    "consents": "服务需求与同意 Service needs and consents",
    "conflicts": "信息更正冲突 Two values that met",
    "given_to": "提供给其他平台 Given to other platforms",
    "aside": "待人工处理 Set aside for a person to look at",
    "parties": "作为当事人 As a party",
    "cases": "案件 Cases",
    "claims": "本人诉求 Own claims",
    "terms": "本人应履行事项 What the person is to do",
    "agreements": "调解协议 Agreements",
    "letters": "本人来件 Own letters and requests",
    "ratings": "本人评价 Own ratings",
    "files": "附件 Files",
    "acts": "查阅与处理记录 Who read or changed it",
}
FIELDS: Final[Mapping[str, str]] = {
    "id": "编号 id",
    "kind": "类型 kind",
    "state": "状态 state",
    "head_name": "户主 head",
    "telephone": "电话 telephone",
    "address": "地址 address",
    "people": "人数 people",
    "group_no": "村民小组 group",
    "location": "坐标 location",
    "created_at": "登记时间 registered",
    "outcome": "结果 outcome",
    "purpose": "目的 purpose",
    "note": "内容 note",
    "occurred_at": "发生时间 occurred",
    "recorded_at": "记录时间 recorded",
    "need": "服务需求 need",
    "given_by": "同意人 given by",
    "giver": "同意人姓名 by name",
    "how": "方式 how",
    "given_on": "同意日期 given on",
    "until": "至 until",
    "ended_at": "终止时间 ended",
    "ended_how": "终止方式 how it ended",
    "side": "一方 side",
    "name": "姓名 name",
    "category": "类别 category",
    "status": "状态 status",
    "level": "层级 level",
    "office": "单位 office",
    "story": "情况 story",
    "spot": "地点 spot",
    "content": "内容 content",
    "why": "内容 what was said",
    "at": "时间 at",
    "role": "角色 role",
    "action": "操作 action",
    "reason": "理由 reason",
}
HEAD: Final = "个人信息查询结果 What is kept about one person"
WITHHELD: Final = (
    "其他当事人的姓名、电话，以及反映人的身份，不在本件之内，文中出现处已隐去。"
    " Names and numbers of other parties, and who reported something, are withheld: where a text"
    " named them it says so.",
    "由多人共同形成的文字（情况、协议）只隐去已知的姓名和电话，交付前请再读一遍。"
    " Of texts of several people's matter (story, agreement) only known names and numbers are left"
    " out: read them once more before this is handed over.",
    "工作人员手机每日同步其网格的住户，按手机而非按户记录，不在“查阅记录”之内。"
    " Phones of the workers who serve the cell hold it; that is recorded by phone, not by"
    " household, and is not among the acts.",
    "备份中可能仍有更早的内容，到期删除。"
    " Backups may hold earlier values until their time is over.",
)
