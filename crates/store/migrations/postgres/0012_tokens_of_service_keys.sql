-- Personal tokens on service keys (K6): whose a secret is; none of what all share. A member who has gone is named still, as
-- they are by their own tokens: their secrets have ended.
ALTER TABLE secret ADD COLUMN member_id UUID;
CREATE INDEX secret_member ON secret (member_id) WHERE member_id IS NOT NULL;
