"""A policy as people write it: YAML that is read strictly, and written so that it reads back."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Final

import yaml

from server.errors import halves, in_both
from server.ladder.calendar import Limit, Unit
from server.ladder.errors import PolicyInvalid
from server.ladder.policy import SPANS, Policy, as_mapping, extension_for, parse
from server.ladder.routing import Category
from server.policies.errors import BadPolicyFile, PolicyNotFound

MAX_BYTES: Final = 64 << 10
# Days: the calendar holds the next two years, and what would end after it cannot be registered.
FARTHEST: Final = 700
_DAYS_TO_A_WORKING_DAY: Final = 1.5  # some 248 of a year are worked
MAX_SHOWN: Final = 100  # faults; a file with more is read again after these are corrected


def read_policy(content: bytes) -> Policy:
    """The policy that a YAML file holds. Raises BadPolicyFile; its `errors` names each fault by
    path.
    """
    if len(content) > MAX_BYTES:
        raise _wrong(f"超过 {MAX_BYTES >> 10} KB", f"It is over {MAX_BYTES >> 10} KB")
    try:
        said = yaml.load(content.decode("utf-8-sig"), Loader=_Strict)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise _wrong("应为 UTF-8 编码", "It must be UTF-8") from error
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise _wrong(*_where(error)) from error
    return checked(said)


def checked(said: object) -> Policy:
    """A policy from plain values, as `policy show` writes them. Raises BadPolicyFile."""
    try:
        read = parse(said)
    except PolicyInvalid as fault:
        named = (problem.partition(": ") for problem in fault.problems[:MAX_SHOWN])
        raise BadPolicyFile(errors={path: what[:300] for path, _, what in named}) from fault
    beyond = [path for path, days in _spans(read) if days > FARTHEST]
    if beyond:
        what = f"超出工作日历 beyond the calendar: at most {FARTHEST} days, extension included"
        raise BadPolicyFile(errors=dict.fromkeys(beyond[:MAX_SHOWN], what))
    return read


def write_policy(policy: Policy) -> str:
    """A policy as YAML; `read_policy` gives the same policy back."""
    said = _by_level_on_one_line(as_mapping(policy))
    return yaml.dump(said, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=100)


def named_version(text: str) -> int:
    """The number of a path such as `/policies/3`. Raises PolicyNotFound for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise PolicyNotFound
    return int(text)


def _spans(policy: Policy) -> Iterator[tuple[str, float]]:
    """All that is counted by the calendar: its path, and how many days it may come to."""
    longest = max(extension_for(policy, category) for category in Category)
    by_level = [("levels", policy.levels)]
    by_level += [(f"overrides.{one.value}", of) for one, of in policy.overrides.items()]
    for path, levels in by_level:
        for level, limits in levels.items():
            yield f"{path}.{level.value}.accept", _days(limits.accept)
            yield f"{path}.{level.value}.handle", _days(limits.handle) + longest
    for name in SPANS:
        if name.endswith("_working_days"):
            yield name, _days(Limit(getattr(policy, name), Unit.WORKING_DAYS))


def _days(limit: Limit) -> float:
    return limit.n * (1.0 if limit.unit is Unit.DAYS else _DAYS_TO_A_WORKING_DAY)


class _Strict(yaml.SafeLoader):
    """YAML in which a name stands once: of two, a reviewer would have seen only one."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        names = [str(key.value) for key, _ in node.value]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(
                None, None, f"“{twice}”出现两次。 “{twice}” occurs twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


class _Flow(dict[str, Any]):
    """A mapping that is written on one line."""


class _Plain(yaml.SafeDumper):
    """Limits of one level stand on one line, so that a reviewer compares them."""


_Plain.add_representer(
    _Flow, lambda dumper, of: dumper.represent_mapping("tag:yaml.org,2002:map", of, flow_style=True)
)


def _by_level_on_one_line(said: object) -> Any:
    if not isinstance(said, Mapping):
        return said
    if said.keys() == {"accept", "handle"}:
        return _Flow(said)
    return {name: _by_level_on_one_line(of) for name, of in said.items()}


def _where(error: Exception) -> tuple[str, str]:
    mark = getattr(error, "problem_mark", None)
    zh, en = halves(getattr(error, "problem", None) or "不是 YAML not YAML")
    if mark is None:
        return zh, en
    return f"第 {mark.line + 1} 行：{zh or en}", f"Line {mark.line + 1}: {en}"


def _wrong(zh: str, en: str) -> BadPolicyFile:
    return BadPolicyFile(in_both(BadPolicyFile.text, zh[:150], en[:150]))
