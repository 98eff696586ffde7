"""How long a session of the database may wait (rule 8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from databases import empty_database, execute, role, superuser, url_of
from oauthsrv import places
from oauthsrv.embedded import Databases
from oauthsrv.store import CannotStart
from oauthsrv.store.migrations import migrate

LIMITS = {
    "lock_timeout": "1s",
    "statement_timeout": "1200ms",
    "idle_in_transaction_session_timeout": "30s",
    "client_connection_check_interval": "500ms",
}


def limits_of(url: str) -> dict[str, Any]:
    return {name: execute(url, f"SHOW {name}")[0][0] for name in LIMITS}


def test_rule_8_every_session_of_the_role_has_limits(database: str) -> None:
    migrate(database)
    assert limits_of(database) == LIMITS


def test_rule_8_a_start_sets_the_limits_that_were_taken_away(database: str) -> None:
    migrate(database)
    [(name,)] = execute(database, "SELECT current_database()")
    execute(database, f"ALTER ROLE CURRENT_USER IN DATABASE {name} RESET ALL")
    assert limits_of(database) != LIMITS
    migrate(database)
    assert limits_of(database) == LIMITS


def test_rule_8_other_limits_given_in_the_url_are_kept(database: str) -> None:
    joint = "&" if "?" in database else "?"
    own = f"{database}{joint}options=-c%20statement_timeout%3D5s"
    migrate(own)
    assert limits_of(own)["statement_timeout"] == "5s"
    assert limits_of(own)["lock_timeout"] == "1s"


def test_rule_8_a_role_that_may_not_set_limits_gets_the_sql_to_run(cluster: Databases) -> None:
    """As behind `role=` in the URL: the session's role is another one than the one that acts."""
    with role(cluster) as login, role(cluster, "NOLOGIN") as acting, empty_database(cluster, owner=acting) as name:
        execute(superuser(cluster.database_url), f"GRANT {acting} TO {login}")
        url = url_of(cluster, name, login)
        url += ("&" if "?" in url else "?") + f"options=-c%20role%3D{acting}"
        with pytest.raises(CannotStart) as refused:
            migrate(url)
        text = str(refused.value)
        assert "\n" not in text
        statements = text[text.index("ALTER ROLE") :]
        assert f"ALTER ROLE {login} IN DATABASE {name} SET statement_timeout TO '1200ms';" in statements.replace(
            " = ", " TO "
        )
        execute(superuser(cluster.database_url), statements.rstrip("."))
        migrate(url)
        assert limits_of(url) == LIMITS


def test_rule_8_a_migration_is_exempt_from_the_limits(database: str, tmp_path: Path) -> None:
    (tmp_path / "0001_start.sql").write_text((places.SQL / "migrations/0001_start.sql").read_text())
    migrate(database, tmp_path)
    (tmp_path / "0002_slow.sql").write_text("SELECT pg_sleep(1.5);")
    assert migrate(database, tmp_path) == ["0002_slow"]
