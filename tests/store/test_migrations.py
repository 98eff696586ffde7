"""The schema: forward only, frozen files, and earlier states of them updated."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from conftest import opened
from databases import empty_database, execute, url_of
from held import eventually
from oauthsrv import places
from oauthsrv.config import Settings
from oauthsrv.embedded import Databases
from oauthsrv.flows import housekeeping, rotation
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.issuing import TokenRequest
from oauthsrv.oauth.credentials import digest, new_refresh_token
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.store import CannotStart, migrations
from oauthsrv.store.database import reading, sql
from oauthsrv.store.migrations import migrate

FOLDER = places.SQL / "migrations"
EARLIER = Path(__file__).parent / "earlier"

# What has been released is never changed: its checksum is in databases. Add a line with each new file.
FROZEN = {
    "0001_start": "e8baf4be84bfc1f249bc7db90fd98b691655f03ed51ae879c0a28e4d78f1f970",
    "0002_limits_and_usage": "1f084f3f2e179bff30fa098592fdc3d3237a4552c01ebd377b67f9f5df128adf",
    "0003_pages": "58c6a196ca1f22b45165a0c2427cadc053a16fa729a06288bf8d4709bccccb17",
    "0004_revocation": "6bfadeeb09a8e1c7dcb5cde275db5afef227a040aea735bc4760b62063a333b9",
    "0005_housekeeping": "1d0d5795d116ce52ff9f1d89629884839b0ffee8d24b08c2ddf0863ddad91fc7",
    "0006_quotas": "bf0a19185f7912c50c3b6382b0a73b3741ccbf06f9de33ddf64b4afaf0afcd41",
    "0007_rights": "c28e751c921ae96b061de42271abd01bf7a8eb9f695ee2cd99c25de196b80d4c",
    "0008_protocol": "a125aa3d0f3b86243101dc98cc9c8b358694b861348632902f7a74d6a1e46ed6",
    "0009_readiness": "b59c4146cee476a012980447f18419394431e75e69ad0994f77b62468822d670",
    "0010_names_and_views": "ead1914bac381abb936e5ebe587a405f0ea70c7b651c04aa1f39af2769b68f72",
    "0011_clients_of_every_kind": "1fd3918eadf65ac9f8554bd2830254f721ede3fabb6505d85817e2da26c9d120",
    "0012_client_authentication": "d3c8b86d0495bf0fe5bbab39ee1f429658fd93060ca72245e7915d1baf24a168",
    "0013_registration": "0dfb4727803c6f5164940fe2b168313c4ec3d252b986f5d7572fef1a565e5373",
    "0014_grants_of_clients": "1553ea9f0efd4f9e53fc1d3d1d25b2eade7a0d22df9fcad5de834adf1c03a1a0",
    "0015_clients_without_owner": "04e396de83d8ccc14fe1be67ce8e20d262d6eab779ecb966db711bc19281bcfb",
    "0016_growth": "946de0908ae5e6f9d5570edb0cbbe89c09a177ecc87139787f8990105c6375bf",
    "0017_own_access": "7ea7ab561bbb60a74e99e5816b4aff1e38ca3e0f481c9bc67ea336a009c16412",
    "0018_rotation": "1f26b1a5f9b4abab76831e8ea3389a5aa460f0b26e0c0916fc10f1a85afc551d",
    "0019_documents": "4de053ab580581abf9537c57a719a676cb4beca9fc1d4ec780cd196c1022e56d",
    "0020_growth_of_clients": "4e61696b4b9b1d7f19d80f51d072507b548831c43e26e77586c5d4b0f280c56e",
    "0021_repeated_tokens": "51bca0ffd354f44f7ca4074f3c391d30b7251ce6a83c1fb3584b693a9c3d6bec",
    "0022_smaller_indexes": "0677988face9c528dc276ceaa504de5a31165594e20f10a4b5f2fab92a9ad245",
    "0023_consent": "f8eb78b8b99aa8155f7daad3bcee10878a464174beca8031f8e3796ae6d7176e",
    "0024_administration": "40d7e5e83fec59b9d25741a7776a3bdd44782f813fbb28025b98849d5d665678",
    "0025_team": "97115595fa97b3592af05dbf7958d1a04622c111f59078b0d4fafe791f4a0af8",
    "0026_activity": "97741ce045d194d0e8fe523b9d8b2db46379033df0080edee4f664cf37911eba",
    "0027_deleted_users": "5accdf24376da93a05730a4d46b38909a7b38389f510dddc4fa417841e900339",
    "0028_reports": "7c1a6b70d764be4d9ccf3647f3a7c4f2e9a512e5640bced3f9dd2bced6ea6584",
    "0029_secrets_and_proposals": "f72e920861f5780171ec76514b04fabc6043b86e09e011018fb25880a2de90cc",
    "0030_new_families": "46c4682745fc6fdeb34fda25abf3357dcdd6fa171ee549eccc94aadd9b0f196d",
    "0031_index_of_ended_families": "c631b0588e4c11f9b56ceda48eeae9787cd73f9f423776de485cd09dc0e27e74",
    "0032_time_in_code_hash": "6a471005dcbbc76ddfdf8da3e8752a688313b0eb9213e9ebfab2948651dfc7ac",
}

SCHEMA = """
SELECT 'column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull::text,
       coalesce(pg_get_expr(adbin, adrelid), ''), coalesce(col_description(attrelid, attnum), '')
