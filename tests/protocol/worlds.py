"""Two counties in which a server's dialogues are played: one in memory, one on PostgreSQL.

Both offer the office's deeds by name; the vectors speak of households and visits as the product
does, and the memory county, whose houses are simpler, hears them in its own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync.ids import uuid7
from sync.judge import MAX_OPEN_QUARANTINED
from sync.memory import State
from sync.model import Key
from sync.pull import pull
from sync.push import push
from sync.registry import Registry
from sync.wire import decode_pull, decode_push, encode_page, encode_pushed
from tests.protocol.matching import Bound
from tests.sync.sample import House, SampleCounty, Visit
from tests.sync.workers import County

Body = dict[str, Any]
MAX_ROWS, MAX_BYTES = 1000, 1_000_000


class World:
    """A county, the two phones `li` and `wang`, and what the office can do."""

    can = frozenset({"write", "edit", "move", "delete", "assign", "revoke", "fill"})

    def __init__(self, county: County, village: str) -> None:
        self.county = county
        names = ("$li", "$wang")
        self.bound = Bound(zip(names, county.devices, strict=True))
        self.bound |= dict(zip(("$north", "$south"), county.buckets, strict=True))
        self.bound |= {"$north_cell": self.cell(0), "$south_cell": self.cell(1)}
        self.bound["$village"] = village

    def cell(self, which: int) -> str:
        """The id of a cell, as a household's `cell_id` names it."""
        return self.county.buckets[which].removeprefix("c:")

    def office(self, deed: str, *what: Any) -> str | None:
        """Somebody at the office does this; the id of what was made, if anything was."""
        match deed, what:
            case "write", (bucket,):
                return self.county.write_house(bucket)
            case "edit", (id_, fields):
                self.county.edit_house(id_, fields)
            case "move", (id_, bucket):
                self.county.move_house(id_, bucket)
            case "delete", (id_,):
                self.county.delete_house(id_)
            case "assign", (user, *buckets):
                self.county.assign(self.county.users[user == "wang"], *buckets)
            case "revoke", (device,):
                self.county.revoke(device)
            case "fill", (by,):
                self.fill(by)
            case _:
                raise ValueError(f"{deed} {what}")
        return None

    def fill(self, by: str) -> None:
        """This phone has delivered as many changes for a person to look at as may wait."""
        at = {"wall": 1_772_413_199_000, "elapsed": 3_599_000, "boot": "b1"}
        ids = [uuid7(1_772_413_199_000, n) for n in range(MAX_OPEN_QUARANTINED)]
        holes = [
            {"mid": id_, "n": n, "entity": "hole", "id": id_, "op": "append", "set": {}, "at": at}
            for n, id_ in enumerate(ids, 1)
        ]
        device = self.bound[f"${by}"]
        self.answer("push", by, {"device": device, "epoch": None, "clock": at, "changes": holes})

    def answer(self, verb: str, by: str, body: Body) -> Body:
        """What the server answers to this request of `li` or `wang`."""
        user = self.county.users[by == "wang"]
        with self.county.open(user, body["device"]) as store:
            if verb == "push":
                return encode_pushed(push(decode_push(body), self.county.registry, store))
            asked = decode_pull(body)
            return encode_page(pull(asked, self.county.registry, store, MAX_ROWS, MAX_BYTES))


class _Household(House):
    """A house whose second schema tells more."""

    def columns(self, schema: int) -> Sequence[str]:
        columns = super().columns(schema)
        return (*columns, "ledger") if schema > 1 else columns


class MemoryWorld(World):
    """The county of dictionaries: it can also erase, and be restored from a backup."""

    can = World.can | {"erase", "backup", "restore", "bare", "lie"}

    # As people say → as the county in memory says.
    WORDS: Mapping[str, str] = {
        "household": "house",
        "household_id": "house",
        "cell_id": "cell",
        "address": "note",
        "location": "place",
    }

    def __init__(self) -> None:
        county = SampleCounty()
        county.registry = Registry([_Household(), Visit()], schema=2)
        super().__init__(county, "village")
        self.memory = county
        self.backups: dict[str, State] = {}

    def cell(self, which: int) -> str:
        return self.county.buckets[which]

    def office(self, deed: str, *what: Any) -> str | None:
        db = self.memory.db
        match deed, what:
            case "edit", (id_, fields):
                self.county.edit_house(id_, renamed(fields, self.WORDS))
            case "erase", (id_,):
                with self.memory.open("user-office", "") as store:
                    store.erase(Key("house", id_), self.county.users)
            case "lie", (id_, *buckets):
                with self.memory.open("user-office", "") as store:
                    store.write(Key("house", id_), db.state.records[Key("house", id_)].row, buckets)
            case "backup", (name,):
                self.backups[name] = db.backup()
            case "restore", (name, told):
                db.restore(self.backups[name], self.memory.new_id() if told else None)
            case _:
                return super().office(deed, *what)
        return None

    def answer(self, verb: str, by: str, body: Body) -> Body:
        answer = super().answer(verb, by, renamed(body, self.WORDS))
        back = {theirs: ours for ours, theirs in self.WORDS.items() if ours != "household_id"}
        told: Body = renamed(answer, back)
        return told


def renamed(value: Any, words: Mapping[str, str]) -> Any:
    """The same JSON value with the names of entities and fields in other words.

    Names are keys of objects, the value of `entity`, and the columns of a table.
    """
    if isinstance(value, list):
        return [renamed(inner, words) for inner in value]
    if not isinstance(value, dict):
        return value
    told = {words.get(name, name): renamed(inner, words) for name, inner in value.items()}
    if "cols" in told:
        told["cols"] = [words.get(name, name) for name in told["cols"]]
    if isinstance(told.get("entity"), str):
        told["entity"] = words.get(told["entity"], told["entity"])
    return told
