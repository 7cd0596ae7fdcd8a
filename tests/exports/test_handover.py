"""Enter once: what a platform has not heard yet, as its own file, and nothing twice."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, Event
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest
from sqlalchemy import select, text

from server.approvals import service as approvals
from server.approvals.errors import ApprovalOver, NeedsApproval
from server.audit.models import AuditAct
from server.db import transaction
from server.exports.files import digest_of
from server.exports.handover import service
from server.exports.handover.errors import BadHandoverMapping, FileThere, NoSuchHandover
from server.exports.handover.models import ExternalRef, Handover, HandoverRow
from server.exports.handover.refs import load_refs
from server.exports.handover.service import HandedOver
from server.households.service import Amendment, amend_households
from server.visits import service as visits
from server.visits.service import NewVisit
from tests.approvals.conftest import allowed_at
from tests.docs.blocks import PAGES
from tests.smallcounty import SmallCounty, id_of

EXAMPLES = PAGES / "examples" / "handover"
_CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where files go, with the two example mappings."""
    for one in EXAMPLES.glob("*.yaml"):
        shutil.copy(one, tmp_path)
    return tmp_path


def hand_over(county: SmallCounty, folder: Path, platform: str = "shili", **how: Any) -> HandedOver:
    """One hand-over, committed."""
    mapping, digest = service.open_mapping(folder / f"{platform}.yaml", platform)

    def once(approval: UUID | None = None) -> HandedOver:
        by, place = county.worker, how.get("out", folder)
        with transaction(by) as session:
            if n := how.get("again"):
                return service.repeat_handover(session, by, mapping, digest, n, place, approval)
            return service.hand_over(session, by, mapping, digest, place, approval)

    try:
        return once()
    except NeedsApproval as needed:
        return once(allow(county, needed))


def allow(county: SmallCounty, needed: NeedsApproval) -> UUID:
    """The county office allows what the keyboard asks for; of two at once, once."""
    by = county.worker
    with transaction(by) as session:
        approval = approvals.ask(session, by, needed.act, needed.what, "月度交付").id
    by = county.identity("county")
    with suppress(ApprovalOver), transaction(by) as session:
        approvals.approve(session, by, approval)
    return approval


def sheets(done: HandedOver) -> list[list[dict[str, str]]]:
    """The sheets of an XLSX, each row by its titles."""
    assert done.path
    with zipfile.ZipFile(done.path) as book:
        names = sorted(n for n in book.namelist() if n.startswith("xl/worksheets/sheet"))
        # Our own file, not somebody's.
        return [_rows(ElementTree.fromstring(book.read(name))) for name in names]  # noqa: S314


def _rows(root: Any) -> list[dict[str, str]]:
    grid = [
        {re.sub(r"\d", "", c.get("r")): "".join(c.itertext()) for c in row.iter(f"{_CELL}c")}
        for row in root.iter(f"{_CELL}row")
    ]
    titles, *rows = grid
    return [{titles[at]: cell for at, cell in row.items()} for row in rows]


def visit(county: SmallCounty, household: str, **when: Any) -> str:
    """Somebody met a household; the visit's id."""
    by, id_ = county.worker, uuid4()
    at = when.get("recorded_at", county.clock.now)
    by = county.identity("worker-a1w")
    county.sign_in("worker-a1w")
    new = NewVisit(id_, id_of(household), {"outcome": "met"}, at, at)
    with transaction(by) as session:
        visits.record_visits(session, by, [new])
    return str(id_)


def amend(county: SmallCounty, household: str, **fields: Any) -> None:
    """A desk of the county sets fields of a household."""
    with transaction(county.worker) as session:
        amend_households(session, county.worker, None, [Amendment(id_of(household), fields, {})])


def answer(folder: Path, **ids: str) -> Path:
    """A platform's answer: household → its id there."""
    path = folder / "answer.csv"
    lines = [f"{id_of(name.replace('_', '-'))},{theirs}" for name, theirs in ids.items()]
    path.write_text("\n".join(["系统编号,平台编号", *lines]) + "\n", encoding="utf-8")
    return path


def count(county: SmallCounty, table: type[Any]) -> int:
    """How many rows a table has."""
    with transaction(county.worker) as session:
        return len(session.scalars(select(table)).all())