FROM pg_attribute
JOIN pg_class ON pg_class.oid = attrelid AND relkind = 'r' AND relnamespace = 'public'::regnamespace
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'table', oid::regclass::text, coalesce(reloptions::text, ''), coalesce(obj_description(oid), ''), '', '', ''
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'view', viewname, definition, obj_description(viewname::regclass), '', '', ''
FROM pg_views WHERE schemaname = 'public'
UNION ALL
SELECT 'index', indexname, indexdef, '', '', '', '' FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', ''
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, pg_get_triggerdef(oid), '', '', '', ''
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function', proname, prosrc, '', '', '', '' FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1, 2, 3, 4
"""


def some_of(folder: Path, *names: str, earlier: tuple[str, ...] = ()) -> Path:
    """A folder with these migrations, some of them in an earlier state."""
    folder.mkdir()
    for name in names:
        shutil.copy(FOLDER / f"{name}.sql", folder)
    for name in earlier:
        shutil.copy(EARLIER / f"{name}.sql", folder / f"{name.split('.')[0]}.sql")
    return folder


# Frozen


def test_a_released_migration_is_never_changed() -> None:
    for name, checksum in FROZEN.items():
        assert hashlib.sha256((FOLDER / f"{name}.sql").read_bytes()).hexdigest() == checksum, name
    assert {path.stem for path in FOLDER.glob("*.sql")} == set(FROZEN), "a released migration is added here"


def test_numbers_are_used_once_and_every_earlier_state_has_what_updates_it() -> None:
    numbers = [path.stem[:4] for path in FOLDER.glob("*.sql")]
    assert len(numbers) == len(set(numbers))
    assert {path.name for path in EARLIER.iterdir()} == {path.name for path in (places.SQL / "earlier").iterdir()}
    for path in EARLIER.iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(path.name.split(".")[1])


EARLY_STATES: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (("0001_start.aed87d44bc94e520",), ()),
    (("0001_start.bdc75e9e06804e36",), ()),
    (("0001_start.aed87d44bc94e520",), ("0002_limits_and_usage",)),
    (("0001_start.bdc75e9e06804e36",), ("0002_limits_and_usage",)),
    (("0003_pages.95d4751f416dd03e",), ("0001_start", "0002_limits_and_usage")),
    (("0001_start.bdc75e9e06804e36", "0003_pages.95d4751f416dd03e"), ("0002_limits_and_usage",)),
]


@pytest.mark.parametrize(("earlier", "names"), EARLY_STATES, ids="+".join)
def test_a_database_of_an_early_state_becomes_like_any_other(
    cluster: Databases, database: str, tmp_path: Path, earlier: tuple[str, ...], names: tuple[str, ...]
) -> None:
    migrate(database, some_of(tmp_path / "early", *names, earlier=earlier))
    migrate(database)
    with empty_database(cluster) as name:
        migrate(url_of(cluster, name))
        assert execute(database, SCHEMA) == execute(url_of(cluster, name), SCHEMA)
        numbers = "SELECT number, name, checksum FROM migration ORDER BY number"
        assert execute(database, numbers) == execute(url_of(cluster, name), numbers)
    assert migrate(database) == []


def test_a_file_that_was_changed_otherwise_is_refused(database: str, tmp_path: Path) -> None:
    folder = some_of(tmp_path / "some", "0001_start")
    (folder / "0001_start.sql").write_text((folder / "0001_start.sql").read_text() + "-- more\n")
    migrate(database, folder)
    with pytest.raises(CannotStart, match="migration 0001_start was changed after it had been applied"):
        migrate(database)


def test_a_database_of_a_newer_version_is_refused(database: str) -> None:
    migrate(database)
    execute(database, "INSERT INTO migration (number, name, checksum) VALUES (9999, '9999_later', 'x')")
    with pytest.raises(CannotStart, match="9999_later, which this version does not know: use a newer version"):
        migrate(database)


# Data of the first schema

FIRST_DATA = """
INSERT INTO "user" (user_id, subject, email, name, is_admin)
SELECT 'usr_' || md5(n::text), 'usr_' || md5(n::text), 'user' || n || '@example.com', 'User ' || n, n = 1
FROM generate_series(1, 50) AS n;
INSERT INTO client (client_id, name, type, redirect_uris, scopes, owner_id, approved_at, rate_limit_per_hour)
SELECT 'cli_' || md5(n::text), 'App ' || n, CASE WHEN n % 2 = 0 THEN 'public' ELSE 'confidential' END,
       '{https://app.example/callback}', '{read:profile,read:data}', 'usr_' || md5((n % 50 + 1)::text), now(), 100 * n
