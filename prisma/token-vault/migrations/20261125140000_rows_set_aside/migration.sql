-- When a row was found whose seal does not open (its key-encryption key is lost, or not configured here). It is kept: with
-- the key it opens again.
alter table "connections" add column "set_aside_at" timestamptz;
alter table "staged_connections" add column "set_aside_at" timestamptz;
alter table "revocation_outbox" add column "set_aside_at" timestamptz;
alter table "bus_keys" add column "set_aside_at" timestamptz;
