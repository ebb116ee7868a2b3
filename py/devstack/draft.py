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


def write(topic: str, statements: str, now: datetime, folder: Path = MIGRATIONS) -> Path:
    """Write a migration in the house style, as far as a tool can bring it there.

    Args:
        topic: What it is about, for the file name.
        statements: What it does.
        now: The time it is written at, in UTC, for the file name.
        folder: Where the migrations stand.
    """
    path = folder / f"{_version(now, folder)}_{topic}.sql"
    path.write_text(f"{statements}\n")
    subprocess.run(
        [sys.executable, "-m", "sqlfluff", "fix", "--quiet", "--config=.sqlfluff", str(path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return path


def _version(now: datetime, folder: Path) -> str:
    """The time as a version, later than each migration there is: clocks of authors differ."""
    written = [datetime.strptime(found.version, _TIME) for found in migrations.find(folder)]  # noqa: DTZ007
    after_the_newest = max(written, default=datetime.min) + timedelta(seconds=1)  # noqa: DTZ901
    return max(now.replace(tzinfo=None), after_the_newest).strftime(_TIME)


def main(topic: str) -> int:
    """Write the draft and say where it is.

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
        print("sql/ and supabase/migrations describe the same database: nothing to migrate")
        return 0
    path = write(topic, statements, datetime.now(UTC))
    print(f"wrote {path.relative_to(ROOT)}: read it, edit it, then run make test")
    return 0


if __name__ == "__main__":
    sys.exit(reporting(partial(main, *sys.argv[1:])))
