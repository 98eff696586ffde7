-- The tables document_host and blocked_host.

-- name: of(host)^
-- What counts for a client at this host.
SELECT EXISTS (SELECT FROM document_host WHERE document_host.host = :host) AS is_listed,
       EXISTS (SELECT FROM blocked_host WHERE is_at_host(:host, blocked_host.host)) AS is_blocked;

-- name: blocked_among(hosts)$
-- One of them that is blocked.
SELECT min(host.host)
FROM unnest(:hosts::text[]) AS host (host)
JOIN blocked_host ON is_at_host(host.host, blocked_host.host);

-- name: decided(hosts)
-- What administrators decided about each of these.
SELECT host.host,
       EXISTS (SELECT FROM document_host WHERE document_host.host = host.host) AS is_listed,
       EXISTS (SELECT FROM blocked_host WHERE is_at_host(host.host, blocked_host.host)) AS is_blocked
FROM unnest(:hosts::text[]) AS host (host)
ORDER BY host.host
LIMIT 100;

-- name: is_in_use(host)$
SELECT EXISTS (SELECT FROM listed_redirect_uri WHERE redirect_host(listed_redirect_uri.uri) = :host)
    OR EXISTS (SELECT FROM client_host WHERE is_at_host(client_host.host, :host));

-- name: documents(rows)
SELECT document_host.host, document_host.added_at, adder.name AS added_by
FROM document_host
LEFT JOIN "user" AS adder ON adder.user_id = document_host.added_by
ORDER BY document_host.host
LIMIT :rows;

-- name: blocked(rows)
-- With how many self-registered clients each of them suspends.
SELECT blocked_host.host, blocked_host.blocked_at, blocker.name AS blocked_by,
       (SELECT count(*) FROM (SELECT DISTINCT client_host.client_id FROM client_host
                              WHERE is_at_host(client_host.host, blocked_host.host) LIMIT 10001) AS part) AS clients
FROM blocked_host
LEFT JOIN "user" AS blocker ON blocker.user_id = blocked_host.blocked_by
ORDER BY blocked_host.blocked_at DESC, blocked_host.host
LIMIT :rows;

-- name: list(host, added_by)!
INSERT INTO document_host (host, added_by)
VALUES (:host, :added_by)
ON CONFLICT (host) DO NOTHING;

-- name: unlist(host)!
DELETE FROM document_host
WHERE host = :host;

-- name: block(host, blocked_by)!
INSERT INTO blocked_host (host, blocked_by)
VALUES (:host, :blocked_by)
ON CONFLICT (host) DO NOTHING;

-- name: unblock(host)!
DELETE FROM blocked_host
WHERE host = :host;
