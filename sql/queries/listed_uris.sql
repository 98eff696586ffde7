-- The table listed_redirect_uri.

-- name: every()
SELECT uri
FROM listed_redirect_uri
ORDER BY uri
LIMIT 1000;

-- name: add(uris)!
INSERT INTO listed_redirect_uri (uri)
SELECT unnest(:uris::text[])
ON CONFLICT (uri) DO NOTHING;

-- name: delete(uris)!
DELETE FROM listed_redirect_uri
WHERE uri = ANY (:uris);
