-- Secrets of another system, known by their hashes alone. Their form is not ours, so verifying looks up what is of no form
-- of ours where it may be one of these, and nowhere else. Where their last four characters are not known, four spaces
-- stand for them.
ALTER TABLE secret ADD COLUMN imported BOOLEAN NOT NULL DEFAULT FALSE;
-- In the order they came: a server reads those that came since it last looked.
CREATE INDEX secret_imported ON secret (created_at) WHERE imported;
