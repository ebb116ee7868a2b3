"""Passcodes and the secret parts of links go into Vault and are never read back from the row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from devstack.databases import Database
from support.actors import as_service, as_user
from support.outbox import Outbox
from support.sessions import create, read, refusal, save, secrets, tomorrow
from support.world import World

LINK = "https://zoom.us/j/123456789"
SECRET_LINK = f"{LINK}?pwd=linksecret"
BACKUP = "https://meet.example/room"
SECRET_BACKUP = f"{BACKUP}?pwd=backupsecret"
HOST_LINK = "https://zoom.us/s/123456789?zak=hostsecret"
ALL_SECRETS: dict[str, Any] = {
    "link": SECRET_LINK,
    "backup_link": SECRET_BACKUP,
    "zoom_passcode": "codesecret",
    "platform_data": Jsonb({"room": "A", "host_link": HOST_LINK}),
}
STORED = {
    "zoom_passcode": "codesecret",
    "link": SECRET_LINK,
    "backup_link": SECRET_BACKUP,
    "host_link": HOST_LINK,
}


@pytest.fixture
def admin(world: World) -> UUID:
    return world.admin()


@pytest.fixture
def session(conn: psycopg.Connection, admin: UUID) -> UUID:
    """A session with every kind of secret."""
    with as_user(conn, admin):
        created: UUID = create(conn, **ALL_SECRETS)["id"]
    return created


def test_what_is_stored_shows_no_secret(conn: psycopg.Connection, admin: UUID) -> None:
    with as_user(conn, admin):
        returned = create(conn, **ALL_SECRETS)

    # As the owner of the table, whom no policy or grant hides anything from.
    for row in (returned, read(conn, returned["id"])):
        assert row["zoom_passcode"] is None
        assert row["link"] == LINK
        assert row["backup_link"] == BACKUP
        assert row["platform_data"] == {"room": "A"}
        assert "secret" not in str(row)
    assert secrets(conn, returned["id"]) == STORED


def test_vault_holds_them_encrypted(conn: psycopg.Connection, session: UUID) -> None:
    stored = conn.execute(
        "select secret from vault.secrets where name like %s", (f"%{session}%",)
    ).fetchall()

    assert len(stored) == len(STORED)
    assert all("secret" not in value for (value,) in stored)


def test_a_session_without_secrets_has_none_in_vault(conn: psycopg.Connection, admin: UUID) -> None:
    with as_user(conn, admin):
        row = create(conn, platform_data=Jsonb({"room": "A"}))

    assert secrets(conn, row["id"]) == {}
    assert row["credentials_updated_at"] is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f"{LINK}?pwd=x", LINK),
        (f"{LINK}?PWD=x", LINK),
        (f"{LINK}?pwd=", LINK),
        (f"{LINK}?pwd=x#success", f"{LINK}#success"),
        (f"{LINK}?pwd=x&uname=A", f"{LINK}?uname=A"),
        (f"{LINK}?uname=A&pwd=x", f"{LINK}?uname=A"),
        (f"{LINK}?a=1&pwd=x&b=2", f"{LINK}?a=1&b=2"),
        (f"{LINK}?pwd=x&pwd=y", LINK),
        (f"{LINK}?a=1#pwd=x", f"{LINK}?a=1"),
        (f"{LINK}?pwd=x%26y%3D&a=1", f"{LINK}?a=1"),
    ],
)
def test_the_passcode_in_a_link_is_taken_out_wherever_it_stands(
    conn: psycopg.Connection, admin: UUID, sent: str, kept: str
) -> None:
    with as_user(conn, admin):
        row = create(conn, link=sent, backup_link=sent)

    assert (row["link"], row["backup_link"]) == (kept, kept)
    assert secrets(conn, row["id"]) == {"link": sent, "backup_link": sent}


@pytest.mark.parametrize(
    "link", [f"{LINK}?a=1", f"{LINK}?xpwd=1", f"{LINK}/pwd=1", f"{LINK}?a=pwd", f"{LINK}#room"]
)
def test_other_links_stay_as_they_are(conn: psycopg.Connection, admin: UUID, link: str) -> None:
    with as_user(conn, admin):
        row = create(conn, link=link)

    assert row["link"] == link
    assert secrets(conn, row["id"]) == {}


# -- Changing them ----------------------------------------------------------------------


def test_a_form_saved_back_as_read_keeps_everything(
    conn: psycopg.Connection, admin: UUID, session: UUID
) -> None:
    editable = (
        "title", "description", "session_type", "status", "course_id", "batch_id", "mentor_id",
        "start_time", "end_time", "timezone", "platform", "link", "backup_link",
        "zoom_meeting_id", "zoom_passcode", "cancel_reason",
    )  # fmt: skip
    with as_user(conn, admin):
        before = read(conn, session)
        form = {name: before[name] for name in editable}
        after = save(conn, session, **form, platform_data=Jsonb(before["platform_data"]))

    assert secrets(conn, session) == STORED
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


@pytest.mark.parametrize(
    ("columns", "kind", "becomes"),
    [
        ({"zoom_passcode": "new"}, "zoom_passcode", "new"),
        ({"zoom_passcode": None}, "zoom_passcode", "codesecret"),
        ({"zoom_passcode": ""}, "zoom_passcode", None),
        ({"link": f"{LINK}?pwd=new"}, "link", f"{LINK}?pwd=new"),
        ({"link": LINK}, "link", SECRET_LINK),
        ({"link": "https://zoom.us/j/987654321"}, "link", None),
        (
            {"link": "https://zoom.us/j/987654321?pwd=new"},
            "link",
            "https://zoom.us/j/987654321?pwd=new",
        ),
        ({"backup_link": f"{BACKUP}?pwd=new"}, "backup_link", f"{BACKUP}?pwd=new"),
        ({"backup_link": BACKUP}, "backup_link", SECRET_BACKUP),
        ({"backup_link": "https://other.example/room"}, "backup_link", None),
        ({"backup_link": None}, "backup_link", None),
        ({"platform_data": Jsonb({"host_link": "https://h/2"})}, "host_link", "https://h/2"),
        ({"platform_data": Jsonb({"room": "B"})}, "host_link", HOST_LINK),
        ({"platform_data": Jsonb({"host_link": ""})}, "host_link", None),
        ({"platform_data": Jsonb({"host_link": None})}, "host_link", None),
        ({"title": "New title"}, "zoom_passcode", "codesecret"),
    ],
    ids=repr,
)
def test_each_secret_is_kept_changed_or_removed_on_its_own(
    conn: psycopg.Connection,
    admin: UUID,
    session: UUID,
    columns: dict[str, Any],
    kind: str,
    becomes: str | None,
) -> None:
    with as_user(conn, admin):
        row = save(conn, session, **columns)

    expected = {**STORED, kind: becomes}
    assert secrets(conn, session) == {k: v for k, v in expected.items() if v is not None}
    assert row["zoom_passcode"] is None
    assert "pwd=" not in f"{row['link']} {row['backup_link']}"
    assert "host_link" not in row["platform_data"]


@pytest.mark.parametrize(
    ("columns", "changed"),
    [
        ({"zoom_passcode": "new"}, True),
        ({"zoom_passcode": ""}, True),
        ({"link": f"{LINK}?pwd=new"}, True),
        ({"backup_link": f"{BACKUP}?pwd=new"}, False),  # has a time of its own
        ({"zoom_passcode": "codesecret"}, False),
        ({"zoom_passcode": None}, False),
        ({"link": SECRET_LINK}, False),
        ({"backup_link": SECRET_BACKUP}, False),
        # The host's own start link concerns nobody else.
        ({"platform_data": Jsonb({"host_link": "https://h/2"})}, False),
    ],
    ids=repr,
)
def test_the_row_says_when_what_people_enter_with_has_changed(
    conn: psycopg.Connection, admin: UUID, session: UUID, columns: dict[str, Any], changed: bool
) -> None:
    before = read(conn, session)["credentials_updated_at"]
    assert before is not None

    with as_user(conn, admin):
        after = save(conn, session, **columns)["credentials_updated_at"]

    assert (after > before) == changed
    assert changed or after == before


@pytest.mark.parametrize(
    ("columns", "changed"),
    [
        ({"backup_link": f"{BACKUP}?pwd=new"}, True),
        ({"backup_link": SECRET_BACKUP}, False),
        ({"link": f"{LINK}?pwd=new"}, False),
        ({"zoom_passcode": "new"}, False),
    ],
    ids=repr,
)
def test_the_row_says_when_what_people_enter_the_spare_room_with_has_changed(
    conn: psycopg.Connection, admin: UUID, session: UUID, columns: dict[str, Any], changed: bool
) -> None:
    before = read(conn, session)["backup_credentials_updated_at"]

    with as_user(conn, admin):
        after = save(conn, session, **columns)["backup_credentials_updated_at"]

    assert (after > before) == changed
    assert changed or after == before


def test_a_mentor_sets_the_secrets_of_an_own_session(
    conn: psycopg.Connection, world: World
) -> None:
    mentor = world.mentor()
    with as_user(conn, mentor):
        row = create(conn, mentor_id=mentor, zoom_passcode="one")
        save(conn, row["id"], zoom_passcode="two")

    assert secrets(conn, row["id"]) == {"zoom_passcode": "two"}


# -- Upserts ----------------------------------------------------------------------------

UPSERT = """
    insert into public.success_sessions (id, title, start_time, link, zoom_passcode, platform_data)
    values (%(id)s, 'Upserted', %(start)s, %(link)s, %(passcode)s, %(data)s)
    on conflict (id) do {action}
    returning *
