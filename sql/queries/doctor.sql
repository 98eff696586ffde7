-- name: facts(client_id)^
-- What the set-up of an app is judged by, besides what every page of it has read.
SELECT (SELECT count(*) FROM client_member
        WHERE client_member.client_id = client.client_id) AS members,
       EXISTS (SELECT 1 FROM family WHERE family.client_id = client.client_id) AS has_exchanged,
       (SELECT count(*) FROM family
        WHERE family.client_id = client.client_id AND family.ended_at > now() - interval '30 days'
          AND family.end_reason = 'reused') AS reuses,
       (SELECT coalesce(max(usage.calls + usage.refusals), 0)::bigint FROM usage
        WHERE usage.client_id = client.client_id AND usage.hour > now() - interval '7 days') AS busiest_hour,
       ARRAY(SELECT held FROM unnest(client.scopes) AS held
             WHERE NOT EXISTS (SELECT 1 FROM "grant"
                               WHERE "grant".client_id = client.client_id AND "grant".ended_at IS NULL
                                 AND "grant".epoch = client.epoch
                                 AND held = ANY ("grant".scopes))
             ORDER BY held) AS unused_scopes
FROM client
WHERE client.client_id = :client_id;
