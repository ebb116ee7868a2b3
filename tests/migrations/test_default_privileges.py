"""Migrations end in the same grants, whichever default privileges a project was born with."""

import psycopg

from devstack import migrations
from support.grants import Grant, grants
from support.platforms import NewPlatform

OURS = ["public", "private", "notifier"]


def migrated(new_platform: NewPlatform) -> dict[str, list[Grant]]:
    ends: dict[str, list[Grant]] = {}
    for regime in ("legacy", "explicit"):
        database = new_platform(regime)
        migrations.apply(database.url)
        ends[regime] = grants(database.url, OURS)
    return ends


def test_both_regimes_end_in_the_same_grants(new_platform: NewPlatform) -> None:
    ends = migrated(new_platform)

    assert ends["legacy"] == ends["explicit"]
    assert ("relation", "public.success_sessions", "authenticated", "SELECT", False) in ends[
        "legacy"
    ]


def test_the_regimes_do_differ_where_nobody_grants_by_name(new_platform: NewPlatform) -> None:
    ends: dict[str, list[Grant]] = {}
    for regime in ("legacy", "explicit"):
        database = new_platform(regime)
        with psycopg.connect(database.url) as connection:
            connection.execute("create table public.careless (id integer)")
            connection.execute("create function public.careless() returns integer return 1")
        ends[regime] = grants(database.url, ["public"])

    read_by_strangers = ("relation", "public.careless", "anon", "SELECT", False)
    called_by_strangers = ("function", "public.careless()", "anon", "EXECUTE", False)
    assert {read_by_strangers, called_by_strangers} <= set(ends["legacy"])
    assert not {read_by_strangers, called_by_strangers} & set(ends["explicit"])