"""
MERGE = """
    update set id = excluded.id, title = excluded.title, start_time = excluded.start_time,
    link = excluded.link, zoom_passcode = excluded.zoom_passcode,
    platform_data = excluded.platform_data
"""


def upsert(
    conn: psycopg.Connection, session: UUID, action: str, passcode: str | None = "upserted"
) -> dict[str, Any] | None:
    values = {
        "id": session,
        "start": tomorrow(),
        "link": f"{LINK}?pwd=upserted" if passcode else LINK,
        "passcode": passcode,
        "data": Jsonb({"host_link": "https://h/upserted"} if passcode else {}),
    }
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(UPSERT.format(action=action).encode(), values).fetchone()


UPSERTED = {
    "zoom_passcode": "upserted",
    "link": f"{LINK}?pwd=upserted",
    "host_link": "https://h/upserted",
}


def test_an_upsert_of_a_new_session_stores_its_secrets(
    conn: psycopg.Connection, admin: UUID
) -> None:
    new = uuid4()
    with as_user(conn, admin):
        row = upsert(conn, new, MERGE)

    assert row is not None
    assert "upserted" not in str(row)
    assert secrets(conn, new) == UPSERTED


def test_an_upsert_of_an_existing_session_replaces_its_secrets(
    conn: psycopg.Connection, admin: UUID, session: UUID
) -> None:
    with as_user(conn, admin):
        row = upsert(conn, session, MERGE)

    assert row is not None
    assert row["title"] == "Upserted"
    assert "upserted" not in str(row)
    assert secrets(conn, session) == {**STORED, **UPSERTED}


def test_an_upsert_of_what_was_read_keeps_the_secrets(
    conn: psycopg.Connection, admin: UUID, session: UUID
) -> None:
    with as_user(conn, admin):
        upsert(conn, session, MERGE, passcode=None)

    assert secrets(conn, session) == STORED


def test_an_insert_that_does_nothing_changes_no_secret(
    conn: psycopg.Connection, admin: UUID, session: UUID
) -> None:
    with as_user(conn, admin):
        assert upsert(conn, session, "nothing") is None

    assert secrets(conn, session) == STORED
    assert read(conn, session)["title"] != "Upserted"


def test_somebody_elses_session_cannot_be_given_another_passcode_by_upsert(
    conn: psycopg.Connection, world: World, session: UUID
) -> None:
    """Whoever knows a session's id and may create sessions tries to overwrite its secrets."""
    mentor = world.mentor("A stranger")
    insert = """
        insert into public.success_sessions (id, title, start_time, link, mentor_id, zoom_passcode)
        values (%s, 'Mine now', %s, 'https://evil.example/', %s, 'evil')
        on conflict (id) do {}
    """
    values = (session, tomorrow(), mentor)
    with as_user(conn, mentor):
        with refusal(conn, "42501"):
            conn.execute(insert.format("update set zoom_passcode = excluded.zoom_passcode"), values)
        conn.execute(insert.format("nothing"), values)

    assert secrets(conn, session) == STORED


