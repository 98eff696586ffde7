"""Tables with rows, as the planner plans by what is in them: made in seconds, and like each other."""

from __future__ import annotations

import hashlib
from typing import Any

from oauthsrv.store.database_check import connect

USERS, CLIENTS = 20_000, 10_000
HEAVY = 7  # the number of a client that thousands of people use

# Those that grow with what people do. A table of a few rows is read whole, and rightly so.
GROWING = frozenset(
    (
        "user",
        "client",
        "client_secret",
        "grant",
        "consent",
        "family",
        "ended_key",
        "audit_event",
        "usage",
        "usage_batch",
    )
) | {"refusal", "one_time_link", "client_transfer", "revocation", "usage_refusal", "server_time"}

FILL = f"""
INSERT INTO "user" (user_id, subject, email, name, created_at)
SELECT 'usr_' || md5(n::text), 'usr_' || md5(n::text), 'user' || n || '@example.com', 'User ' || n,
       now() - make_interval(mins => n)
FROM generate_series(1, {USERS}) AS n;
INSERT INTO client (client_id, name, type, authentication_methods, redirect_uris, scopes, owner_id, approved_at,
                    created_at, changed_at)
SELECT 'cli_' || md5(n::text), 'App ' || n, CASE WHEN n % 2 = 0 THEN 'public' ELSE 'confidential' END,
       CASE WHEN n % 2 = 0 THEN '{{none}}'::text[] ELSE '{{client_secret_basic,client_secret_post}}' END,
       '{{https://app.example/callback}}', '{{read:profile,read:data}}', 'usr_' || md5((n % 500 + 1)::text), now(),
       now() - make_interval(hours => n), now() - make_interval(hours => n)
FROM generate_series(1, {CLIENTS}) AS n;
INSERT INTO client_secret (secret_hash, client_id, hint)
SELECT sha256(n::text::bytea), 'cli_' || md5(n::text), 'abcd' FROM generate_series(1, {CLIENTS}) AS n;
INSERT INTO "grant" (grant_id, user_id, client_id, scopes, created_at, ended_at, end_reason)
SELECT 'gra_' || md5('g' || n), 'usr_' || md5((n % {USERS} + 1)::text),
       'cli_' || md5((CASE WHEN n % 8 = 0 THEN {HEAVY} ELSE n % {CLIENTS} + 1 END)::text), '{{read:data}}',
       now() - make_interval(mins => n),
       CASE WHEN n % 3 = 1 OR n > {USERS} THEN now() - make_interval(mins => n / 2) END,
       CASE WHEN n % 3 = 1 OR n > {USERS} THEN 'user' END
FROM generate_series(1, {USERS * 2}) AS n;
INSERT INTO consent (grant_id, redirect_host, resources, scopes)
SELECT grant_id, 'app.example', '{{}}', scopes FROM "grant";
INSERT INTO family (family_id, grant_id, client_id, subject, scopes, resources, code_hash, handle_hash, current_hash,
                    created_at, last_used_at, expires_at, ended_at, end_reason)
SELECT 'fam_' || md5(grant_id), grant_id, client_id, user_id, scopes, '{{}}', sha256(grant_id::bytea),
       sha256(('h' || grant_id)::bytea), sha256(('c' || grant_id)::bytea), created_at, created_at,
       now() + interval '20 days', ended_at, end_reason
FROM "grant";
INSERT INTO ended_key (key_hash, kind, ended_at, expires_at)
SELECT sha256(n::text::bytea), 'access_token', now() - make_interval(secs => n), now() + make_interval(secs => n)
FROM generate_series(1, 20000) AS n;
INSERT INTO audit_event (action, actor_id, user_id, client_id, address, at)
SELECT CASE WHEN n % 2 = 0 THEN 'grant.given' ELSE 'grant.ended' END, 'usr_' || md5((n % {USERS} + 1)::text),
       'usr_' || md5((n % {USERS} + 1)::text), 'cli_' || md5((n % {CLIENTS} + 1)::text),
       '203.0.113.' || n % 250, now() - make_interval(mins => n)
FROM generate_series(1, 40000) AS n;
INSERT INTO usage (client_id, hour, calls)
SELECT 'cli_' || md5((n % {CLIENTS} + 1)::text), date_trunc('hour', now()) - make_interval(hours => n / 4), n
FROM generate_series(1, 40000) AS n;
INSERT INTO usage_batch (batch_id, written_at)
SELECT md5(n::text), now() - make_interval(mins => n) FROM generate_series(1, 20000) AS n;
INSERT INTO usage_refusal (client_id, hour, problem, count)
SELECT 'cli_' || md5((n % {CLIENTS} + 1)::text), date_trunc('hour', now()) - make_interval(hours => n / 4),
       'calls_limit', n
FROM generate_series(1, 20000) AS n;
INSERT INTO server_time (client_id, hour, endpoint, counts)
SELECT 'cli_' || md5((n % {CLIENTS} + 1)::text), date_trunc('hour', now()) - make_interval(hours => n / 4),
       '/oauth/token', '{{1}}'
FROM generate_series(1, 20000) AS n;
INSERT INTO refusal (client_id, is_authenticated, endpoint, problem, count, first_at, last_at, request_ids)
SELECT 'cli_' || md5((n % {CLIENTS} + 1)::text), true, '/oauth/token', 'code_used', 1, now(), now(),
       ARRAY['req_' || md5(n::text)]
FROM generate_series(1, 20000) AS n;
INSERT INTO one_time_link (link_hash, purpose, expires_at)
SELECT sha256(n::text::bytea), 'first_admin', now() + make_interval(mins => n) FROM generate_series(1, 5000) AS n;
INSERT INTO client_transfer (client_id, owner_id, user_id, offered_by, expires_at)
SELECT client_id, owner_id, 'usr_' || md5('600'), owner_id, now() + interval '1 day' FROM client LIMIT 5000;
INSERT INTO revocation (client_id, reason, began_at, connections, finished_at)
SELECT 'cli_' || md5((n % {CLIENTS} + 1)::text), 'client_tokens_ended', now() - make_interval(mins => n), 1, now()
FROM generate_series(1, 5000) AS n;
"""


def fill(url: str) -> None:
    with connect(url) as db, db.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = 0; {FILL}")
    db.autocommit = True
    with db.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
    db.close()


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def an_id(kind: str, number: int = HEAVY) -> str:
    return f"{kind}_{md5(str(number))}"


def a_grant(number: int = 8) -> str:
    return f"gra_{md5(f'g{number}')}"


def a_family(number: int = 8) -> str:
    return f"fam_{md5(a_grant(number))}"


# By the name of a parameter
VALUES: dict[str, Any] = {
    "client_id": an_id("cli"),
    "grant_id": a_grant(),
    "family_id": a_family(),
    **dict.fromkeys(("user_id", "owner_id", "actor_id", "by", "subject"), an_id("usr")),
    "client_ids": [an_id("cli", n) for n in range(1, 20)],
    "user_ids": [an_id("usr", n) for n in range(1, 20)],
    "grant_ids": [a_grant(n) for n in range(1, 20)],
    "family_ids": [a_family(n) for n in range(1, 20)],
    "email": "user7@example.com",
    **dict.fromkeys(("at_most", "rows"), 100),
    "seconds": 3600,
    "days": 90,
    "request_id": f"req_{md5('7')}",
}
