-- How a client was registered says whether it has an owner; a second column that said so is gone.

ALTER TABLE client
    DROP COLUMN self_registered,
    DROP CONSTRAINT client_without_person_has_no_owner,
    ADD CONSTRAINT client_without_owner_registered_itself CHECK ((owner_id IS NULL) = (registered_by <> 'person'));
