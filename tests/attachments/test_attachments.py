"""Photos, signatures and scans: kept once, read by whoever reads the record, and by nobody else."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from server.attachments import copies, queries, tidying
from server.attachments.errors import NoRoom
from server.attachments.rules import MAX_BYTES, MOST
from server.attachments.store import Files
from server.db import transaction
from server.erasure import rounds
from tests.attachments.conftest import Records, photo, scan, sha256, signature
from tests.cli.keyboard import Keyboard, environment
from tests.smallcounty import START, SmallCounty, id_of


def folder(county: SmallCounty) -> Path:
    """Where this county's files are."""
    return Path(county.app.extensions["wangge.settings"].data_dir) / "attachments"


def rows(county: SmallCounty, sql: str) -> list[Any]:
    """What the worker sees."""
    with transaction(county.worker) as session:
        return list(session.execute(text(sql)))


def test_a_photo_of_a_wall_is_read_by_those_who_read_the_case(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    kept = records.kept(mediator, photo(), sha256=sha256(photo()))
    assert kept["media_type"] == "image/jpeg"
    assert kept["recorded_by"] == str(mediator.user_id)
    for login in ("mediator-a1", "township-a", "county"):
        desk = records.county.sign_in(login)
        content = records.content(desk, kept)
        assert sha256(content) == kept["sha256"]
        assert len(content) == kept["size"]
        listed = desk.get("/attachments", owner_entity="dispute", owner_id=records.dispute)
        assert [one["id"] for one in listed["items"]] == [kept["id"]]


def test_others_cannot_tell_it_from_one_that_is_not_there(records: Records) -> None:
    kept = records.kept(records.county.sign_in("mediator-a1"), photo())
    for login in ("mediator-b1", "township-b", "worker-b1w", "mediator-a2"):
        stranger = records.county.sign_in(login)
        for attachment in (kept["id"], str(uuid4())):
            for path in (f"/attachments/{attachment}", f"/attachments/{attachment}/content"):
                answer = stranger.call("GET", path)
                found = (answer.status_code, answer.json["type"])
                assert found == (404, "/problems/attachment-not-found"), login
        for owner in (records.dispute, str(uuid4())):
            answer = records.send(stranger, photo(), owner=("dispute", owner))
            found = (answer.status_code, answer.json["type"])
            assert found == (404, "/problems/attachment-owner-not-found"), login
            asked = {"owner_entity": "dispute", "owner_id": owner}
            assert stranger.get("/attachments", **asked) == {"items": []}, login


def test_administrators_have_no_door_at_all(records: Records) -> None:
    for login in ("system", "security", "auditor"):
        desk = records.county.sign_in(login)
        assert records.send(desk, photo()).status_code == 403
        asked = {"owner_entity": "dispute", "owner_id": records.dispute}
        assert desk.call("GET", "/attachments", query_string=asked).status_code == 403


def test_a_visit_takes_photos_of_who_made_it_alone(records: Records) -> None:
    visit = ("visit", records.visit)
    author = records.county.sign_in("worker-a1w")
    kept = records.kept(author, photo(), owner=visit)
    assert records.send(
        records.county.sign_in("mediator-a1"), photo(), owner=visit
    ).status_code == (404)
    assert records.content(records.county.sign_in("mediator-a1"), kept)
    assert records.county.sign_in("worker-a1e").call(
        "GET", f"/attachments/{kept['id']}"
    ).status_code == (404)


def test_a_worker_sees_the_case_of_the_own_cell_and_adds_only_to_what_they_wrote(
    records: Records,
) -> None:
    worker = records.county.sign_in("worker-a1w")
    case = {"id": str(uuid4()), "category": "neighbours", "story": "示例：水沟"}
    case |= {"village_id": str(id_of("A1")), "cell_id": str(id_of("A1w"))}
    mine = worker.post("/disputes", case)["id"]
    assert records.kept(worker, photo(), owner=("dispute", mine))
    other = records.send(worker, photo(), owner=("dispute", records.dispute))
    assert other.status_code == 404


def test_an_event_takes_a_signature_and_shows_it_with_the_case(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    event = {"id": str(uuid4()), "event": "accept"}
    mediator.post(f"/disputes/{records.dispute}/events", event)
    owner = ("dispute_event", event["id"])
    kept = records.kept(mediator, signature(), owner=owner, purpose="signature")
    assert kept["media_type"] == "image/png"
    assert records.content(records.county.sign_in("township-a"), kept)


def test_the_same_file_twice_is_one_with_the_same_answer(records: Records) -> None:
    """The answer to the first was lost; the phone sends it again the next day."""
    mediator, name = records.county.sign_in("mediator-a1"), uuid4()
    first = records.send(mediator, photo(), id=name)
    records.county.clock.pass_time(days=1)
    again = records.send(records.county.sign_in("mediator-a1"), photo(), id=name)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert len(rows(records.county, "SELECT * FROM attachment")) == 1
    acts = "SELECT * FROM audit_act WHERE action = 'attachment.add'"
    assert len(rows(records.county, acts)) == 1


def test_a_lost_answer_is_given_again_to_who_serves_there_no_longer(records: Records) -> None:
    worker, name, visit = records.county.sign_in("worker-a1w"), uuid4(), ("visit", records.visit)
    first = records.send(worker, photo(), id=name, owner=visit)
    records.county.clock.pass_time(minutes=1)
    with transaction(records.county.worker) as session:
        session.execute(
            text("UPDATE assignment SET valid_to = :now WHERE user_id = :user"),
            {"now": records.county.clock.now, "user": worker.user_id},
        )
        session.execute(
            text(
                "INSERT INTO assignment SELECT :new, user_id, role, :cell, office_id, area_id,"
                " leads, :now FROM assignment WHERE user_id = :user"
            ).bindparams(
                new=uuid4(), cell=id_of("B1w"), now=records.county.clock.now, user=worker.user_id
            )
        )
    again = records.send(worker, photo(), id=name, owner=visit)
    assert (again.status_code, again.json) == (200, first.json)
    assert worker.call("GET", f"/attachments/{name}/content").status_code == 404
    # What was made while the cell was theirs is still delivered.
    assert records.send(worker, photo(), owner=visit).status_code == 201


def test_an_id_stands_for_one_file(records: Records) -> None:
    mediator, name = records.county.sign_in("mediator-a1"), uuid4()
    records.send(mediator, photo(), id=name)
    case = mediator.post(
        "/disputes",
        {"id": str(uuid4()), "category": "other", "story": "示例", "village_id": str(id_of("A1"))},
    )
    others: dict[str, dict[str, Any]] = {
        "content": {"content": photo((20, 20))},
        "owner": {"owner": ("dispute", case["id"])},
        "purpose": {"purpose": "document"},
        "author": {"who": records.county.sign_in("county")},
    }
    for other, changed in others.items():
        answer = records.send(**{"who": mediator, "content": photo(), "id": name, **changed})
        found = (answer.status_code, answer.json["type"])
        assert found == (409, "/problems/already-there"), other
    assert len(rows(records.county, "SELECT * FROM attachment")) == 1


def test_one_content_of_two_records_is_one_file(records: Records) -> None:
    one = records.kept(records.county.sign_in("mediator-a1"), photo())
    visit = ("visit", records.visit)
    two = records.kept(records.county.sign_in("worker-a1w"), photo(), owner=visit)
    assert one["sha256"] == two["sha256"]
    assert one["id"] != two["id"]
    path = Files(folder(records.county)).path(bytes.fromhex(one["sha256"]))
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [one["sha256"]]


def test_what_was_damaged_on_the_way_is_sent_again(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    answer = records.send(mediator, photo()[:-3], sha256=sha256(photo()))
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/attachment-hash")
    assert rows(records.county, "SELECT * FROM attachment") == []


WRONGLY_SAID = (
    {"owner_entity": "household"},
    {"owner_entity": "../../etc"},
    {"owner_id": "1"},
    {"purpose": "selfie"},
    {"sha256": "abc"},
    {"sha256": "A" * 64},
    {"recorded_at": "yesterday"},
    {"recorded_at": "2026-03-01T00:00:00"},
    {"recorded_at": "0001-01-01T00:00:00+00:00"},
    {"name": "photo.jpg"},
)


def test_what_is_said_of_a_file_is_checked(records: Records) -> None:
    said = {"owner_entity": "dispute", "owner_id": records.dispute, "purpose": "photo"}
    desk = records.county.sign_in("mediator-a1")
    for wrong in WRONGLY_SAID:
        asked = {**said, **wrong}
        answer = desk.call("PUT", f"/attachments/{uuid4()}", query_string=asked, data=photo())
        assert answer.status_code == 422, (wrong, answer.text)
        assert answer.content_type == "application/problem+json", wrong
    assert rows(records.county, "SELECT * FROM attachment") == []


def test_a_time_ahead_of_the_server_is_the_servers(records: Records) -> None:
    ahead = (START + timedelta(days=3)).isoformat()
    before = (START - timedelta(days=3)).isoformat()
    mediator = records.county.sign_in("mediator-a1")
    assert records.kept(mediator, photo(), recorded_at=ahead)["recorded_at"] == START.isoformat()
    assert records.kept(mediator, photo(), recorded_at=before)["recorded_at"] == before


def test_ten_megabytes_are_taken_and_one_byte_more_is_not(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    whole = scan()
    padded = whole[:-6] + b"\n%" * ((MAX_BYTES - len(whole)) // 2) + whole[-6:]
    assert records.send(mediator, padded, purpose="document").status_code == 201
    answer = records.send(mediator, b"%PDF-" + bytes(MAX_BYTES), purpose="document")
    assert (answer.status_code, answer.json["type"]) == (413, "/problems/too-large")


def test_a_record_holds_fifty(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    with transaction(records.county.worker) as session:
        session.execute(
            text(
                "INSERT INTO attachment SELECT gen_random_uuid(), 'dispute', :owner, 'photo', s, s,"
                " 1, 'image/jpeg', :user, NULL, :now, :now"
                " FROM generate_series(1, :n) k, sha256(k::text::bytea) s"
            ),
            {"owner": records.dispute, "user": mediator.user_id, "now": START, "n": MOST - 1},
        )
    assert records.send(mediator, photo()).status_code == 201
    assert records.send(mediator, photo()).status_code == 409


def test_a_picture_is_shown_and_anything_else_only_saved(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    for content, purpose, media, how in (
        (photo(), "photo", "image/jpeg", "inline"),
        (scan(), "document", "application/octet-stream", "attachment"),
    ):
        kept = records.kept(mediator, content, purpose=purpose)
        answer = mediator.call("GET", f"/attachments/{kept['id']}/content")
        assert answer.content_type == media
        assert answer.headers["Content-Disposition"].startswith(how)
        assert kept["id"] in answer.headers["Content-Disposition"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert int(answer.headers["Content-Length"]) == kept["size"] == len(answer.data)


def test_who_looked_is_kept(records: Records) -> None:
    kept = records.kept(records.county.sign_in("mediator-a1"), photo())
    county = records.county.sign_in("county")
    records.content(county, kept)
    acts = "SELECT user_id, what FROM audit_act WHERE action = 'attachment.open'"
    (act,) = rows(records.county, acts)
    assert (act.user_id, act.what["id"]) == (county.user_id, kept["id"])


def test_a_full_disk_keeps_nothing_and_says_try_later(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(folder(records.county).rglob("*"))
    monkeypatch.setattr(Files, "__init__", _with_no_room)
    answer = records.send(records.county.sign_in("mediator-a1"), photo((33, 44)))
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/no-room")
    assert answer.headers["Retry-After"] == "120"
    assert rows(records.county, "SELECT * FROM attachment") == []
    assert [one for one in sorted(folder(records.county).rglob("*")) if one.is_file()] == [
        one for one in before if one.is_file()
    ]


_start = Files.__init__


def _with_no_room(self: Files, at: Path, min_free_bytes: int = 0) -> None:
    _start(self, at, 1 << 62)


def test_a_file_that_the_disk_lost_says_so(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    kept = records.kept(mediator, photo((31, 17)))
    Files(folder(records.county)).drop(bytes.fromhex(kept["sha256"]))
    answer = mediator.call("GET", f"/attachments/{kept['id']}/content")
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/attachment-lost")
    # Handed in again under another id, it is there for both.
    records.kept(mediator, photo((31, 17)))
    assert records.content(mediator, kept)


def sweep(county: SmallCounty, *hashes: bytes) -> None:
    """The rounds that come to the folders of these files."""
    for digest in hashes:
        while tidying.folder_of(county.clock.now) != digest[0]:
            county.clock.pass_time(seconds=tidying.EVERY)
        tidying.go_round(county.worker, folder(county).parent)


def age(files: Files, *hashes: bytes) -> None:
    """As if they had been written long ago."""
    for digest in hashes:
        os.utime(files.path(digest), (0, 0))


def test_a_file_without_a_record_is_swept_and_one_with_a_record_stays(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    kept = records.kept(mediator, photo((35, 19)))
    files = Files(folder(records.county))
    orphan = files.put(b"an upload whose transaction was rolled back")
    fresh = files.put(b"a photo that last night's database, on trial here, does not know")
    age(files, orphan, bytes.fromhex(kept["sha256"]))
    sweep(records.county, orphan, fresh, bytes.fromhex(kept["sha256"]))
    assert not files.path(orphan).exists()
    assert files.path(fresh).exists()
    assert files.path(bytes.fromhex(kept["sha256"])).exists()
    files.drop(fresh)


def test_the_photos_of_an_erased_visit_go_unless_another_record_has_them(records: Records) -> None:
    visit = ("visit", records.visit)
    worker = records.county.sign_in("worker-a1w")
    shared = records.kept(worker, photo((36, 19)), owner=visit)
    alone = records.kept(worker, photo((37, 19)), owner=visit)
    records.kept(records.county.sign_in("mediator-a1"), photo((36, 19)))
    asked = {"entity": "visit", "id": records.visit, "reason": "asked"}
    records.county.sign_in("county").post("/erasures", asked, expect=202)
    rounds.look_after(records.county.worker, folder(records.county).parent)
    tidying.go_round(records.county.worker, folder(records.county).parent)
    files = Files(folder(records.county))
    assert files.path(bytes.fromhex(shared["sha256"])).exists()
    assert not files.path(bytes.fromhex(alone["sha256"])).exists()
    left = rows(records.county, "SELECT owner_entity FROM attachment")
    assert [row.owner_entity for row in left] == ["dispute"]
    assert rows(records.county, "SELECT * FROM attachment_leftover") == []


def test_a_photo_that_came_while_its_visit_was_being_erased_goes_too(records: Records) -> None:
    """The visit was still there when the row was written, and not when it was committed."""
    author = records.county.sign_in("worker-a1w")
    kept = records.kept(author, photo((39, 19)), owner=("visit", records.visit))
    stays = records.kept(author, photo((40, 19)), owner=("visit", records.visit))
    with transaction(records.county.worker) as session:
        session.execute(
            text(
                "WITH gone AS (DELETE FROM attachment WHERE id = :id RETURNING *) INSERT INTO"
                " attachment SELECT gone.id, owner_entity, gen_random_uuid(), purpose, sent_sha256,"
                " sha256, size, media_type, recorded_by, device_id, recorded_at, received_at"
                " FROM gone"
            ),
            {"id": kept["id"]},
        )
    sweep(records.county, bytes.fromhex(stays["sha256"]), bytes.fromhex(kept["sha256"]))
    tidying.go_round(records.county.worker, folder(records.county).parent)
    files = Files(folder(records.county))
    assert not files.path(bytes.fromhex(kept["sha256"])).exists()
    assert files.path(bytes.fromhex(stays["sha256"])).exists()
    left = rows(records.county, "SELECT id FROM attachment")
    assert [str(row.id) for row in left] == [stays["id"]]


def test_a_backup_takes_the_files_along_and_a_restore_brings_them_back(
    records: Records, tmp_path: Path
) -> None:
    mediator = records.county.sign_in("mediator-a1")
    kept = records.kept(mediator, photo((38, 19)))
    data_dir = folder(records.county).parent
    keyboard = Keyboard(environment(records.county.url, data_dir))
    backup = tmp_path / "county.backup"
    assert "attachments copied" in keyboard.type("backup", backup)
    assert "attachments copied" not in keyboard.type("backup", backup), "only what is new"

    Files(folder(records.county)).drop(bytes.fromhex(kept["sha256"]))
    assert "attachments copied" in keyboard.type("restore", backup, "--replace")
    mediator.call("GET", "/attachments")  # the web's old connection ended with the old database
    assert records.content(records.county.sign_in("mediator-a1"), kept)


def test_a_file_that_rotted_is_named_and_not_copied(tmp_path: Path) -> None:
    files = Files(tmp_path / "here")
    good, bad = files.put(b"good"), files.put(b"bad")
    files.path(bad).write_bytes(b"worse")
    copied = copies.copy_missing(tmp_path / "here", tmp_path / "there")
    assert (copied.files, copied.size, list(copied.damaged)) == (1, 4, [bad.hex()])
    assert [one.name for one in (tmp_path / "there").rglob("*") if one.is_file()] == [good.hex()]


def test_what_the_worker_deletes_during_a_backup_does_not_stop_it(tmp_path: Path) -> None:
    """It was listed, and is gone when its turn comes."""
    files = Files(tmp_path / "here")
    good, gone = files.put(b"good"), files.path(b"\0" * 32)
    gone.parent.mkdir(parents=True, exist_ok=True)
    gone.symlink_to(tmp_path / "nowhere")
    copied = copies.copy_missing(tmp_path / "here", tmp_path / "there")
    assert (copied.files, list(copied.damaged)) == (1, [])
    assert Files(tmp_path / "there").path(good).exists()


def test_a_restore_mends_what_is_damaged(tmp_path: Path) -> None:
    """What stands there under its name is looked at, not only whether something does."""
    kept, files = Files(tmp_path / "backup"), Files(tmp_path / "here")
    digest = kept.put(b"the photo as it was")
    files.put(b"the photo as it was")
    for damage in (b"", b"the photo as it isn't", b"THE PHOTO AS IT WAS"):
        files.path(digest).write_bytes(damage)
        copied = copies.copy_missing(tmp_path / "backup", tmp_path / "here", mend=True)
        assert copied.files == 1
        assert files.path(digest).read_bytes() == b"the photo as it was"
    assert copies.copy_missing(tmp_path / "backup", tmp_path / "here", mend=True).files == 0


def test_a_file_that_rotted_is_whole_again_once_it_is_handed_in_again(tmp_path: Path) -> None:
    files = Files(tmp_path)
    digest = files.put(b"whole")
    files.path(digest).write_bytes(b"WHOLE")
    assert files.put(b"whole") == digest
    assert files.path(digest).read_bytes() == b"whole"


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoRoom):
        files.put(b"half")
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


def test_what_a_killed_process_left_half_written_goes_after_an_hour(records: Records) -> None:
    at = folder(records.county) / f"{tidying.folder_of(records.county.clock.now):02x}" / "00"
    at.mkdir(parents=True, exist_ok=True)
    fresh, old = at / ".part-fresh", at / ".part-old"
    for part in (fresh, old):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    tidying.go_round(records.county.worker, folder(records.county).parent)
    assert (fresh.exists(), old.exists()) == (True, False)
    fresh.unlink()


def test_an_upload_that_ends_while_the_worker_looks_does_not_stop_its_round(
    records: Records,
) -> None:
    at = folder(records.county) / f"{tidying.folder_of(records.county.clock.now):02x}" / "00"
    at.mkdir(parents=True, exist_ok=True)
    (at / ".part-renamed").symlink_to(at / "nowhere")
    assert tidying.go_round(records.county.worker, folder(records.county).parent) == 0
    (at / ".part-renamed").unlink()


def test_what_somebody_is_just_handing_in_is_not_swept(records: Records) -> None:
    """The file is on the disk, its row is not committed yet, and the worker comes by."""
    files = Files(folder(records.county))
    engine = create_engine(records.county.url)
    with engine.begin() as uploading:
        digest = files.put(b"its row comes in a moment")
        age(files, digest)
        queries.lock_content(Session(uploading), digest)
        sweep(records.county, digest)
        assert files.path(digest).exists()
    engine.dispose()
    sweep(records.county, digest)
    assert not files.path(digest).exists()


def test_row_security_keeps_what_the_views_would_let_pass(records: Records) -> None:
    kept = records.kept(records.county.sign_in("mediator-a1"), photo())
    with transaction(records.county.identity("mediator-b1")) as session:
        assert session.execute(text("SELECT * FROM attachment")).all() == []
        for statement in ("DELETE FROM attachment", "UPDATE attachment SET size = 1"):
            with pytest.raises(ProgrammingError), session.begin_nested():
                session.execute(text(statement))
        forged = text(
            "INSERT INTO attachment SELECT gen_random_uuid(), 'dispute', :owner, 'photo',"
            " sha256(''), sha256(''), 1, 'image/jpeg', gate.user_id(), NULL, gate.now(), gate.now()"
        )
        with pytest.raises(ProgrammingError), session.begin_nested():
            session.execute(forged, {"owner": records.dispute})
    with transaction(records.county.identity("mediator-a1")) as session:
        found = session.execute(text("SELECT id FROM attachment")).all()
    assert [str(row.id) for row in found] == [kept["id"]]


@pytest.mark.parametrize("login", ["township-a", "mediator-a1"])
def test_who_is_recused_sees_and_adds_no_attachment_of_the_case(
    records: Records, login: str
) -> None:
    """Also who wrote the case down, and who handed the photo in."""
    kept = records.kept(records.county.sign_in(login), photo())
    event = {"id": str(uuid4()), "event": "recuse", "person": str(id_of(f"user {login}"))}
    county = records.county.sign_in("county")
    county.post(f"/disputes/{records.dispute}/events", {**event, "why": "示例：亲属"})
    records.county.clock.pass_time(seconds=1)
    recused = records.county.sign_in(login)
    assert recused.call("GET", f"/attachments/{kept['id']}/content").status_code == 404
    asked = {"owner_entity": "dispute", "owner_id": records.dispute}
    assert recused.get("/attachments", **asked) == {"items": []}
    assert records.send(recused, photo()).status_code == 404
    assert records.content(records.county.sign_in("county"), kept)


def test_a_written_agreement_takes_the_signatures_of_both(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    event = {
        "id": str(uuid4()),
        "event": "settle",
        "agreement": "示例：各退半尺",
        "form": "written",
    }
    mediator.post(f"/disputes/{records.dispute}/events", event)
    (agreement,) = rows(records.county, "SELECT id FROM agreement")
    owner = ("agreement", str(agreement.id))
    kept = records.kept(mediator, signature(), owner=owner, purpose="signature")
    records.county.clock.pass_time(minutes=1)
    township = records.county.sign_in("township-a")
    records.kept(township, scan(), owner=owner, purpose="document")
    listed = township.get("/attachments", owner_entity="agreement", owner_id=owner[1])
    assert [one["purpose"] for one in listed["items"]] == ["signature", "document"]
    stranger = records.county.sign_in("mediator-b1")
    assert stranger.call("GET", f"/attachments/{kept['id']}").status_code == 404
    assert records.send(stranger, signature(), owner=owner, purpose="signature").status_code == 404


def test_a_photo_that_is_none_is_refused_and_nothing_is_kept(records: Records) -> None:
    mediator = records.county.sign_in("mediator-a1")
    for content in (b"", b"not a picture", photo()[:200], scan()):
        answer = records.send(mediator, content)
        assert answer.status_code in (415, 422), content[:20]
        assert answer.content_type == "application/problem+json", content[:20]
    assert rows(records.county, "SELECT * FROM attachment") == []
