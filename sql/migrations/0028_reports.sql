-- Names that no other app may have, and what people, or the server itself, report about apps.

CREATE TABLE protected_name (
    name text PRIMARY KEY,
    CONSTRAINT protected_name_is_a_name CHECK (length(name) BETWEEN 1 AND 80)
);
COMMENT ON TABLE protected_name IS 'Names that users trust: only administrators give an app one that looks like these.';

INSERT INTO protected_name (name)
VALUES ('Adobe'), ('Airtable'), ('Amazon'), ('Apple'), ('Asana'), ('Atlassian'), ('ChatGPT'), ('Claude'), ('Dropbox'),
       ('Facebook'), ('Figma'), ('GitHub'), ('GitLab'), ('Google'), ('HubSpot'), ('Instagram'), ('Jira'), ('LinkedIn'),
       ('Mailchimp'), ('Microsoft'), ('Notion'), ('OpenAI'), ('PayPal'), ('Salesforce'), ('Shopify'), ('Slack'),
       ('Stripe'), ('WhatsApp'), ('Zapier'), ('Zoom');

CREATE TABLE client_report (
    report_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id   text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    user_id     text REFERENCES "user" (user_id) ON DELETE CASCADE,
    reason      text NOT NULL,
    comment     text NOT NULL DEFAULT '',
    reported_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT client_report_reason_is_a_name CHECK (reason ~ '^[a-z_]{1,30}$'),
    CONSTRAINT client_report_comment_is_bounded CHECK (length(comment) <= 1000)
);
CREATE UNIQUE INDEX client_report_once ON client_report (client_id, coalesce(user_id, ''));
CREATE INDEX client_report_by_user ON client_report (user_id);
COMMENT ON TABLE client_report IS 'What waits for an administrator to look at an app; deleted when they have.';
COMMENT ON COLUMN client_report.user_id IS 'Who reported it; NULL: the server, as the name is close to one that users know.';
COMMENT ON COLUMN client_report.reason IS 'A name of flows.clients.reports.REASONS.';

CREATE INDEX client_verified ON client (client_id) WHERE verified_at IS NOT NULL AND deleted_at IS NULL;
