-- What a provider's logout token names (OpenID Connect Back-Channel Logout). A connection of before is not known by its session at the
-- provider until it is renewed; a session of before is ended by no such token.
alter table "connections"
  -- SHA-256 of the provider and of the `sid` in its last id_token.
  add column "provider_session" text,
  -- When the provider issued the id_token of the sign-in, by the provider's clock, which its logout tokens have as well.
  add column "signed_in_at" timestamptz;
-- The same of an answer whose sign-in has not ended.
alter table "staged_connections" add column "provider_session" text, add column "signed_in_at" timestamptz;
create index "connections_provider_session" on "connections" ("provider_session") where "provider_session" is not null;

-- Of the primary provider's connection, as it was when the session was opened. The connection may be gone when the session has to end.
alter table "sessions"
  add column "primary_provider" text,
  add column "primary_subject" text,
  add column "provider_session" text,
  add column "signed_in_at" timestamptz;
create index "sessions_provider_session" on "sessions" ("provider_session") where "closed_at" is null;
create index "sessions_primary_subject" on "sessions" ("primary_provider", "primary_subject") where "closed_at" is null;
