-- A key may have a limit of requests a minute (K14).
ALTER TABLE key ADD COLUMN requests_per_minute BIGINT CHECK (requests_per_minute BETWEEN 1 AND 1000000);
