-- What users read about a scope, in a sentence to them; the description stays for developers.

ALTER TABLE scope
    ADD COLUMN consent_text text NOT NULL DEFAULT '',
    ADD COLUMN detail text NOT NULL DEFAULT '',
    ADD COLUMN icon text NOT NULL DEFAULT '',
    ADD COLUMN user_text text NOT NULL GENERATED ALWAYS AS
        (CASE WHEN consent_text = '' THEN description ELSE consent_text END) STORED,
    ADD CONSTRAINT scope_texts_are_bounded CHECK (length(consent_text) <= 200 AND length(detail) <= 300),
    ADD CONSTRAINT scope_icon_is_a_name CHECK (icon ~ '^[a-z]{0,20}$');
COMMENT ON COLUMN scope.description IS 'What it allows, for developers; users read it where there is no consent_text.';
COMMENT ON COLUMN scope.consent_text IS 'What it allows, to the user: See your profile.';
COMMENT ON COLUMN scope.detail IS 'More about it, in a line below.';
COMMENT ON COLUMN scope.icon IS 'One of flows.catalog.SCOPE_ICONS; empty: the general one.';
COMMENT ON COLUMN scope.user_text IS 'What users read.';

-- Only of descriptions that nobody has changed: what they say may be something else.
UPDATE scope
SET consent_text = built_in.consent_text, detail = built_in.detail, icon = built_in.icon
FROM (VALUES
    ('read:profile', 'Read user profile',
     'See your profile', 'Your name, your email address, and your profile settings.', 'person'),
    ('write:profile', 'Update user profile',
     'Change your profile', 'Your name and your profile settings.', 'pencil'),
    ('read:data', 'Read user data',
     'See your data', 'Everything that is saved in your account.', 'data'),
    ('write:data', 'Create and update data',
     'Add to and change your data', 'New entries in your account, and changes to those that are there.', 'pencil'),
    ('read:billing', 'View billing information',
     'See your billing information', 'Your plan, your invoices, and how you pay.', 'card'),
    ('webhooks', 'Manage webhooks',
     'Notify other services about your account', 'Webhooks: messages to other servers when something changes.', 'bell')
) AS built_in (scope, description, consent_text, detail, icon)
WHERE scope.scope = built_in.scope AND scope.description = built_in.description;
