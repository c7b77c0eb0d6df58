-- The members a key is assigned to (K4).
CREATE TABLE key_person (
    key_id          BLOB NOT NULL REFERENCES key (id),
    organization_id BLOB NOT NULL REFERENCES organization (id),
    member_id       BLOB NOT NULL REFERENCES member (id),
    PRIMARY KEY (key_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_person_member ON key_person (member_id);