def test_a_second_session_of_the_same_id_leaves_the_secrets_of_the_first(
    conn: psycopg.Connection, admin: UUID, session: UUID
) -> None:
    with as_user(conn, admin), refusal(conn, "23505") as refused:
        create(conn, id=session, zoom_passcode="evil", link=f"{LINK}?pwd=evil")

    assert "evil" not in refused.everything
    assert secrets(conn, session) == STORED


# -- What becomes of them ---------------------------------------------------------------


def test_deleting_a_session_removes_its_secrets_and_no_others(
    conn: psycopg.Connection, world: World, admin: UUID, session: UUID
) -> None:
    with as_user(conn, admin):
        other = create(conn, start_time=tomorrow() + timedelta(days=1), zoom_passcode="other")
        save(conn, session, status="cancelled")
    Outbox(conn).deliver()

    with as_user(conn, world.superadmin()):
        conn.execute("delete from public.success_sessions where id = %s", (session,))

    assert secrets(conn, session) == {}
    assert secrets(conn, other["id"]) == {"zoom_passcode": "other"}


def test_a_write_that_is_rolled_back_stores_nothing(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        create(connection, **ALL_SECRETS)
        stored = connection.execute("select count(*) from vault.secrets").fetchone()
        assert stored == (len(STORED),)
        connection.rollback()
        assert connection.execute("select count(*) from vault.secrets").fetchone() == (0,)


BAD_COLUMNS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("22023", {"title": " "}),
    ("23502", {"title": None}),
    ("23502", {"start_time": None}),
    ("23502", {"status": None}),
    ("23502", {"timezone": None}),
    ("22P02", {"status": "postponed"}),
    ("22023", {"timezone": "Mars/Olympus"}),
    ("22023", {"platform": "webex"}),
    ("22023", {"end_time": tomorrow() - timedelta(days=9)}),
    ("22023", {"mentor_id": UUID(int=1)}),
    ("22023", {"zoom_meeting_id": "x"}),
    ("22023", {"link": "javascript:alert('linksecret')"}),
    ("22023", {"backup_link": "not a link?pwd=backupsecret"}),
    ("23P01", {"mentor_id": "busy"}),
)
WRITERS = ("admin", "service", "system")


