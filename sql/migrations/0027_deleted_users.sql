-- What refers to a user is found by index when the row of a deleted one is removed.

CREATE INDEX revocation_by_user ON revocation (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX client_proposal_by_user ON client_proposal (proposed_by);