FROM generate_series(1, 20) AS n;
INSERT INTO client_secret (secret_hash, client_id, hint)
SELECT sha256(n::text::bytea), 'cli_' || md5(n::text), 'abcd' FROM generate_series(1, 20, 2) AS n;
INSERT INTO api (client_id, name, resource, scopes, secret_hash)
VALUES ('cli_' || md5('api'), 'API', 'https://api.example', '{read:data}', 'x');
INSERT INTO "grant" (grant_id, user_id, client_id, scopes, ended_at, end_reason)
SELECT 'gra_' || md5(u || '.' || c), 'usr_' || md5(u::text), 'cli_' || md5(c::text), '{read:data}',
       CASE WHEN c = 20 THEN now() END, CASE WHEN c = 20 THEN 'user' END
FROM generate_series(1, 50) AS u, generate_series(1, 20) AS c;
INSERT INTO consent (grant_id, redirect_host, resources, scopes)
SELECT grant_id, 'app.example', '{}', scopes FROM "grant";
INSERT INTO family (family_id, grant_id, client_id, subject, scopes, resources, code_hash, handle_hash, current_hash,
                    generation, expires_at, ended_at, end_reason)
SELECT 'fam_' || md5(grant_id), grant_id, client_id, user_id, scopes, '{}', sha256(grant_id::bytea),
       sha256(('h' || grant_id)::bytea), sha256(('c' || grant_id)::bytea), 3, now() + interval '20 days',
       ended_at, end_reason
FROM "grant";
INSERT INTO ended_key (key_hash, kind, expires_at)
SELECT sha256(n::text::bytea), 'access_token', now() + interval '1 hour' FROM generate_series(1, 30) AS n;
INSERT INTO audit_event (action, user_id, client_id) SELECT 'grant.given', user_id, client_id FROM "grant";
INSERT INTO one_time_link (link_hash, purpose, expires_at) VALUES ('x', 'first_admin', now() + interval '1 day');
"""

TABLES = ("user", "client", "client_secret", "api", "grant", "consent", "family", "ended_key", "audit_event")


def counted(url: str) -> dict[str, Any]:
    return {table: execute(url, f'SELECT count(*) FROM "{table}"')[0][0] for table in TABLES}


@pytest.mark.parametrize("earlier", ["", "0001_start.aed87d44bc94e520", "0001_start.bdc75e9e06804e36"])
def test_a_database_filled_by_the_first_schema_goes_on_with_the_newest(
    settings: Settings, database: str, tmp_path: Path, earlier: str
) -> None:
    """Nothing is lost, what was ended stays ended, and a refresh token of then works."""
    folder = some_of(tmp_path / "first", earlier=(earlier,)) if earlier else some_of(tmp_path / "first", "0001_start")
    assert migrate(database, folder) == ["0001_start"]
    token = new_refresh_token()
    execute(database, FIRST_DATA)
    execute(
        database,
        f"UPDATE family SET handle_hash = decode('{token.handle_hash.hex()}', 'hex'), generation = 1, "
        f"current_hash = decode('{token.token_hash.hex()}', 'hex') WHERE client_id = 'cli_' || md5('2') "
        "AND subject = 'usr_' || md5('1')",
    )
    before = counted(database)
    assert all(before.values())
    newest = [path.stem for path in sorted(FOLDER.glob("*.sql"))]
    assert migrate(database) == newest[1:]
    before["client_secret"] += before["api"]  # which kept its only secret itself
    assert counted(database) == before
    assert execute(database, "SELECT count(*) FROM family WHERE ended_at IS NOT NULL") == [(50,)]
    with contextlib.closing(opened(dataclasses.replace(settings, database_url=database))) as server:
        [client_id] = {row[0] for row in execute(database, "SELECT 'cli_' || md5('2')")}
        client = server.clients.find_client(str(client_id))
        assert client is not None
        assert client.calls_per_hour == 200
        with reading(server.database) as db:
            users = {row.name: row.users for row in sql.admin.clients_of_user(db, user_id=client.owner_id, rows=50)}
        assert users == {client.name: 50}
        form = Parameters((("refresh_token", token.text),))
        answer = rotation.refresh(TokenRequest(server, client, form, Actor()))
        assert answer["refresh_token"] != token.text
        assert answer["scope"] == "read:data"
        for task in housekeeping.TASKS:
            for _ in task.steps(server):
                pass
        assert server.redis.connection().exists(server.tokens.token_key(digest(answer["access_token"])))
    assert counted(database) == before


PROPOSED_DATA = """
INSERT INTO "user" (user_id, subject, email, name)
VALUES ('usr_' || md5('1'), 'usr_' || md5('1'), 'a@example.com', 'A');
INSERT INTO client (client_id, name, type, authentication_methods, redirect_uris, scopes, owner_id)
VALUES ('cli_' || md5('1'), 'App', 'confidential', '{client_secret_basic}', '{https://app.example/}', '{read:data}',
        'usr_' || md5('1'));
