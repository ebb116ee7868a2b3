"""Every command of docs/operations.md is run as it stands there, by this file or one that it names.

What is the reader's own (`…`, addresses, passwords) is filled in. Where Supabase's cloud is needed,
its CLI gets as far as asking who is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives import serialization

from devstack import databases, migrations, zoom
from devstack.databases import Database
from devstack.paths import ROOT
from devstack.postgres import Server
from support.actors import as_user
from support.operations import PAGE, blocks, copied, section
from support.smtp_server import SmtpServer
from support.threads import in_thread
from support.world import World

BACKUP = "Back up and restore"
SUPABASE = "Install on a Supabase project"
UPGRADE = "Upgrade"
RUN = "Run the notifier"
MEETINGS = "Have platforms make meetings"

SHELL = {
    SUPABASE: [
        "test_the_commands_for_supabase_make_a_project_with_a_superadmin",
        "test_the_commands_for_supabase_make_a_project_with_a_superadmin",
        "test_the_commands_for_supabase_make_a_project_with_a_superadmin",
        "test_what_needs_the_cloud_is_understood_by_the_cli",
    ],
    "Install on plain Postgres 15 to 18": ["tests/docs/test_first_mail.py"] * 5,
    RUN: ["test_the_commands_of_the_notifier_lead_to_a_sent_mail"] * 2,
    "Look at the queue and put it right": [
        "test_the_commands_of_the_notifier_lead_to_a_sent_mail",
    ],
    "Limits": ["test_the_commands_of_the_notifier_lead_to_a_sent_mail"],
    "Addresses that nothing is sent to": ["test_what_is_deployed_exists"],
    "Unsubscribing": ["test_what_is_deployed_exists"],
    "Retention": ["test_the_commands_of_the_notifier_lead_to_a_sent_mail"],
    MEETINGS: [
        "test_the_key_of_jaas_reaches_the_functions_as_they_read_it",
        "test_what_is_deployed_exists",
    ],
    "Serve calendar feeds": ["test_what_is_deployed_exists"],
    "Reports": ["test_the_commands_of_the_notifier_lead_to_a_sent_mail"] * 2,
    UPGRADE: ["test_an_upgrade_applies_what_is_new", "test_an_upgrade_deploys_all_functions"],
    BACKUP: ["tests/docs/test_backup.py"] * 3,
}
"""By section, what tries each of its blocks for the shell."""

SQL = {
    "Retention": 1,
    "What a mail's status means": 1,
    MEETINGS: 3,
    "A calendar feed whose address has leaked": 1,
    "Check the statistics": 1,
    BACKUP: 2,
    "After changes were lost": 2,
    "When time zone data changes": 2,
}
"""By section, how many blocks it has for the database."""

CRON = """
create schema cron;
create function cron.schedule(job_name text, schedule text, command text) returns bigint
language plpgsql as $$
begin
    perform set_config('test.command', command, false);
    return 1;
end
$$;
create schema net;
create function net.http_post(
    url text, body jsonb default '{}', params jsonb default '{}',
    headers jsonb default '{}', timeout_milliseconds integer default 5000
) returns bigint
language plpgsql as $$
begin
    perform set_config('test.asked', url || ' ' || headers::text, false);
    return 1;
