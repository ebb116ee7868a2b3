"""However workers are killed, no mail is lost, and only what was flagged in doubt comes twice.

`make chaos` runs it at full size: 10,000 mails. `CHAOS_SEED` is what chance is made of.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

import notifier
from devstack.databases import Database
from support.chaos import CALLS, POINTS, Chaos, Point
from support.classroom import Classroom, open_classroom
from support.daemon import Daemons
from support.pg_proxy import PgProxy
from support.resend_server import ResendServer
from support.smtp_server import SmtpServer
from support.threads import in_thread
from support.world import World

MAILS = int(os.environ.get("CHAOS_MAILS", "1500"))
MAILS_OVER_AN_API = int(os.environ.get("CHAOS_MAILS", "240"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))


@contextmanager
def open_chaos(
    database: Database, daemons: Daemons, students: int, python_path: Path | None = None
) -> Iterator[Chaos]:
    with (
        open_classroom(database, students=students) as classroom,
        in_thread(SmtpServer()) as server,
        in_thread(SmtpServer()) as victims_server,
        in_thread(PgProxy(database.notifier_url)) as proxy,
    ):
        yield Chaos(
            classroom, daemons, server, victims_server, proxy, SEED, python_path=python_path
        )


def test_nothing_is_lost_and_nothing_comes_twice_that_was_not_flagged(
    database: Database, daemons: Daemons
) -> None:
    with open_chaos(database, daemons, -(-MAILS // len(POINTS))) as chaos:
        chaos.run(POINTS)

        chaos.verdict()
        assert set(map(str, POINTS)) < set(chaos.kills)  # and some at random


def test_over_an_api_that_knows_its_keys_nothing_comes_twice_at_all(
    database: Database, daemons: Daemons
) -> None:
    points = [point for point in CALLS if "_emails" in point.name or "begin" in point.name]
    with (
        open_classroom(database, students=-(-MAILS_OVER_AN_API // len(points))) as classroom,
        in_thread(ResendServer()) as api,
        in_thread(PgProxy(database.notifier_url)) as proxy,
    ):
        recorded = hold_a_session(classroom)
        titles = count()

        def tell(classroom: Classroom, title: str) -> None:
            """By turns a mail with a calendar, which goes alone, and one that goes with others."""
            if next(titles) % 2:
                classroom.schedule(title)
            else:
                World(classroom.conn).recording(
                    recorded, title=title, is_published=True, notify=True
                )

        chaos = Chaos(
            classroom, daemons, api, api, proxy, SEED, tell=tell, rest=50 + MAILS_OVER_AN_API // 50
        )
        chaos.run(points)

        chaos.verdict()
        told = [mail.request["tags"][0]["value"] for mail in api.mails]
        assert len(set(told)) == len(told) == chaos.mails
        assert api.keys_repeated  # some were asked for twice
        assert api.batches


def hold_a_session(classroom: Classroom) -> UUID:
    """A session of the batch that is over, and that nobody was told of."""
    session = World(classroom.conn).session(
        batch=classroom.batch, starts=timedelta(hours=-3), status="completed"
    )
    classroom.conn.execute("delete from notifier.events")
    return session


def test_the_verdict_notices_a_worker_that_records_before_it_sends(
    database: Database, daemons: Daemons, tmp_path: Path
) -> None:
    broken = tmp_path / "notifier"
    shutil.copytree(Path(notifier.__file__).parent, broken)
    with (broken / "delivery.py").open("a") as delivery:
        delivery.write(
            "\n\n_send_as_usual = Delivery._send\n\n\n"
            "async def _record_then_send(self, parcel):\n"
            "    await self._recorder._outbox.complete_emails(\n"
            "        parcel.claim.claim_id, [parcel.items[0].email_id], 'smtp'\n"
            "    )\n"
            "    return await _send_as_usual(self, parcel)\n\n\n"
            "Delivery._send = _record_then_send\n"
        )
    with open_chaos(database, daemons, 20, python_path=tmp_path) as chaos:
        chaos.run([Point("MAIL"), Point("DATA")])

        with pytest.raises(AssertionError, match="mails are lost"):
            chaos.verdict()
