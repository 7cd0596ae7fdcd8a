"""The figures as the page tells them: rows, each number with the list of cases behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from server.console.county.flow.schemas import Question
from server.console.frame.language import in_language
from server.console.frame.look import sentence
from server.db import Identity
from server.figures import service as figures
from server.ladder.calendar import Limit, Unit
from server.ladder.clocks import Limits
from server.ladder.policy import Policy, limits_for
from server.ladder.routing import Category, Level
from server.policies import service as policies
from server.policies.errors import NoPolicy

_WORDS: Final[Mapping[str, Callable[[str], Any]]] = {"category": Category, "level": Level}

_NUMERALS: Final = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Told:
    """One number of another, the share where there are enough for one, and the list behind it."""

    n: int
    of: int
    ratio: float | None = None
    ratio_step: float | None = None  # where tenths or fifths are all that is told
    href: str | None = None

    @property
    def share(self) -> str | None:
        """63%, 约八成, 五至七成; None: nothing is told of it."""
        if self.ratio is None:
            return None
        if self.ratio_step:
            return roughly(self.ratio, self.ratio_step)
        return f"{round(100 * self.ratio)}%"

    @property
    def said(self) -> str:
        """The share with what it is of, 约八成（40/50）, or the two numbers alone."""
        numbers = f"{self.n:,}/{self.of:,}"
        if self.share is None:
            return numbers
        return in_language(f"{self.share}（{numbers}）", f"{self.share} ({numbers})")

    @property
    def is_all(self) -> bool:
        """Whether it may be all of it, as far as is told."""
        return self.ratio is not None and self.ratio + (self.ratio_step or 0) >= 1


@dataclass(frozen=True, slots=True)
class Rung:
    """A level: whither its cases went in the period, and what is open there now."""

    key: str
    name: str
    decided: Told
    settled: Told
    climbed: Told
    escalated: Told
    otherwise: Told
    open: Told
    overdue: Told


@dataclass(frozen=True, slots=True)
class Slowest:
    """The step of a level, accept or handle, that most often took longer than was allowed."""

    level: str
    step: str
    on_time: Told


@dataclass(frozen=True, slots=True)
class Pace:
    """A row of how long steps took, with what was allowed where that is one number."""

    key: str
    name: str
    settled: Told
    accepted: Told
    handled: Told
    to_accept: Mapping[str, Any]
    to_end: Mapping[str, Any]
    whole: Mapping[str, Any]
    limits: tuple[str, str] | None
    inside: str | None  # the address of the same, of this Area alone


@dataclass(frozen=True, slots=True)
class Answers:
    """All that the page tells."""

    area: Mapping[str, str]
    rungs: list[Rung]
    total: Rung
    slowest: Slowest | None
    paces: list[Pace]
    whole: Pace
    as_of: Any


def answers(session: Session, by: Identity, question: Question) -> Answers:
    """Read what is asked. Raises BadFigure, AreaNotFound, FigureNotYours."""
    flow, paces = _tables(session, by, question)
    code = flow["flow"]["area"]["code"]
    allowed = _allowed(session, by, question)
    rungs = [_rung(question, code, *rows) for rows in _side_by_side(flow)]
    slowest = _slowest(question, code, flow["on-time"]["rows"])
    told = [_pace(question, code, allowed, *rows) for rows in _side_by_side(paces)]
    about, as_of = flow["flow"]["area"], flow["flow"]["as_of"]
    return Answers(about, rungs[1:], rungs[0], slowest, told[1:], told[0], as_of)


def _tables(
    session: Session, by: Identity, question: Question
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the flow is told from, always by level, and what the paces are; asked once where both
    are told by the same.
    """
    upper, lower = ("flow", "open", "on-time"), ("settled", "on-time", "times")
    wanted, asked = question.wanted("level"), question.wanted(question.by, question.level)
    if wanted == asked:
        both = figures.read_figures(session, by, tuple({*upper, *lower}), wanted)
        return {name: both[name] for name in upper}, {name: both[name] for name in lower}
    return (
        figures.read_figures(session, by, upper, wanted),
        figures.read_figures(session, by, lower, asked),
    )