INSERT INTO client_proposal (client_id, name, home_page, redirect_uris, scopes, optional_scopes, skips_pkce,
                             proposed_by)
VALUES ('cli_' || md5('1'), 'New', '', '{https://new.example/}', '{read:data}', '{}', true, 'usr_' || md5('1'));
INSERT INTO api (client_id, name, resource, scopes) VALUES ('cli_' || md5('api'), 'API', 'https://api.example', '{}');
INSERT INTO client_secret (secret_hash, client_id, hint)
VALUES ('1', 'cli_' || md5('1'), 'abcd'), ('2', 'cli_' || md5('api'), ''), ('3', 'cli_' || md5('nobody'), 'abcd');
"""


def test_a_proposal_keeps_what_was_proposed_and_a_secret_whose_it_is(database: str, tmp_path: Path) -> None:
    names = [path.stem for path in sorted(FOLDER.glob("*.sql"))]
    migrate(database, some_of(tmp_path / "before", *names[: names.index("0029_secrets_and_proposals")]))
    execute(database, PROPOSED_DATA)
    migrate(database)
    with contextlib.closing(psycopg2.connect(database)) as db:
        kept = sql.proposals.find(db, client_id=execute(database, "SELECT client_id FROM client")[0][0])
    assert kept[1] == {
        "name": "New",
        "home_page": "",
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": ["https://new.example/"],
        "scopes": ["read:data"],
        "optional_scopes": [],
        "skips_pkce": True,
    }
    whose = "SELECT client_id IS NULL, api_id IS NULL FROM client_secret ORDER BY secret_hash"
    assert execute(database, whose) == [(False, True), (True, False)]


# Several at once


def test_several_that_start_at_once_apply_each_migration_once(database: str) -> None:
    with ThreadPoolExecutor(6) as threads:
        applied = [name for names in threads.map(migrate, [database] * 6) for name in names]
    assert sorted(applied) == [path.stem for path in sorted(FOLDER.glob("*.sql"))]


def test_whoever_waits_for_another_that_migrates_says_so_and_goes_on(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.closing(psycopg2.connect(database)) as other, ThreadPoolExecutor(1) as threads:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (migrations.LOCK,))
        waiting = threads.submit(migrate, database)
        eventually(lambda: "waiting for another session, to bring the tables up to date" in caplog.text)
        assert not waiting.done()
        other.rollback()
        assert waiting.result(60)


def test_the_wait_for_another_that_migrates_has_an_end(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "WAIT_SECONDS", 0.0)
    with contextlib.closing(psycopg2.connect(database)) as other:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (migrations.LOCK,))
        with pytest.raises(CannotStart, match="another session has held a lock"):
            migrate(database)


def test_who_waits_for_another_that_migrates_obeys_sigterm(database: str) -> None:
    program = (
        "import logging, signal; logging.basicConfig(); signal.signal(15, lambda *_: exit(7)); "
        f"from oauthsrv.store.migrations import migrate; migrate({database!r})"
    )
    with contextlib.closing(psycopg2.connect(database)) as other:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (migrations.LOCK,))
        command = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
        assert command.stderr
        assert "waiting for another session" in command.stderr.readline()
        command.terminate()
        assert command.wait(30) == 7
        command.stderr.close()


def test_no_lock_stays_behind(database: str) -> None:
    """One of the session would stay with a pooled connection, and the next start would wait forever."""
    migrate(database)
    assert execute(
        database,
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())",
    ) == [(0,)]


def test_a_start_with_nothing_to_do_waits_for_nobody(database: str) -> None:
    migrate(database)
    with contextlib.closing(psycopg2.connect(database)) as other, ThreadPoolExecutor(1) as threads:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (migrations.LOCK,))
        assert threads.submit(migrate, database).result(30) == []


def test_a_migration_that_fails_leaves_nothing(database: str, tmp_path: Path) -> None:
    folder = some_of(tmp_path / "broken", "0001_start")
    (folder / "0002_broken.sql").write_text("CREATE TABLE half (x integer); SELECT 1 / 0;")
    with pytest.raises(CannotStart, match="division by zero"):
        migrate(database, folder)
    assert execute(database, "SELECT to_regclass('half')::text, max(number) FROM migration") == [(None, 1)]
