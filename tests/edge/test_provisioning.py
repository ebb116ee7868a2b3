"""Everything together: an admin saves a session without a link, and students get it by mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import psycopg

from devstack.databases import Database
from devstack.stack import Stack
from devstack.zoom import ZoomServer
from support.campus import Campus, address
from support.rest import Callers
from support.waiting import wait_until
from support.world import World


def test_a_session_saved_without_a_link_has_one_before_anybody_hears_of_it(
    database: Database, zoom: ZoomServer
) -> None:
    campus = Campus.open(database.url)
    with psycopg.connect(database.url) as connection:
        World(connection).meeting_account("Shared", login="shared@school.test")
    with (
        Stack(database, functions=True, zoom=zoom) as stack,
        httpx.Client(timeout=30) as http,
    ):
        starts = datetime.now(UTC) + timedelta(days=2)
        (created,) = (
            Callers(http, stack)
            .user(campus.ada)
            .insert(
                "success_sessions",
                {
                    "title": "Office hours",
                    "course_id": str(campus.course),
                    "batch_id": str(campus.batch),
                    "mentor_id": str(campus.marta),
                    "start_time": starts.isoformat(),
                },
            )
            .json()
        )
        assert created["link"] is None

        def told() -> set[str]:
            return {mail["to"][0]["address"] for mail in stack.mail.mails()}

        everybody = {address(name) for name in ("sam", "sita", "marta")}
        wait_until(lambda: told() == everybody, "everybody is told")

        ((number, meeting),) = zoom.meetings.items()
        assert meeting["topic"] == "Office hours"
        link = (
            Callers(http, stack)
            .user(campus.ada)
            .get("success_sessions", select="link", id=f"eq.{created['id']}")
        )
        assert link.json() == [{"link": f"https://zoom.us/j/{number}"}]
        assert len(stack.mail.mails()) == len(everybody), "one mail each, not one more for the link"
