"""What can be wrong with a question put to the ladder; an illegal move is no error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


class LadderError(Exception):
    """The family. `slug` is stable; the message is Chinese first, then English."""

    slug = "ladder"


class CalendarGap(LadderError):
    """A day that a deadline needs is not in the calendar."""

    slug = "calendar-gap"

    def __init__(self, day: date) -> None:
        self.day = day
        super().__init__(
            f"工作日历缺少 {day}，请先补全该年日历。"
            f" The working calendar has no {day}: fill in that year first."
        )


class NaiveTime(LadderError):
    """A time without a zone: a deadline computed from it could be off by a day."""

    slug = "naive-time"

    def __init__(self) -> None:
        super().__init__("时间缺少时区。 The time carries no zone: pass an aware datetime.")


class LimitInvalid(LadderError):
    """A limit that is no whole number of days or working days within reason."""

    slug = "limit-invalid"

    def __init__(self, text: object) -> None:
        super().__init__(
            f"期限“{text}”无效，应写作“3 working_days”或“30 days”，天数为 1–3660。"
            f" The limit {text!r} is not valid:"
            " write '3 working_days' or '30 days', between 1 and 3660."
        )


class PlaceInvalid(LadderError):
    """A place code that is no county, township, village or cell code."""

    slug = "place-invalid"

    def __init__(self, code: str) -> None:
        super().__init__(
            f"区划代码“{code}”无效，应为 6、9、12 或 15 位数字。"
            f" The place code {code!r} is not valid: give 6, 9, 12 or 15 digits."
        )


class NoCommonArea(LadderError):
    """No place at all was given, or the places share no county."""

    slug = "no-common-area"

    def __init__(self) -> None:
        super().__init__(
            "找不到共同的县级区划，请只填本县地点；外县当事人不填代码。"
            " The places share no county: give codes of this county only;"
            " a party from outside has none."
        )


class PolicyInvalid(LadderError):
    """A policy that cannot be taken into force. `problems` names each fault by its path."""

    slug = "policy-invalid"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "政策文件有误，请逐项改正。 The policy is not valid, correct each point: "
            + "; ".join(self.problems)
        )
