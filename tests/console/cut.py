"""Texts for both, and how they are to be cut: one table for Python and for the pages' scripts."""

from __future__ import annotations

from typing import Final

CASES: Final = (  # text, Chinese half, English half
    ("请先登录。 Please sign in.", "请先登录。", "Please sign in."),
    ("走访记录 visits", "走访记录", "visits"),
    ("应为 UTF-8 编码 it must be UTF-8", "应为 UTF-8 编码", "it must be UTF-8"),
    ("示例镇", "示例镇", ""),
    ("no such cell", "", "no such cell"),
    ("", "", ""),
    # A name written in Chinese inside the English half, at its beginning, in it, at its end.
    (
        "坐标系“张三”未知：请选用 wgs84。 Datum “张三” is unknown: choose wgs84.",
        "坐标系“张三”未知：请选用 wgs84。",
        "Datum “张三” is unknown: choose wgs84.",
    ),
    (
        "网格 河东 无人负责。 Nobody serves cell 河东",
        "网格 河东 无人负责。",
        "Nobody serves cell 河东",
    ),
    ("不归您管！ Not yours: 𠮷村。", "不归您管！", "Not yours: 𠮷村。"),
    ("可以吗？（示例。） May I (示例)?", "可以吗？（示例。）", "May I (示例)?"),
    # A name written in English, or a space, inside the Chinese half.
    ("网格 North 3 已撤。 Cell North 3 ended.", "网格 North 3 已撤。", "Cell North 3 ended."),
    ("甲。 乙。", "甲。 乙。", ""),
    # More behind each half, in neither language.
    (
        "文件中没有链首。/样/heads.txt。 There is no head. /样/heads.txt.",
        "文件中没有链首。/样/heads.txt。",
        "There is no head. /样/heads.txt.",
    ),
    # Two texts in a row: a refusal, and why.
    (
        "没有此区划。 No such Area. 当日尚无。 It was not there on that day.",
        "没有此区划。 当日尚无。",
        "No such Area. It was not there on that day.",
    ),
)
