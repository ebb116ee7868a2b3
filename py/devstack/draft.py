"""`make migration`: the next migration, drafted from what sql/ says and the migrations lack."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from devstack import migrations, scratch, supabase_cli
from devstack.errors import StackError, reporting
from devstack.paths import MIGRATIONS, ROOT

_TIME: Final = "%Y%m%d%H%M%S"
_TOPIC: Final = re.compile(r"[a-z][a-z0-9_]*")


def draft(topic: str, now: datetime) -> Path | None:
    """Write the migration that leads from the migrations' database to that of sql/.

    Args:
        topic: What it is about, for the file name.
        now: The time it is written at, in UTC, for the file name.

    Returns:
        The file, or None when there is nothing to migrate.

    Raises:
        StackError: The topic is no name, or the CLI failed.
    """
    if not _TOPIC.fullmatch(topic):
        raise StackError(
            f"{topic!r} cannot name a migration",
            "Use lower-case letters, digits and underscores: make migration name=session_notes",
        )
    with scratch.migrated_and_described() as (from_migrations, from_sql):
        statements = supabase_cli.difference(from_migrations.url, from_sql.url)
    if not statements:
        return None
    path = MIGRATIONS / f"{_version(now)}_{topic}.sql"
    path.write_text(f"{statements}\n")
    # In the house style as far as a tool can bring it there; what it cannot, make lint names.
    subprocess.run(
        [sys.executable, "-m", "sqlfluff", "fix", "--quiet", str(path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return path


def _version(now: datetime) -> str:
    """The time as a version, later than each migration there is: clocks of authors differ."""
    written = [datetime.strptime(found.version, _TIME) for found in migrations.find()]  # noqa: DTZ007
    after_the_newest = max(written, default=datetime.min) + timedelta(seconds=1)  # noqa: DTZ901
    return max(now.replace(tzinfo=None), after_the_newest).strftime(_TIME)


def main(topic: str) -> int:
    """Write the draft and say where it is."""
    path = draft(topic, datetime.now(UTC))
    if path is None:
        print("sql/ and supabase/migrations describe the same database: nothing to migrate")
    else:
        print(f"wrote {path.relative_to(ROOT)}: read it, edit it, then run make test")
    return 0


if __name__ == "__main__":
    sys.exit(reporting(partial(main, *sys.argv[1:])))