@pytest.mark.parametrize(("sqlstate", "columns"), BAD_COLUMNS, ids=repr)
@pytest.mark.parametrize("verb", ["insert", "update", "upsert"])
@pytest.mark.parametrize("writer", WRITERS)
def test_no_refusal_repeats_a_secret(
    conn: psycopg.Connection,
    world: World,
    admin: UUID,
    session: UUID,
    sqlstate: str,
    columns: dict[str, Any],
    verb: str,
    writer: str,
) -> None:
    if columns == {"mentor_id": "busy"}:
        columns = {"mentor_id": world.mentor()}
        world.session(mentor=columns["mentor_id"], starts=tomorrow())
    values = {"title": "New", "start_time": tomorrow(), **ALL_SECRETS, **columns}
    if verb == "upsert":
        values["id"] = session
    names = ", ".join(values)
    statements = {
        "insert": "insert into public.success_sessions ({names}) values ({values})",
        "update": (
            "update public.success_sessions set ({names}) = row ({values}) where id = %(key)s"
        ),
        "upsert": (
            "insert into public.success_sessions ({names}) values ({values})"
            " on conflict (id) do update set ({names}) = row ({excluded})"
        ),
    }
    statement = statements[verb].format(
        names=names,
        values=", ".join(f"%({name})s" for name in values),
        excluded=", ".join(f"excluded.{name}" for name in values),
    )

    def write() -> None:
        conn.execute(statement.encode(), values | {"key": session})

    with refusal(conn, sqlstate) as refused:
        match writer:
            case "admin":
                with as_user(conn, admin):
                    write()
            case "service":
                with as_service(conn):
                    write()
            case _:
                write()

    assert "secret" not in refused.everything
    assert secrets(conn, session) == STORED


