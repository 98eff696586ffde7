-- Who may do what: one-time links that prove who was meant, changes that wait for review, apps whose developer is disabled.

ALTER TABLE client ADD COLUMN owner_disabled boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN client.owner_disabled IS 'A copy of the owner''s state, so that a new grant decides on the row it locks.';
UPDATE client
SET owner_disabled = true, changed_at = now()
FROM "user"
WHERE "user".user_id = client.owner_id AND "user".disabled_at IS NOT NULL;

CREATE INDEX user_administrators ON "user" (user_id) WHERE is_admin;

CREATE TABLE client_proposal (
    client_id       text PRIMARY KEY REFERENCES client (client_id) ON DELETE CASCADE,
    name            text NOT NULL,
    home_page       text NOT NULL,
    redirect_uris   text[] NOT NULL,
    scopes          text[] NOT NULL,
    optional_scopes text[] NOT NULL,
    skips_pkce      boolean NOT NULL,
    logo            bytea,
    proposed_by     text NOT NULL REFERENCES "user" (user_id),
    proposed_at     timestamptz NOT NULL DEFAULT now(),
    rejected_at     timestamptz,
    reject_reason   text NOT NULL DEFAULT '',
    CONSTRAINT client_proposal_name_is_bounded CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT client_proposal_home_page_is_bounded CHECK (length(home_page) <= 2000),
    CONSTRAINT client_proposal_has_redirect_uris CHECK (cardinality(redirect_uris) BETWEEN 1 AND 20),
    CONSTRAINT client_proposal_has_a_required_scope CHECK (optional_scopes <@ scopes AND NOT optional_scopes @> scopes),
    CONSTRAINT client_proposal_logo_is_small CHECK (length(logo) <= 65536),
    CONSTRAINT client_proposal_reject_reason_is_bounded CHECK (length(reject_reason) <= 500)
);
CREATE INDEX client_proposal_waiting ON client_proposal (proposed_at, client_id) WHERE rejected_at IS NULL;
COMMENT ON TABLE client_proposal IS 'How an approved app would be if an administrator approves what its developers added; until then the client''s row is in force.';
COMMENT ON COLUMN client_proposal.logo IS 'A new logo; nothing means that the app keeps the one it has.';
COMMENT ON COLUMN client_proposal.rejected_at IS 'The row stays with the reason until its developers save or dismiss it.';

-- An invitation was bound to whoever registered an address, which proves nothing: those that wait are deleted and sent again.
DELETE FROM client_member WHERE accepted_at IS NULL;
ALTER TABLE client_member
    ALTER COLUMN accepted_at SET NOT NULL,
    ALTER COLUMN accepted_at SET DEFAULT now();
COMMENT ON TABLE client_member IS 'Who develops an app besides its owner.';

ALTER TABLE one_time_link
    DROP CONSTRAINT one_time_link_purpose_is_known,
    ADD COLUMN link_id bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN user_id text REFERENCES "user" (user_id) ON DELETE CASCADE,
    ADD COLUMN client_id text REFERENCES client (client_id) ON DELETE CASCADE,
    ADD COLUMN email text,
    ADD COLUMN made_by text,
    ADD COLUMN made_at timestamptz NOT NULL DEFAULT now(),
    ADD CONSTRAINT one_time_link_purpose_is_known CHECK (purpose IN ('first_admin', 'team', 'administrator', 'password')),
    ADD CONSTRAINT one_time_link_names_its_app CHECK ((purpose = 'team') = (client_id IS NOT NULL)),
    ADD CONSTRAINT one_time_link_names_its_user
        CHECK ((purpose IN ('administrator', 'password')) = (user_id IS NOT NULL));
CREATE INDEX one_time_link_by_user ON one_time_link (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX one_time_link_by_client ON one_time_link (client_id, made_at) WHERE client_id IS NOT NULL;
COMMENT ON COLUMN one_time_link.user_id IS 'Whose password it sets, or who it makes an administrator.';
COMMENT ON COLUMN one_time_link.client_id IS 'The app whose team it is an invitation to.';
COMMENT ON COLUMN one_time_link.email IS 'Whom an invitation is meant for, as its inviter typed it: it proves nothing.';
COMMENT ON COLUMN one_time_link.made_by IS 'The user who made it; nothing for the command line or the server itself.';
