"""`make lint`: what Supabase's own advisors say about the database that the migrations make."""

import sys

from devstack import scratch, supabase_cli


def main() -> int:
    """Print what they say; the status is 1 if they say anything."""
    with scratch.migrated() as database:
        said = supabase_cli.advice(database.url)
    if said:
        print(said)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
