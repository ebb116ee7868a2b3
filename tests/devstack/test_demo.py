"""The demo tells the truth: it passes on a stack that works, and names the step that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack import databases
from devstack.databases import Database
from devstack.demo import DemoFailedError, play
from devstack.stack import Stack
from devstack.zoom import zoom_server


@pytest.fixture
def seeded(database: Database) -> Iterator[Stack]:
    """What `make demo` starts."""
    databases.load_seed(database)
    with zoom_server() as zoom, Stack(database, functions=True, zoom=zoom) as stack:
        yield stack


def test_the_workflow_plays_to_its_end(seeded: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    play(seeded)

    told = capsys.readouterr().out
    assert told.count("✓") >= 15
    assert "10 mails in all, 4 recipients" in told


def test_a_dead_notifier_fails_the_step_that_waits_for_mail(seeded: Stack) -> None:
    seeded.notifier.stop()

    with pytest.raises(DemoFailedError, match=r"Step 2 failed \(Mails arrive.*notifier has ended"):
        play(seeded)