def test_the_first_hand_over_tells_all_in_the_platforms_own_words(
    county: SmallCounty, folder: Path
) -> None:
    visit(county, "A1w-1")
    done = hand_over(county, folder)
    assert (done.n, done.path) == (1, folder / "shili-0001.xlsx")
    assert done.counts == {"households": {"new": 18}, "visits": {"new": 1}}
    homes, walks = sheets(done)
    first = next(row for row in homes if row["系统编号"] == str(id_of("A1w-1")))
    assert first["户主姓名"] == "示某A1w1"
    assert first["联系电话"] == "00013800001"
    assert (first["户别"], first["操作"], first["行政村代码"]) == ("01", "新增", "511921100201")
    assert "平台编号" not in first
    assert (walks[0]["走访结果"], walks[0]["走访日期"]) == ("已入户", "2026年03月02日")
    assert walks[0]["数据来源"] == "通江县网格"


def test_the_second_tells_only_what_is_new_or_changed(county: SmallCounty, folder: Path) -> None:
    visit(county, "A1w-1")
    hand_over(county, folder)
    assert hand_over(county, folder) == HandedOver(2, None, {})
    assert not (folder / "shili-0002.xlsx").exists()
    amend(county, "A1w-2", telephone="00013899999")
    later = visit(county, "A1w-2")
    done = hand_over(county, folder)
    assert done.n == 2
    assert done.counts == {"households": {"changed": 1}, "visits": {"new": 1}}
    homes, walks = sheets(done)
    assert [(row["联系电话"], row["操作"]) for row in homes] == [("00013899999", "修改")]
    assert [row["系统编号"] for row in walks] == [later]


def test_what_the_platform_does_not_hear_of_is_no_change_to_it(
    county: SmallCounty, folder: Path
) -> None:
    hand_over(county, folder)
    amend(county, "A1w-2", people=7, address="示例新路1号")
    assert hand_over(county, folder).path is None


def test_a_visit_that_a_phone_delivers_late_is_in_the_next_one(
    county: SmallCounty, folder: Path
) -> None:
    written = county.clock.now
    county.clock.pass_time(days=5)
    visit(county, "A1w-1")
    hand_over(county, folder)
    county.clock.pass_time(days=1)
    late = visit(county, "A1w-3", recorded_at=written)
    done = hand_over(county, folder)
    assert [row["系统编号"] for row in sheets(done)[1]] == [late]


def test_a_visit_that_commits_after_a_later_one_was_told_is_in_the_next_one(
    county: SmallCounty, folder: Path
) -> None:
    """Neither numbers nor times tell what was heard: the earlier one is committed last."""
    written, told = Event(), Event()
    by, at, early = county.identity("worker-a1w"), county.clock.now, uuid4()
    county.sign_in("worker-a1w")
    new = NewVisit(early, id_of("A1w-1"), {"outcome": "met"}, at, at)

    def record_slowly() -> None:
        with county.app.app_context(), transaction(by) as session:
            visits.record_visits(session, by, [new])
            written.set()
            told.wait()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(record_slowly)
        try:
            written.wait()
            later = visit(county, "A1w-2")
            first = hand_over(county, folder)
        finally:
            told.set()
        slow.result()
    assert [row["系统编号"] for row in sheets(first)[1]] == [later]
    second = hand_over(county, folder)
    assert second.counts == {"visits": {"new": 1}}
    assert [row["系统编号"] for row in sheets(second)[1]] == [str(early)]


def test_two_at_once_tell_everything_once(county: SmallCounty, folder: Path) -> None:
    together = Barrier(2)

    def run() -> HandedOver:
        with county.app.app_context():
            together.wait()
            return hand_over(county, folder)

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run), pool.submit(run)]
        first, second = sorted((one.result() for one in runs), key=lambda done: done.n)
    assert first.counts == {"households": {"new": 18}}
    assert second == HandedOver(2, None, {})
    assert count(county, HandoverRow) == 18


def test_the_platforms_own_ids_come_back_in_the_next_one(county: SmallCounty, folder: Path) -> None:
    hand_over(county, folder)
    with transaction(county.worker) as session:
        loaded = load_refs(session, answer(folder, A1w_1="P-7", A1w_2="P-8"), "shili")
    assert (loaded.new, loaded.changed, loaded.rejected) == (2, 0, [])
    assert hand_over(county, folder).path is None  # their own id is no news to them
    visit(county, "A1w-1")
    amend(county, "A1w-2", head_name="示某改")
    homes, walks = sheets(hand_over(county, folder))
    assert homes[0]["平台编号"] == "P-8"
    assert walks[0]["住户平台编号"] == "P-7"


def test_a_household_that_ended_is_told_as_such_once(county: SmallCounty, folder: Path) -> None:
    hand_over(county, folder)
    amend(county, "A1w-1", state="ended")
    # The mapping has no column for the state; its column for the change tells it.
    (row,) = sheets(hand_over(county, folder))[0]
    assert (row["系统编号"], row["操作"]) == (str(id_of("A1w-1")), "注销")
    assert hand_over(county, folder).path is None


