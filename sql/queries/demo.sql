-- name: users(emails)^
-- Who is there: the demo's people have a password once the example is whole.
SELECT EXISTS (SELECT FROM "user") AS any,
       EXISTS (SELECT FROM "user" WHERE lower(email) <> ALL (:emails::text[])) AS others,
       EXISTS (SELECT FROM "user" WHERE lower(email) = ANY (:emails::text[]) AND password_hash IS NULL)
           AS without_password;

-- name: set_password(password_hash, emails)!
-- Signs out everyone who signed in with the old one.
UPDATE "user"
SET password_hash = :password_hash, sessions_ended_at = clock_timestamp()
WHERE lower(email) = ANY (:emails::text[]);

-- What was written from the moment `made[n]` until the next gets the time `meant[n]`.

-- name: move(made, meant)!
WITH moved AS (SELECT :made::timestamptz[] AS made, :meant::timestamptz[] AS meant),
moved_users AS (
    UPDATE "user"
    SET created_at = meant[width_bucket(created_at, made)], disabled_at = meant[width_bucket(disabled_at, made)]
    FROM moved
    WHERE created_at >= made[1]
),
moved_scopes AS (
    UPDATE scope
    SET deprecated_at = meant[width_bucket(deprecated_at, made)]
    FROM moved
    WHERE deprecated_at >= made[1]
),
moved_clients AS (
    UPDATE client
    SET created_at = meant[width_bucket(created_at, made)], approved_at = meant[width_bucket(approved_at, made)],
        verified_at = meant[width_bucket(verified_at, made)], suspended_at = meant[width_bucket(suspended_at, made)],
        deleted_at = meant[width_bucket(deleted_at, made)]
    FROM moved
    WHERE created_at >= made[1]
),
moved_secrets AS (
    UPDATE client_secret
    SET created_at = meant[width_bucket(created_at, made)], last_used_at = meant[width_bucket(last_used_at, made)]
    FROM moved
    WHERE created_at >= made[1]
),
moved_members AS (
    UPDATE client_member
    SET invited_at = meant[width_bucket(invited_at, made)], accepted_at = meant[width_bucket(accepted_at, made)]
    FROM moved
    WHERE invited_at >= made[1]
),
moved_links AS (
    UPDATE one_time_link
    SET made_at = meant[width_bucket(made_at, made)],
        expires_at = meant[width_bucket(made_at, made)] + (expires_at - made_at)
    FROM moved
    WHERE made_at >= made[1]
),
moved_transfers AS (
    UPDATE client_transfer
    SET offered_at = meant[width_bucket(offered_at, made)],
        expires_at = meant[width_bucket(offered_at, made)] + (expires_at - offered_at)
    FROM moved
    WHERE offered_at >= made[1]
),
moved_proposals AS (
    UPDATE client_proposal
    SET proposed_at = meant[width_bucket(proposed_at, made)]
    FROM moved
    WHERE proposed_at >= made[1]
),
moved_apis AS (
    UPDATE api
    SET created_at = meant[width_bucket(created_at, made)]
    FROM moved
    WHERE created_at >= made[1]
),
moved_grants AS (
    UPDATE "grant"
    SET created_at = meant[width_bucket(created_at, made)], last_used_at = meant[width_bucket(last_used_at, made)],
        ended_at = meant[width_bucket(ended_at, made)]
    FROM moved
    WHERE created_at >= made[1]
),
moved_consents AS (
    UPDATE consent
    SET given_at = meant[width_bucket(given_at, made)]
    FROM moved
    WHERE given_at >= made[1]
),
moved_families AS (
    UPDATE family
    SET created_at = meant[width_bucket(created_at, made)],
        last_used_at = meant[width_bucket(last_used_at, made)],
        expires_at = meant[width_bucket(last_used_at, made)] + (expires_at - last_used_at)
    FROM moved
    WHERE created_at >= made[1]
)
UPDATE audit_event
SET at = meant[width_bucket(at, made)]
FROM moved
WHERE at >= made[1];

-- name: move_ended_families(made, meant)!
-- Apart from the others, as the trigger takes each update of this column for an ending.
UPDATE family
SET ended_at = meant[width_bucket(ended_at, made)]
FROM (SELECT :made::timestamptz[] AS made, :meant::timestamptz[] AS meant) AS moved
WHERE ended_at >= made[1];

-- name: count_calls()!
-- For every grant that was used: from a few calls to thousands, this month and the last one.
UPDATE "grant"
SET calls_month = date_trunc('month', now() AT TIME ZONE 'UTC')::date,
    calls = 1 + abs(hashtext(grant_id)) %% (10 ^ (1 + abs(hashtext('a' || grant_id)) %% 4))::integer,
    calls_before = abs(hashtext('b' || grant_id)) %% (10 ^ (abs(hashtext('c' || grant_id)) %% 5))::integer
WHERE last_used_at IS NOT NULL;
