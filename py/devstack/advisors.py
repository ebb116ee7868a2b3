"""`make lint`: what Supabase's own advisors say about the database that the migrations make."""

import sys

from devstack import scratch, supabase_cli
from devstack.errors import reporting


def main() -> int:
    """Print what they say; the status is 1 if they say anything."""
    with scratch.migrated() as database:
        findings = supabase_cli.advice(database.url)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(reporting(main))