def test_who_never_heard_of_a_household_does_not_hear_that_it_ended(
    county: SmallCounty, folder: Path
) -> None:
    amend(county, "A1w-1", state="ended")
    assert hand_over(county, folder).counts == {"households": {"new": 17}}


def test_a_crash_before_the_books_are_closed_gives_the_same_rows_again(
    county: SmallCounty, folder: Path
) -> None:
    mapping, digest = service.open_mapping(folder / "shili.yaml", "shili")
    what = {"handover": "shili", "mapping": digest.hex()}
    allowed = allow(county, NeedsApproval("export.bulk", what))
    with transaction(county.worker) as session:
        lost = service.hand_over(session, county.worker, mapping, digest, folder, allowed)
        session.rollback()  # as PostgreSQL does when nobody is there any more
    assert lost.path
    assert lost.path.exists()  # complete, and in no book: not to be delivered
    assert count(county, Handover) == count(county, HandoverRow) == 0
    done = hand_over(county, folder)
    assert (done.n, done.path, done.counts) == (lost.n, lost.path, lost.counts)


def test_a_disk_that_fails_leaves_neither_file_nor_books(
    county: SmallCounty, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> bytes:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(service, "digest_of", full)
    with pytest.raises(OSError, match="No space"):
        hand_over(county, folder)
    assert count(county, Handover) == 0
    assert {path.suffix for path in folder.iterdir()} == {".yaml"}


def test_an_earlier_one_is_made_again_as_things_are_now(county: SmallCounty, folder: Path) -> None:
    first = hand_over(county, folder)
    amend(county, "A1w-1", head_name="示某改")
    hand_over(county, folder)
    again = hand_over(county, folder, again=1)
    assert (again.n, again.changed_since) == (1, 1)
    assert again.path == folder / "shili-0001-again.xlsx"
    assert len(sheets(again)[0]) == len(sheets(first)[0]) == 18
    assert {row["操作"] for row in sheets(again)[0]} == {"新增"}
    assert hand_over(county, folder).path is None  # it told nothing new
    with pytest.raises(NoSuchHandover):
        hand_over(county, folder, again=9)


def test_two_platforms_are_told_apart_and_cases_when_they_move(
    county: SmallCounty, folder: Path
) -> None:
    new = {"id": str(uuid4()), "category": "neighbours", "story": "示例", "channel": "visit"}
    desk = county.sign_in("mediator-a1")
    desk.post("/disputes", {**new, "village_id": str(id_of("A1"))})
    assert hand_over(county, folder).counts == {"households": {"new": 18}}
    done = hand_over(county, folder, "jiufen")
    assert done.n == 1
    assert done.path
    rows = list(csv.DictReader(io.StringIO(done.path.read_text("utf-8-sig"))))
    assert [(row["状态"], row["类别"]) for row in rows] == [("registered", "neighbours")]
    assert hand_over(county, folder, "jiufen").path is None
    desk.post(f"/disputes/{new['id']}/events", {"id": str(uuid4()), "event": "accept"})
    assert hand_over(county, folder, "jiufen").counts == {"disputes": {"changed": 1}}


def test_it_is_written_down_with_the_digests_of_file_and_mapping(
    county: SmallCounty, folder: Path
) -> None:
    done = hand_over(county, folder)
    with transaction(county.worker) as session:
        act = session.scalars(select(AuditAct).where(AuditAct.action == "handover.make")).one()
        kept = session.scalars(select(Handover)).one()
    assert done.path
    assert act.what["counts"] == kept.counts == {"households": {"new": 18}}
    assert act.what["file"] == kept.digest.hex() == digest_of(done.path).hex()
    assert act.what["mapping"] == kept.mapping_digest.hex()


def test_a_file_that_is_there_is_not_written_over(county: SmallCounty, folder: Path) -> None:
    there = folder / "delivered.xlsx"
    there.write_text("x")
    with pytest.raises(FileThere):
        hand_over(county, folder, out=there)
    with pytest.raises(FileThere):
        hand_over(county, folder, out=folder / "nowhere" / "x.xlsx")
    assert there.read_text() == "x"
    assert count(county, Handover) == 0


@pytest.mark.parametrize(
    ("line", "instead", "where"),
    [
        ("platform: shili", "platform: Shi Li", "platform"),
        ("platform: shili", "platform: andere", "andere"),
        ("format: xlsx", "format: pdf", "format"),
        ("format: xlsx", "format: csv", "sheets"),
        ("entity: visits", "entity: cats", "entity"),
        ("entity: visits", "entity: households", "sheets[2]"),
        ("field: lon", "field: id_number", "columns[9].field"),
        ("field: lon", "field: lon, surprise: 1", "surprise"),
        ("field: lon", "field: lon, words: {a: b}", "words"),
        ('family: "01"', "family: 01", "words.family"),
        ('shop: "02", ', "", "shop"),
        ("field: lon", "value: 7", "columns[9].value"),
        ("title: 经度", "title: 纬度", "columns"),
        ('times: "%Y-%m-%d %H:%M"', 'times: "heute"', "times"),
        ("sheets:", "sheets: !!python/object/apply:os.system ['true']\nx:", "YAML"),
        ("sheets:", "sheets: [", "YAML"),
    ],
)
def test_a_mapping_that_says_what_cannot_be_is_refused_before_anything_is_written(
    folder: Path, line: str, instead: str, where: str
) -> None:
    path = folder / "shili.yaml"
    written = path.read_text("utf-8")
    assert line in written
    path.write_text(written.replace(line, instead, 1), "utf-8")
    with pytest.raises(BadHandoverMapping, match=re.escape(where)):
        service.open_mapping(path, "shili")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"x" * (1 << 19), b"a: &a [*a]"])
