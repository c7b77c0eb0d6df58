-- From where a session was begun, for whoever looks through their own (P1).
ALTER TABLE session ADD COLUMN address TEXT;
