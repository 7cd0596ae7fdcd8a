"""The county's notices desk: owing, adding targets, going a round, looking at the queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from server.db import transaction
from server.notices.delivery import posting
from server.notices.delivery.service import deliver
from server.notices.rules import Kind, Notice
from server.notices.service import owe
from server.notices.targets import service as targets
from server.notices.targets.service import Wish
from server.settings import LOOPBACK, MailServer
from tests.notices.authority import Authority
from tests.notices.mailbox import Mailbox, receiving_mail
from tests.notices.receiver import Receiver, receiving
from tests.smallcounty import SmallCounty, id_of


@dataclass
class NoticeDesk:
    """What a test of notices does over and over."""

    county: SmallCounty
    mail_server: MailServer | None = None

    def add(self, name: str, url: str, *kinds: Kind, area_code: str | None = None) -> str:
        """A webhook; its secret."""
        with transaction(self.county.worker) as session:
            return targets.add_webhook(
                session, self.county.worker, name, url, Wish(kinds, area_code), LOOPBACK
            )

    def owe(self, count: int = 1, kind: Kind = Kind.CLIMBED, office: str = "office A") -> None:
        """So many notices of one kind to one Office."""
        one = Notice(kind, id_of("case"), (id_of(office),), {"level": "township"})
        with transaction(self.county.worker) as session:
            owe(session, self.county.worker, [one] * count)

    def go_round(self, **how: Any) -> int:
        """What the worker does three times a minute; how many went out."""
        settings = replace(
            self.county.app.extensions["wangge.settings"], mail_server=self.mail_server
        )
        return deliver(self.county.worker, settings, Random(1), **how)

    def see(self, columns: str = "d.state, d.tries, d.status, d.error") -> list[Any]:
        """Columns of every delivery, in the order of their notices."""
        sql = f"""SELECT {columns} FROM notice_delivery d JOIN notice n ON n.id = d.notice_id
                    JOIN notice_subscription s ON s.id = d.subscription_id
                   ORDER BY n.id, s.name"""
        with transaction(self.county.worker) as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def states(self) -> list[str]:
        """The state of every delivery."""
        return [state for (state,) in self.see("d.state")]

    def endpoint(self, name: str) -> Any:
        """How the county thinks of a target."""
        sql = "SELECT * FROM notice_subscription WHERE name = :name"
        with transaction(self.county.worker) as session:
            return session.execute(text(sql), {"name": name}).one()


@pytest.fixture
def desk(county: SmallCounty) -> NoticeDesk:
    """The desk of the small county."""
    return NoticeDesk(county)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Another system."""
    with receiving() as heard:
        yield heard


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    with receiving_mail() as taken:
        yield taken


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """A county's own certificates. Nobody trusts them yet."""
    posting._context.cache_clear()
    yield Authority(tmp_path, monkeypatch)
    posting._context.cache_clear()