end
$$
"""
"""Stand in for Supabase's extensions pg_cron and pg_net, by their functions' own arguments."""


def headings() -> list[str]:
    return re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)


def test_every_block_of_the_page_is_tried() -> None:
    assert {heading: len(found) for heading in headings() if (found := blocks(heading, "sh"))} == {
        heading: len(tests) for heading, tests in SHELL.items()
    }
    assert {
        heading: len(found) for heading in headings() if (found := blocks(heading, "sql"))
    } == SQL
    assert set(re.findall(r"^ *```(\w+)$", PAGE.read_text(), re.MULTILINE)) == {"sh", "sql"}
    for tests in SHELL.values():
        for test in tests:
            assert test in globals() or (ROOT / test).is_file()


@pytest.fixture(scope="module")
def you() -> UUID:
    """Who installs it, and has signed up."""
    return uuid4()


@pytest.fixture(scope="module")
def project(server: Server, run_name: str, you: UUID) -> Iterator[Database]:
    """A project on Supabase to which the page has been applied."""
    made = databases.create_platform(server, f"{run_name}_supabase")
    with psycopg.connect(made.url) as connection:
        connection.execute(
            "insert into auth.users (id, email) values (%s, 'you@example.com')", (you,)
        )
    # The connection string is the reader's own.
    script, changed = re.subn(
        r"^export DATABASE_URL=.*$",
        f"export DATABASE_URL='{made.url}'",
        "".join(blocks(SUPABASE, "sh")[:3]),
        flags=re.MULTILINE,
    )
    assert changed == 1
    copied(script)
    yield made
    databases.drop(made)


@pytest.fixture
def owner(project: Database) -> Iterator[psycopg.Connection]:
    """The project as its DBA finds it; rolled back."""
    with (
        psycopg.connect(project.url) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection


def test_the_commands_for_supabase_make_a_project_with_a_superadmin(
    owner: psycopg.Connection, you: UUID
) -> None:
    held = owner.execute(
        "select role::text from public.user_roles where user_id = %s", (you,)
    ).fetchall()
    assert held == [("superadmin",)]


def test_the_commands_of_the_notifier_lead_to_a_sent_mail(
    project: Database, tmp_path: Path
) -> None:
    give, use = blocks(RUN, "sh")
    # A password of its own would shut out others on this server: roles belong to all its databases.
    give, changed = re.subn("a long random one", "notifier", give)
    assert changed == 1
    copied(give, DATABASE_URL=project.url)
    with psycopg.connect(project.url) as connection:
        world = World(connection)
        batch = world.batch(course=world.course())
        sam = world.student("Sam", batch=batch)
        connection.execute("update public.app_settings set mail_debounce_seconds = 0 where id")
        connection.execute("update auth.users set email = 'sam@example.com' where id = %s", (sam,))
        world.session("Office hours", batch=batch)
    # It runs until it is stopped: tests/notifier/test_run.py.
    use, changed = re.subn(r"(?m)^python -m notifier run .*$", "", use)
    assert changed == 1
    script = [use]
    for heading in ("Look at the queue and put it right", "Limits", "Retention", "Reports"):
        script += blocks(heading, "sh")

    with in_thread(SmtpServer()) as mail_server:
        copied(
            "\n".join(script),
            folder=tmp_path,
            DATABASE_URL=project.notifier_url,
            EMAIL_FROM="Live Sessions <sessions@example.com>",
            APP_URL="https://app.example.com",
            SMTP_HOST="localhost",
            SMTP_PORT=str(mail_server.port),
            SMTP_SECURITY="none",
        )
        recipients = sorted(mail.recipient for mail in mail_server.mails)

    assert recipients == ["sam@example.com", "you@example.com"]
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"preview", "report-2027-03-01-2027-03-31.html"}
    with psycopg.connect(project.url) as connection:
        limits = connection.execute(
            "select domain, per_minute from notifier.list_send_limits() order by domain"
        ).fetchall()
    assert limits == [("*", 6000), ("example.com", 60)]


def test_an_upgrade_applies_what_is_new(server: Server, run_name: str, tmp_path: Path) -> None:
    migrate, _ = blocks(UPGRADE, "sh")
    # A version that had all migrations but the last.
    for migration in migrations.find()[:-1]:
        (tmp_path / migration.path.name).symlink_to(migration.path)
    older = databases.create_platform(server, f"{run_name}_older")
    try:
        migrations.apply(older.url, tmp_path)
        said = copied(migrate, DATABASE_URL=older.url)
        listed = re.findall(r"^ *`(\d{14})` \| `(\d{14}| )` ", said, re.MULTILINE)
        versions = [migration.version for migration in migrations.find()]
        assert listed == [(old, old) for old in versions[:-1]] + [(versions[-1], " ")]
        with psycopg.connect(older.url) as connection:
            applied = connection.execute(
                "select version from supabase_migrations.schema_migrations order by version"
            ).fetchall()
        assert [version for (version,) in applied] == versions
    finally:
        databases.drop(older)


def test_an_upgrade_deploys_all_functions(tmp_path: Path) -> None:
    _, deploy = blocks(UPGRADE, "sh")
    folders = (ROOT / "supabase" / "functions").glob("*/index.ts")
    assert deploy.split()[4:] == sorted(path.parent.name for path in folders)
    with pytest.raises(AssertionError, match="Access token not provided"):
        copied(deploy, HOME=str(tmp_path))


def test_no_command_means_a_stack_on_the_readers_machine_or_is_deprecated() -> None:
    commands = re.findall(r"npx supabase (?:migration|db) .*", PAGE.read_text())
    assert len(commands) == 5
    for command in commands:
        assert re.search(r' --remote="\$\w+"', command)
        assert "--db-url" not in command


@pytest.mark.parametrize("command", ["functions deploy meetings zoom-webhook", "secrets set A=b"])
def test_what_needs_the_cloud_is_understood_by_the_cli(command: str, tmp_path: Path) -> None:
    assert command.rsplit(" ", 1)[0] in PAGE.read_text()
    with pytest.raises(AssertionError, match="Access token not provided"):
        copied(f"npx supabase {command}", HOME=str(tmp_path))


def test_what_is_deployed_exists() -> None:
    page = PAGE.read_text()
    functions = ROOT / "supabase" / "functions"
    deployed = " ".join(re.findall(r"npx supabase functions deploy (.+)", page)).split()
    served = {folder.name for folder in functions.iterdir() if (folder / "index.ts").is_file()}
    assert set(deployed) == served
    given = set(re.findall(r"\b([A-Z_]{3,})=", " ".join(re.findall(r"secrets set (.+)", page))))
    source = "".join(path.read_text() for path in functions.rglob("*.ts"))
    asked = set(re.findall(r"(?:required|optional|setting)\(\s*\"(\w+)\"", source))
    assert given == {name for name in asked if not name.startswith("SUPABASE_")}


def test_zooms_app_has_a_scope_for_each_request_and_no_other() -> None:
    scopes = re.findall(r"^ *\| `(\w+:\w+:\w+:admin)` \|", section(MEETINGS), re.MULTILINE)
    assert sorted(scopes) == sorted(zoom.SCOPES.values())


def test_the_key_of_jaas_reaches_the_functions_as_they_read_it(tmp_path: Path) -> None:
    key, secrets = blocks(MEETINGS, "sh")
    # What the CLI would be given.
    npx = "npx() { printf '%s\\0' \"$@\"; }\n"
    given = copied(key + npx + secrets, tmp_path).split("\0")
    (private,) = (
        value.removeprefix("JAAS_PRIVATE_KEY=")
        for value in given
        if value.startswith("JAAS_PRIVATE_KEY=")
    )
    assert private.startswith("-----BEGIN PRIVATE KEY-----\n")
    loaded = serialization.load_pem_private_key(private.encode(), None)
    public = loaded.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert (tmp_path / "key.pub").read_bytes() == public


def filled_in(block: str, value: object) -> str:
    return block.replace("'…'", f"'{value}'")


@pytest.mark.parametrize("heading", sorted(set(SQL) - {MEETINGS, BACKUP}))
def test_what_is_said_to_the_database_is_understood(
    owner: psycopg.Connection, heading: str
) -> None:
    block = "".join(blocks(heading, "sql"))
    for statement in filled_in(block, uuid4()).split(";\n"):
        owner.execute(statement.encode())


def test_a_forgotten_transaction_is_found_whether_it_has_read_or_written(
    owner: psycopg.Connection, project: Database
) -> None:
    (find,) = blocks("Retention", "sql")
    with (
        psycopg.connect(project.url) as writer,
        psycopg.connect(project.url) as reader,
    ):
        # Between two statements a transaction that is read committed has no snapshot.
        writer.execute("select pg_current_xact_id()")
        reader.execute("set transaction isolation level repeatable read")
        reader.execute("select")
        held = {holder: (state, query) for holder, state, _, query in owner.execute(find.encode())}
        for idle, last in ((writer, "select pg_current_xact_id()"), (reader, "select")):
            assert held[str(idle.info.backend_pid)] == ("idle in transaction", last)


def test_the_queries_among_the_words_are_understood_too(project: Database) -> None:
    found = re.findall(r"`(select [^`]+|alter role [^`]+)`", PAGE.read_text())
    assert len(found) == 7
    for statement in found:
        role = statement.split(" ")[2]
        # On Postgres 15 nobody else changes the password of a role that may replicate.
        url = project.superuser_url if role == "postgres" else project.url
        with psycopg.connect(url) as connection, connection.transaction(force_rollback=True):
            world = World(connection)
            given: list[object] = [uuid4() if role == "from" else role]
            if statement.startswith("select * from explain_"):
                given = [world.session(), world.student()]
            for value in given:
                statement = statement.replace("'…'", f"'{value}'", 1)
            connection.execute(statement.encode())


def test_zones_that_the_server_lacks_are_found(conn: psycopg.Connection) -> None:
    _, missing = blocks("When time zone data changes", "sql")
    assert conn.execute(missing.encode()).fetchall() == []
    conn.execute("insert into private.time_zones (name) values ('Mars/Olympus')")
    assert conn.execute(missing.encode()).fetchall() == [("Mars/Olympus",)]


def test_recordings_whose_address_was_forgotten_are_found_and_get_it_again(
    owner: psycopg.Connection,
) -> None:
    forget, find = blocks(BACKUP, "sql")
    world = World(owner)
    host = world.mentor()
    session = world.session("Office hours", mentor=host)
    insert = (
        "insert into public.session_recordings (session_id, url, storage_path)"
        " values (%s, %s, %s) returning id"
    )
    address = "https://zoom.us/rec/share/abc"
    (lost,) = owner.execute(insert, (session, address, None)).fetchone() or (None,)
    owner.execute(insert, (session, None, f"{session}/part.mp4"))

    def opened() -> str | None:
        with as_user(owner, host):
            row = owner.execute("select url from public.open_recording(%s)", (lost,)).fetchone()
        assert row is not None
        return str(row[0]) if row[0] else None

    assert owner.execute(find.encode()).fetchall() == []
    owner.execute(forget.encode())
    assert [row[:2] for row in owner.execute(find.encode())] == [(lost, "Office hours")]
    assert opened() is None
    with as_user(owner, host):
        owner.execute(
            "update public.session_recordings set url = %s where id = %s", (address, lost)
        )
    assert opened() == address
    assert owner.execute(find.encode()).fetchall() == []


def test_the_clock_of_the_database_calls_when_there_is_something_to_do(
    owner: psycopg.Connection,
) -> None:
    account, schedule, waiting = blocks(MEETINGS, "sql")
    world = World(owner)
    marta = world.mentor()
    owner.execute(filled_in(account, marta).encode())
    owner.execute(CRON.encode())
    owner.execute(schedule.encode())

    def asked() -> str:
        owner.execute("select set_config('test.asked', '', false)")
        (command,) = owner.execute("select current_setting('test.command')").fetchone() or ("",)
        owner.execute(command.encode())
        (said,) = owner.execute("select current_setting('test.asked')").fetchone() or ("",)
        return str(said)

    assert asked() == ""
    session = world.session("At a platform", mentor=marta, platform="zoom", link=None)
    # Further changes are waited for, for some seconds.
    assert asked() == ""
    owner.execute("update public.session_meetings set due_at = now() where true")
    assert "/functions/v1/meetings/work" in asked()
    assert "Bearer the MEETINGS_WORK_KEY" in asked()
    assert [row[0] for row in owner.execute(waiting.encode())] == [session]
