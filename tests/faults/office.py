"""What the office does while phones walk: in plain SQL, which the feed must see as well."""

from __future__ import annotations

import random
from contextlib import suppress
from threading import Event
from typing import Any

import psycopg2

from tests.cli.keyboard import as_admin
from tests.faults.fates import chance_of
from tests.faults.house import House, await_true
from tests.smallcounty import id_of

EVERY = 0.2  # seconds
HELPER, LENT = "worker-a1w", "A1e"


def work(seed: str, house: House, ended: Event) -> None:
    """Do things until the phones have ended; then nothing is lent to anybody any more."""
    chance = chance_of(seed, "office")
    while not ended.wait(EVERY):
        with suppress(psycopg2.Error), as_admin(house.admin_url) as cursor:
            chance.choice([move, move, lend, take_back, dawdle])(cursor, chance, ended)
    await_true(lambda: _is_taken_back(house), "the office takes back what it lent")


def move(cursor: Any, chance: random.Random, ended: Event) -> None:
    """A household, with its visits, now belongs to this or that cell."""
    cell, household = chance.choice(["A1w", "A1e"]), f"A1w-{chance.randint(1, 3)}"
    moved = (str(id_of(cell)), str(id_of(household)))
    cursor.execute("UPDATE household SET cell_id = %s WHERE id = %s", moved)


def lend(cursor: Any, chance: random.Random, ended: Event) -> None:
    """A worker serves the neighbour's cell as well."""
    take_back(cursor, chance, ended)
    cursor.execute(
        """
        INSERT INTO assignment (id, user_id, role, cell_id, valid_from)
        VALUES (gen_random_uuid(), %s, 'grid_worker', %s, now())
        """,
        (str(id_of(f"user {HELPER}")), str(id_of(LENT))),
    )


def take_back(cursor: Any, chance: random.Random, ended: Event) -> None:
    """That is over: the phone drops the cell, and delivers what it wrote there."""
    cursor.execute(
        """
        UPDATE assignment SET valid_to = now()
         WHERE user_id = %s AND cell_id = %s AND valid_to IS NULL
        """,
        (str(id_of(f"user {HELPER}")), str(id_of(LENT))),
    )


def dawdle(cursor: Any, chance: random.Random, ended: Event) -> None:
    """A transaction that wrote stays open: the feed of all others goes on."""
    cursor.execute("BEGIN")
    touched = (str(id_of("B1e-3")),)
    cursor.execute("UPDATE household SET created_at = created_at WHERE id = %s", touched)
    ended.wait(0.5)
    cursor.execute(chance.choice(["COMMIT", "ROLLBACK"]))


def _is_taken_back(house: House) -> bool:
    with suppress(psycopg2.Error), as_admin(house.admin_url) as cursor:
        take_back(cursor, random.Random(0), Event())
        return True
    return False
