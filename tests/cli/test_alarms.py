"""IT at the keyboard: phones that met with something, and nothing of what they wrote."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.bare import system_clock
from tests.cli.keyboard import Keyboard, as_admin
from tests.smallcounty import id_of

DEVICE, USER = id_of("worker-a1w phone"), id_of("user worker-a1w")


def raise_alarm(url: str, kind: str, at: datetime) -> None:
    with as_admin(url) as cursor:
        cursor.execute(
            """INSERT INTO device (id, user_id, name, enrolled_at) VALUES (%s, %s, '示例手机', %s)
               ON CONFLICT DO NOTHING""",
            (str(DEVICE), str(USER), at),
        )
        cursor.execute(
            "INSERT INTO sync_alarm VALUES (%s, %s, %s, %s, %s, %s, 3, '{\"changes\": 2}')",
            (str(DEVICE), kind, at.date(), str(USER), at, at),
        )


def test_alarms_are_listed_with_what_they_mean(keyboard: Keyboard, database: str) -> None:
    assert "No alarms" in keyboard.type("sync", "alarms")
    now = system_clock()
    raise_alarm(database, "hole", now - timedelta(hours=1))
    raise_alarm(database, "clock_far_off", now - timedelta(days=8))
    said = keyboard.type("sync", "alarms")
    assert "worker-a1w" in said
    assert "示例手机" in said
    assert "changes 2" in said
    assert "手机丢失了已编号的记录" in said
    assert "clock_far_off" not in said
    assert "clock_far_off" in keyboard.type("sync", "alarms", "--days", "30")
    assert keyboard.result("sync", "alarms", "--days", "0").exit_code == 2


def test_the_doctor_mentions_what_is_fresh(keyboard: Keyboard, database: str) -> None:
    raise_alarm(database, "resync", system_clock() - timedelta(days=2))
    assert "alarms：无 none" in keyboard.result("doctor").output
    raise_alarm(database, "hole", system_clock())
    said = keyboard.result("doctor").output
    assert "warn 手机异常 alarms：hole 1" in said
