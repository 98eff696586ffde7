-- What developers find in their own logs, on the pages of their app; how their app's requests were served and by how many
-- users it is used, without saying who they are.

ALTER TABLE refusal
    ADD COLUMN status smallint,
    ADD COLUMN error text,
    ADD COLUMN request_ids text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT refusal_requests_are_bounded CHECK (cardinality(request_ids) <= 10);
CREATE INDEX refusal_by_request ON refusal USING gin (request_ids);
COMMENT ON COLUMN refusal.status IS 'The HTTP status of the response; of older rows it is not known.';
COMMENT ON COLUMN refusal.error IS 'The code that the response named; of older rows it is not known.';
COMMENT ON COLUMN refusal.request_ids IS 'The X-Request-Id of the latest ten responses, the last one first.';

ALTER TABLE usage
    ADD COLUMN failures bigint NOT NULL DEFAULT 0,
    ADD COLUMN claims bigint NOT NULL DEFAULT 0;
COMMENT ON TABLE usage IS 'By client and hour: calls at APIs, refused ones, and OAuth requests that failed.';
COMMENT ON COLUMN usage.refusals IS 'Calls refused for want of scope, audience or user, or for a limit.';
COMMENT ON COLUMN usage.failures IS 'Failed OAuth requests that the app or one of its signed-in developers sent.';
COMMENT ON COLUMN usage.claims IS 'Failed OAuth requests that anyone can have sent in the app''s name.';

CREATE TABLE usage_refusal (
    client_id text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    hour      timestamptz NOT NULL,
    problem   text NOT NULL,
    count     bigint NOT NULL,
    PRIMARY KEY (client_id, hour, problem),
    CONSTRAINT usage_refusal_problem_is_a_word CHECK (problem ~ '^[a-z_]{1,60}$')
);
CREATE INDEX usage_refusal_by_age ON usage_refusal (hour);
COMMENT ON TABLE usage_refusal IS 'Why calls at APIs were refused, by client and hour: parts of usage.refusals.';
COMMENT ON COLUMN usage_refusal.problem IS 'A name of oauthsrv/oauth/problems.py.';

CREATE TABLE server_time (
    client_id text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    hour      timestamptz NOT NULL,
    endpoint  text NOT NULL,
    counts    bigint[] NOT NULL,
    PRIMARY KEY (client_id, hour, endpoint)
);
CREATE INDEX server_time_by_age ON server_time (hour);
COMMENT ON TABLE server_time IS 'How long this server took for the successful requests of a client, waiting for a thread included.';
COMMENT ON COLUMN server_time.counts IS 'How many took as long as each bound of oauthsrv/store/server_times.py; the last ones longer.';

ALTER TABLE "grant"
    ADD COLUMN calls bigint NOT NULL DEFAULT 0,
    ADD COLUMN calls_before bigint NOT NULL DEFAULT 0,
    ADD COLUMN calls_month date;
COMMENT ON COLUMN "grant".calls IS 'Calls with its tokens in calls_month.';
COMMENT ON COLUMN "grant".calls_before IS 'Calls with its tokens in the month before calls_month.';
COMMENT ON COLUMN "grant".calls_month IS 'The first day of the month (UTC) in which a call was last counted.';
