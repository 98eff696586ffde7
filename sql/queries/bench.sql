-- For `oauthsrv bench`, on databases that hold nobody's data.

-- name: has_others()$
-- Whether there is a user that no benchmark made.
SELECT EXISTS (SELECT FROM "user" WHERE email NOT LIKE '%%@bench.example');

-- name: log_statements#
-- By the superuser, for connections made from now on.
ALTER ROLE oauthsrv SET log_statement = 'all';

-- name: log_no_statements#
ALTER ROLE oauthsrv RESET log_statement;

-- name: sizes()
-- Bytes of one row of a table with its share of all indexes.
SELECT relation.relname AS name, (pg_total_relation_size(relation.oid) / relation.reltuples)::integer AS bytes
FROM pg_class AS relation
WHERE relation.oid IN ('family'::regclass, '"grant"'::regclass) AND relation.reltuples >= 1000
ORDER BY relation.relname
LIMIT 10;

-- name: count_families()$
SELECT count(*) FROM family;

-- name: analyze#
ANALYZE;

-- name: no_limit#
-- PostgreSQL's own vacuum may be working on one of the tables.
SET statement_timeout = 0; SET lock_timeout = 0;

-- name: usual_limit#
RESET statement_timeout; RESET lock_timeout;

-- name: vacuum#
-- As PostgreSQL does by itself after a while; alone in its message, as it cannot be part of a transaction.
VACUUM (ANALYZE);

-- name: begin_fill()!
-- In one transaction with all that follows, so that an interrupted fill leaves nothing.
SELECT set_config('maintenance_work_mem', '512MB', true), set_config('synchronous_commit', 'off', true),
       set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),
       set_config('lock_timeout', '0', true);

-- name: definitions()
-- Constraints and indexes of the large tables: how to drop each, and how to make it again. To be dropped from the last
-- to the first, and made from the first to the last.
SELECT made.kind, made.dropped, made.added
FROM (
    SELECT CASE contype WHEN 'f' THEN 3 ELSE 1 END AS kind, conname AS name,
           format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname) AS dropped,
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS added
    FROM pg_constraint
    WHERE contype IN ('p', 'u', 'f')
      AND conrelid IN ('family'::regclass, '"grant"'::regclass, 'consent'::regclass, 'audit_event'::regclass)
    UNION ALL
    SELECT 2, relation.relname, format('DROP INDEX %%s', pg_index.indexrelid::regclass), pg_get_indexdef(pg_index.indexrelid)
    FROM pg_index
    JOIN pg_class AS relation ON relation.oid = pg_index.indexrelid
    WHERE pg_index.indrelid IN ('family'::regclass, '"grant"'::regclass, 'consent'::regclass, 'audit_event'::regclass)
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE pg_constraint.conindid = pg_index.indexrelid)
) AS made
ORDER BY made.kind, made.name
LIMIT 1000;

-- name: fill_users(first, last, of)!
-- Five families are of one user; of all `of` families the last one begins now, and the first one 300 days ago.
INSERT INTO "user" (user_id, subject, email, name, created_at)
SELECT 'usr_' || md5('u' || n), 'usr_' || md5('u' || n), 'user' || n || '@bench.example', 'User ' || n,
       now() - (:of - n * 5) * (interval '300 days' / :of)
FROM generate_series(:first / 5 + 1, :last / 5) AS n;

-- name: fill_clients(first, last)!
-- A thousand families are of one client; each owner has ten.
INSERT INTO client (client_id, name, type, authentication_methods, redirect_uris, scopes, owner_id, approved_at)
SELECT 'cli_' || md5('c' || n), 'App ' || n, CASE WHEN n %% 2 = 0 THEN 'public' ELSE 'confidential' END,
       CASE WHEN n %% 2 = 0 THEN '{none}'::text[] ELSE '{client_secret_basic,client_secret_post}' END,
       '{https://app.bench.example/callback}', '{read:profile,read:data}', 'usr_' || md5('u' || n / 10 + 1), now()
FROM generate_series(:first::bigint, :last::bigint) AS n;