@pytest.mark.parametrize(
    ("kind", "too_long"),
    [
        ("zoom_passcode", {"zoom_passcode": "hidden" * 667}),
        ("link", {"link": f"{LINK}?pwd=" + "hidden" * 667}),
        ("backup_link", {"backup_link": f"{LINK}?pwd=" + "hidden" * 667}),
        ("host_link", {"platform_data": Jsonb({"host_link": f"{LINK}?zak=" + "hidden" * 667})}),
    ],
)
def test_a_secret_has_at_most_4000_characters(
    conn: psycopg.Connection, admin: UUID, session: UUID, kind: str, too_long: dict[str, Any]
) -> None:
    with as_user(conn, admin):
        with refusal(conn, "22023") as refused:
            save(conn, session, **too_long)
        save(conn, session, zoom_passcode="x" * 4000)

    assert refused.message == f"{kind} must be at most 4,000 characters"
    assert "hidden" not in refused.everything
    assert secrets(conn, session) == STORED | {"zoom_passcode": "x" * 4000}


@pytest.mark.parametrize(
    "told",
    ["javascript:alert(1)", "https://zoom.us/s/1 2", "https://zoom.us:99999/s/1", 5, {"a": "b"}],
)
def test_a_host_link_is_a_link(conn: psycopg.Connection, session: UUID, told: Any) -> None:
    with refusal(conn, "22023") as refused:
        save(conn, session, platform_data=Jsonb({"host_link": told}))

    assert refused.message == "host_link must be an http(s) address without spaces"
    assert refused.detail == "constraint success_sessions_host_link_is_http"
    assert secrets(conn, session) == STORED


def test_the_last_guard_refuses_a_secret_that_got_past_the_others(
    conn: psycopg.Connection, session: UUID
) -> None:
    """As when an upsert races with a delete; here somebody has switched the first guard off."""
    conn.execute(
        "alter table public.success_sessions disable trigger success_sessions_4_credentials"
    )
    for columns in ALL_SECRETS.items():
        with refusal(conn, "PT409") as refused:
            save(conn, session, **dict([columns]))
        assert refused.message == "the session changed while it was being saved"
        assert refused.hint == "Save it again."
        assert "secret" not in refused.everything


def test_no_column_that_must_not_be_null_is_left_to_postgres(conn: psycopg.Connection) -> None:
    """Its own refusal prints the whole row; the trigger of the defaults comes before it."""
    names = conn.execute(
        """
        select attname
        from pg_catalog.pg_attribute
        where
            attrelid = 'public.success_sessions'::regclass
            and attnum > 0
            and attnotnull
            and attgenerated = ''
            and attname not in ('end_time', 'calendar_uid') -- filled in
        """
    ).fetchall()

    assert len(names) > 5
    for (name,) in names:
        values = {"id": uuid4(), "title": "New", "link": LINK, "start_time": tomorrow(), name: None}
        with refusal(conn, "23502") as refused:
            create(conn, **values)
        assert name in (refused.message or "")
        assert "must not be null" in (refused.message or "")
