-- The table protected_name.

-- name: every()
SELECT name
FROM protected_name
ORDER BY name
LIMIT 1000;

-- name: add(names)!
INSERT INTO protected_name (name)
SELECT unnest(:names::text[])
ON CONFLICT (name) DO NOTHING;

-- name: delete(names)!
DELETE FROM protected_name
WHERE name = ANY (:names);
