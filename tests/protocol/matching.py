"""How a vector is compared with what was really said: tests/protocol/README.md states the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.digest import digest

ANYTHING, NOTHING = "*", "-"
WHOLE = frozenset({"set", "was"})
UNORDERED = frozenset({"drop", "erased", "del"})


class Bound(dict[str, Any]):
    """What the names of a vector (`$visit`) stand for, once something has been found under them."""

    def filled(self, wanted: Any) -> Any:
        """A vector's text with every name replaced by what it stands for. Raises KeyError."""
        if isinstance(wanted, str):
            return self[wanted] if wanted.startswith("$") else wanted
        if isinstance(wanted, list):
            return [self.filled(value) for value in wanted]
        if isinstance(wanted, dict):
            if wanted.keys() == {"repeat", "times"}:
                return wanted["repeat"] * wanted["times"]
            if wanted.keys() == {"digest_of"}:
                return digest(tuple(line) for line in self.filled(wanted["digest_of"]))[1]
            return {self.filled(name): self.filled(value) for name, value in wanted.items()}
        return wanted

    def compare(self, wanted: Any, found: Any, path: str = "", whole: bool = False) -> None:
        """Raises AssertionError, saying where, if `found` is not what the vector wants.

        `whole`: objects must have no other names than those that the vector states.
        """
        if isinstance(wanted, dict) and wanted.keys() == {"digest_of"}:
            wanted = self.filled(wanted)
        if isinstance(wanted, str) and wanted.startswith("$"):
            assert self.setdefault(wanted, found) == found, f"{path}: {wanted} was {self[wanted]!r}"
        elif isinstance(wanted, dict):
            self._compare_objects(wanted, found, path, whole)
        elif isinstance(wanted, list):
            self._compare_lists(wanted, found, path, whole)
        elif wanted != ANYTHING:
            same = wanted == found and isinstance(wanted, bool) == isinstance(found, bool)
            assert same, f"{path}: {found!r} instead of {wanted!r}"

    def _compare_objects(
        self, wanted: Mapping[str, Any], found: Any, path: str, whole: bool
    ) -> None:
        assert isinstance(found, dict), f"{path}: {found!r} instead of an object"
        named = {self.get(name, name): value for name, value in wanted.items()}
        for name, value in named.items():
            if value == NOTHING:
                assert name not in found, f"{path}.{name}: should not be there"
            else:
                assert name in found, f"{path}.{name}: missing"
                self.compare(value, found[name], f"{path}.{name}", whole or name in WHOLE)
        if whole:
            assert not found.keys() - named.keys(), f"{path}: also {found.keys() - named.keys()}"

    def _compare_lists(self, wanted: list[Any], found: Any, path: str, whole: bool) -> None:
        assert isinstance(found, list), f"{path}: {found!r} instead of a list"
        assert len(wanted) == len(found), f"{path}: {len(found)} instead of {len(wanted)}: {found}"
        for at, (one, other) in enumerate(zip(wanted, found, strict=True)):
            self.compare(one, other, f"{path}[{at}]", whole)


def by_name(page: Mapping[str, Any]) -> dict[str, Any]:
    """A page whose rows are objects under their ids, and whose lists of ids are sets in order."""
    told = dict(page)
    told["put"] = {
        bucket: {
            entity: {
                row[0]: dict(zip(table["cols"][1:], row[1:], strict=True)) for row in table["rows"]
            }
            for entity, table in entities.items()
        }
        for bucket, entities in page["put"].items()
    }
    return {name: _sorted(value) if name in UNORDERED else value for name, value in told.items()}


def in_order(wanted: Mapping[str, Any], bound: Bound) -> dict[str, Any]:
    """What a vector wants of a page, its sets in the order of `by_name`."""
    return {
        name: _sorted(bound.filled(value)) if name in UNORDERED and value != NOTHING else value
        for name, value in wanted.items()
    }


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(inner) for name, inner in value.items()}
    return sorted(value)