def _side_by_side(tables: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of several tables of one question, the total first."""
    rows = ([table["total"], *table["rows"]] for table in tables.values())
    return zip(*rows, strict=True)


def _rung(question: Question, code: str, flow: Any, standing: Any, _on_time: Any) -> Rung:
    shares, now = flow["shares"], standing["shares"]["overdue"]
    level = {} if flow["key"] == "total" else {"held_at": flow["key"]}
    held = {} if flow["key"] == "total" else {"level": flow["key"]}

    def ended(how: str) -> str:
        return _ended(question, code, how, **level)

    parts = {name: Told(**one, href=ended(name)) for name, one in shares.items()}
    decided = shares["settled"]["of"]
    still = _list(question, code, open="true", **held)
    late = _list(question, code, overdue="true", **held)
    return Rung(
        flow["key"],
        _name("level", flow),
        decided=Told(decided, decided, href=ended("decided")),
        open=Told(now["of"], now["of"], href=still),
        overdue=Told(**now, href=late),
        **parts,
    )


def _slowest(question: Question, code: str, rows: list[Any]) -> Slowest | None:
    """None: nothing is told, or all was in time."""
    found = []
    for row in rows:
        for step, how in (("accepted", "accepted"), ("handled", "decided")):
            one = row["shares"][step]
            href = _ended(question, code, how, held_at=row["key"])
            told = Told(**one, href=href)
            if told.ratio is not None and not told.is_all:
                found.append(Slowest(_name("level", row), step, told))
    return min(found, key=lambda one: one.on_time.ratio or 0.0, default=None)


def _pace(
    question: Question,
    code: str,
    allowed: Callable[[str], Limits | None],
    settled: Any,
    on_time: Any,
    times: Any,
) -> Pace:
    key = settled["key"]
    narrowed, inside = _narrowed(question, code, key)
    of_row = {**question_words(question), **narrowed}

    def listed(how: str, one: Mapping[str, Any]) -> Told:
        across = question.by == "area" and key == code  # no list holds just these
        return Told(**one, href=None if across else _ended(question, code, how, **of_row))

    limits = allowed(key)
    return Pace(
        key,
        _name(question.by, settled),
        settled=listed("settled", settled["shares"]["settled"]),
        accepted=listed("accepted", on_time["shares"]["accepted"]),
        handled=listed("decided", on_time["shares"]["handled"]),
        to_accept=times["steps"]["to_accept"],
        to_end=times["steps"]["to_end"],
        whole=times["steps"]["whole_case"],
        limits=(limit_words(limits.accept), limit_words(limits.handle)) if limits else None,
        inside=inside,
    )


def question_words(question: Question) -> dict[str, str]:
    """What narrows the lists of every row."""
    return {"held_at": question.level} if question.level else {}


def _narrowed(question: Question, code: str, key: str) -> tuple[dict[str, str], str | None]:
    """What narrows a row's lists, and the code of its Area where one can look inside."""
    if key == "total":
        return {}, None
    if question.by == "area":
        return {"area": key}, key if len(key) < 12 and key != code else None
    return {{"level": "held_at", "category": "category"}[question.by]: key}, None


def _ended(question: Question, code: str, how: str, **more: str) -> str:
    period = question.period
    span = {"from": period.since.isoformat(), "to": period.last_day.isoformat()}
    return _list(question, code, ended=how, **span, **more)


def _list(question: Question, code: str, **narrowing: str) -> str:
    words = {"area": code, "category": question.category, **narrowing}
    return "/disputes?" + urlencode({name: one for name, one in words.items() if one})


def _name(by: str, row: Mapping[str, str]) -> str:
    if row["key"] == "total":
        return sentence(row["name"])
    word = _WORDS[by](row["key"]) if by in _WORDS else None
    return in_language(word.zh, word.en) if word else sentence(row["name"]) or row["name"]


def _allowed(session: Session, by: Identity, question: Question) -> Callable[[str], Limits | None]:
    """What the policy in force allows a row, where its level is known."""
    try:
        policy = policies.current_policy(session, by.now).policy
    except NoPolicy:
        return lambda _key: None
    return lambda key: _limits(policy, question, key)


def _limits(policy: Policy, question: Question, key: str) -> Limits | None:
    level = key if question.by == "level" else question.level
    category = key if question.by == "category" else question.category
    if not level or "total" in (level, category):
        return None
    if category is None:
        return policy.levels[Level(level)]
    return limits_for(policy, Category(category), Level(level))


def roughly(ratio: float, step: float) -> str:
    """约八成 · about 80%, in tenths; 五至七成 · 50 to 70%, in fifths. Both ends are open."""
    at, by = round(10 * ratio), round(10 * step)
    if by == 1:
        zh, en = {1: ("或以下", " or less"), 9: ("或以上", " or more")}.get(at, ("", ""))
        return in_language(f"约{_NUMERALS[at]}成{zh}", f"about {10 * at}%{en}")
    low, high = at - 1, at + 1
    if at == by:
        return in_language(f"{_NUMERALS[high]}成以下", f"under {10 * high}%")
    if at == 10 - by:
        return in_language(f"{_NUMERALS[low]}成以上", f"{10 * low}% or more")
    return in_language(f"{_NUMERALS[low]}至{_NUMERALS[high]}成", f"{10 * low} to {10 * high}%")


def limit_words(limit: Limit) -> str:
    """3 个工作日 · 3 working days."""
    unit = "working day" if limit.unit is Unit.WORKING_DAYS else "day"
    en = f"{limit.n} {unit}{'' if limit.n == 1 else 's'}"
    return in_language(f"{limit.n} {limit.unit.zh}", en)