-- name: fill_grants(first, last, of, clients)!
-- As in databases that began with an older version, ids of grants and hashes of codes do not begin with a time.
-- Two families are of one grant. The first client has an eighth of all; one in twenty was revoked.
INSERT INTO "grant" (grant_id, user_id, client_id, scopes, created_at, last_used_at, ended_at, end_reason)
SELECT 'gra_' || md5('g' || n), 'usr_' || md5('u' || (n * 2 - 1) / 5 + 1),
       'cli_' || md5('c' || CASE WHEN n %% 8 = 0 THEN 1 ELSE n %% (:clients - 1) + 2 END),
       CASE WHEN n %% 3 = 0 THEN '{read:data,read:profile}'::text[] ELSE '{read:data}' END,
       made.at, greatest(made.at, now() - interval '1 hour' * (n %% 1000)),
       CASE WHEN n %% 20 = 0 THEN greatest(made.at, now() - interval '2 hours' * (n %% 1000)) END,
       CASE WHEN n %% 20 = 0 THEN 'user' END
FROM generate_series(:first / 2 + 1, :last / 2) AS n
CROSS JOIN LATERAL (SELECT now() - (:of - n * 2) * (interval '300 days' / :of) AS at) AS made;

-- name: fill_consents(first, last, of)!
INSERT INTO consent (grant_id, redirect_host, resources, scopes, given_at)
SELECT 'gra_' || md5('g' || n), 'app.bench.example', '{}',
       CASE WHEN n %% 3 = 0 THEN '{read:data,read:profile}'::text[] ELSE '{read:data}' END,
       now() - (:of - n * 2) * (interval '300 days' / :of)
FROM generate_series(:first / 2 + 1, :last / 2) AS n;

-- name: fill_families(first, last, of, clients)!
INSERT INTO family (family_id, grant_id, client_id, subject, scopes, resources, code_hash, handle_hash, generation,
                    current_hash, previous_hash, browser, address, created_at, last_used_at, expires_at,
                    ended_at, end_reason)
SELECT 'fam_' || lpad(to_hex(trunc(extract(epoch FROM made.at) * 1000)::bigint), 12, '0') || left(md5('f' || n), 20),
       'gra_' || md5('g' || made.of_grant), 'cli_' || md5('c' || made.of_client),
       'usr_' || md5('u' || (made.of_grant * 2 - 1) / 5 + 1),
       CASE WHEN made.of_grant %% 3 = 0 THEN '{read:data,read:profile}'::text[] ELSE '{read:data}' END, '{}',
       sha256(('code' || n)::bytea), sha256(('handle' || n)::bytea), n %% 100 + 1, sha256(('current' || n)::bytea),
       sha256(('previous' || n)::bytea), 'Firefox on Windows', '203.0.113.7', made.at, greatest(made.at, now() - interval '1 hour' * (n %% 700)),
       now() + interval '1 day' * (n %% 30 + 1),
       CASE WHEN made.of_grant %% 20 = 0 THEN greatest(made.at, now() - interval '2 hours' * (made.of_grant %% 1000)) END,
       CASE WHEN made.of_grant %% 20 = 0 THEN 'user' END
FROM generate_series(:first + 1, :last) AS n
CROSS JOIN LATERAL (
    SELECT (n + 1) / 2 AS of_grant,
           CASE WHEN (n + 1) / 2 %% 8 = 0 THEN 1 ELSE (n + 1) / 2 %% (:clients - 1) + 2 END AS of_client,
           now() - (:of - n) * (interval '300 days' / :of) AS at
) AS made;

-- name: fill_events(first, last, of, clients)!
-- One for each grant, and one for each that was revoked.
INSERT INTO audit_event (action, actor_id, user_id, client_id, address, at)
SELECT CASE WHEN n %% 20 = 0 THEN 'grant.ended' ELSE 'grant.given' END, 'usr_' || md5('u' || (n * 2 - 1) / 5 + 1),
       'usr_' || md5('u' || (n * 2 - 1) / 5 + 1),
       'cli_' || md5('c' || CASE WHEN n %% 8 = 0 THEN 1 ELSE n %% (:clients - 1) + 2 END),
       '203.0.113.' || n %% 250, now() - (:of - n * 2) * (interval '300 days' / :of)
FROM generate_series(:first / 2 + 1, :last / 2) AS n
ORDER BY n;

-- name: fill_usage(clients)!
-- One client in ten is called in every hour of the last 90 days.
INSERT INTO usage (client_id, hour, calls, refusals)
SELECT 'cli_' || md5('c' || n), date_trunc('hour', now()) - make_interval(hours => back), n * 37 %% 1000, n %% 7
FROM generate_series(1, greatest(1, :clients / 10)) AS n
CROSS JOIN generate_series(0, 90 * 24) AS back
ON CONFLICT DO NOTHING;