def test_no_mapping_is_too_strange_for_one_line_of_advice(folder: Path, content: bytes) -> None:
    (folder / "shili.yaml").write_bytes(content)
    with pytest.raises(BadHandoverMapping):
        service.open_mapping(folder / "shili.yaml", "shili")


def test_of_an_answer_each_row_is_taken_or_told(county: SmallCounty, folder: Path) -> None:
    ids = [id_of(f"A1w-{k}") for k in (1, 2, 3)]
    path = folder / "answer.csv"
    lines = [
        "系统编号,平台编号",
        f"{ids[0]},P-1",
        f"{ids[1]},P-1",  # theirs belongs to the first
        f"{ids[0]},P-2",  # ours occurred before
        f"{uuid4()},P-3",
        "x,P-4",
        f"{ids[2]},",
    ]
    path.write_text("\n".join(lines), "utf-8")
    with transaction(county.worker) as session:
        loaded = load_refs(session, path, "shili")
    assert (loaded.read, loaded.new) == (6, 1)
    assert [line for line, _ in sorted(loaded.rejected)] == [3, 4, 5, 6, 7]
    with transaction(county.worker) as session:
        assert load_refs(session, path, "shili").new == 0
    changed = answer(folder, A1w_1="P-9")
    with transaction(county.worker) as session:
        assert load_refs(session, changed, "shili").changed == 1
        ref = session.scalars(select(ExternalRef)).one()
    assert (ref.entity, ref.external_id) == ("household", "P-9")


def test_only_the_county_office_reads_the_books_and_nobody_there_writes(
    county: SmallCounty, folder: Path
) -> None:
    hand_over(county, folder)
    others = ("worker-a1w", "mediator-a1", "township-a", "auditor", None)
    for login, seen in (*((other, 0) for other in others), ("county", 1)):
        with transaction(county.identity(login)) as session:
            assert len(session.scalars(select(Handover)).all()) == seen, login
    for role in ("wangge_app", "wangge_push"):
        with transaction(county.worker) as session:
            granted = session.execute(
                text("SELECT has_table_privilege(:role, 'handover', 'INSERT, UPDATE, DELETE')"),
                {"role": role},
            ).scalar()
        assert granted is False


def test_at_the_keyboard(county: SmallCounty, folder: Path) -> None:
    from tests.cli.keyboard import Keyboard, environment

    keyboard = Keyboard(environment(county.url, folder))
    mapping = folder / "shili.yaml"
    out = folder / "out.xlsx"
    told = ("export", "handover", "shili", "--mapping", mapping)
    said = keyboard.type(*told, "--out", out, expect=1)
    assert not out.exists()
    allowed = allowed_at(county, said)
    said = keyboard.type(*told, "--out", out, "--approval", allowed)
    assert "新增 new" in said
    assert "18" in said
    assert str(out) in said
    assert "Nothing is new" in keyboard.type("export", "handover", "shili", "--mapping", mapping)
    assert "out.xlsx" in keyboard.type("export", "handover", "shili", "--list")
    assert "no such hand-over" in keyboard.fails(
        "export", "handover", "shili", "--mapping", mapping, "--again", 7
    )
    assert "mapping file" in keyboard.fails("export", "handover", "andere")
    path = answer(folder, A1w_1="P-7")
    assert re.search(r"新增 new\s+│ 1", keyboard.type("load", "refs", path, "--platform", "shili"))
    assert keyboard.result("export", "handover", "../x").exit_code == 2
