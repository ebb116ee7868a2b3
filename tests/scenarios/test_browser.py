"""The same story through supabase-js, which most frontends use."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from devstack import node
from devstack.paths import ROOT
from devstack.stack import Stack
from support.campus import PASSWORD, Campus

SCRIPT = Path(__file__).with_name("one_session.mjs")


def play(stack: Stack, campus: Campus) -> dict[str, Any]:
    """Run the script and read what it saw."""
    ids = [str(value) for value in (campus.course, campus.batch, campus.marta)]
    done = subprocess.run(
        [str(node.node()), str(SCRIPT), stack.api_url, stack.anon_key, PASSWORD, *ids],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_supabase_js_plays_one_session(api: Stack, campus: Campus) -> None:
    seen = play(api, campus)
    session = seen.pop("id")

    clash = seen["again"].pop("details")
    assert clash.startswith(f"clash with 'Office hours', session {session}, from ")
    shown = {
        "title": "Office hours",
        "status": "upcoming",
        "can_join": True,
        "courses": {"name": "Data Engineering"},
    }
    assert seen == {
        "blank": {
            "status": 400,
            "code": "22023",
            "message": "title must be one line of 1 to 200 characters",
        },
        "created": {"status": 201, "passcode": None, "minutes": 60},
        "again": {
            "status": 409,
            "code": "23P01",
            "message": f"mentor_id {campus.marta} already hosts a session at that time",
        },
        "byStudent": {
            "status": 403,
            "code": "42501",
            "message": "only managers and mentors may create sessions",
        },
        "calendars": {"sam": [shown], "otto": [], "marta": [shown]},
        "visitor": {
            "status": 401,
            "code": "42501",
            "message": "permission denied for view segmented_weekly_success_sessions",
        },
        "joined": {
            "link": "https://zoom.us/j/123456789",
            "passcode": "secure123",
            "attendance": "present",
        },
        "hidden": {
            "status": 404,
            "code": "PT404",
            "message": f"session_id {session} is unknown or not visible to you",
        },
        "left": True,
        "attendance": [{"student_id": str(campus.sam), "status": "present"}],
        "afterwards": {
            "status": 409,
            "code": "PT409",
            "message": "this session was cancelled",
            "details": "Ill",
        },
        "calendarAfterwards": [],
    }
