-- An administrator can make an API take only tokens that name it.

ALTER TABLE api ADD COLUMN demands_audience boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN api.demands_audience IS 'It takes only tokens whose audience names it (RFC 8707); others are refused.';
COMMENT ON COLUMN client.grant_share_percent IS 'Empty: the default share, which counts while a second user is active; 100: none.';
