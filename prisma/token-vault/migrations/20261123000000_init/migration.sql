-- The vault's tables. Names are unqualified: the search path is the service's own schema.
-- Every bytea column is sealed for its owner (AES-256-GCM, libs/sealing); no token is stored in any other form.

create table "sessions" (
  "tsid" uuid primary key,
  -- Null only where a session was closed before it was opened: it can then never be opened.
  "account_id" uuid,
  "attempt_id" text,
  "opened_at" timestamptz,
  "closed_at" timestamptz,
  constraint "sessions_opened_or_closed" check ("closed_at" is not null or ("account_id" is not null and "opened_at" is not null))
);
create index "sessions_account_open" on "sessions" ("account_id") where "closed_at" is null;

-- One account at one provider: one row, one owner of its refresh token.
create table "connections" (
  "id" uuid primary key,
  "account_id" uuid not null,
  "provider" text not null,
  "subject" text not null,
  "name" text,
  "email" text,
  "scopes" text[] not null,
  "state" text not null default 'live' constraint "connections_state" check ("state" in ('live', 'reauth_required', 'ambiguous')),
  -- Grows with every published token set; every write of tokens is conditional on it.
  "version" integer not null default 1,
  "tokens" bytea not null,
  "access_obtained_at" timestamptz not null,
  "access_expires_at" timestamptz,
  "connected_at" timestamptz not null default now(),
  "refreshed_at" timestamptz,
  "attempt_id" text not null,
  -- The lease of whoever refreshes now.
  "lease_owner" uuid,
  "lease_until" timestamptz,
  -- The intent: written before the refresh token is sent, cleared with the outcome.
  "refresh_started_at" timestamptz,
  -- The provider's answer as it came, kept before it is validated; never handed out from here.
  "answer" bytea,
  "failures" integer not null default 0,
  "next_attempt_at" timestamptz,
  constraint "connections_account_provider" unique ("account_id", "provider")
);
create index "connections_provider_subject" on "connections" ("provider", "subject");

create table "session_connections" (
  "tsid" uuid not null references "sessions" ("tsid") on delete cascade,
  "connection_id" uuid not null references "connections" ("id") on delete cascade,
  primary key ("tsid", "connection_id")
);
create index "session_connections_connection" on "session_connections" ("connection_id");

-- A browser was sent to a provider and has not come back.
create table "pending_legs" (
  "state_hash" text primary key,
  "attempt_id" text not null,
  "provider" text not null,
  "account_id" uuid,
  "browser_binding" text not null,
  "secrets" bytea not null,
  "expires_at" timestamptz not null
);
create index "pending_legs_attempt" on "pending_legs" ("attempt_id");
create index "pending_legs_expiry" on "pending_legs" ("expires_at");

-- What a provider answered before the account is known.
create table "staged_connections" (
  "attempt_id" text not null,
  "provider" text not null,
  "account_id" uuid,
  "state" text not null constraint "staged_connections_state" check ("state" in ('answered', 'validated')),
  "sealed" bytea not null,
  "subject" text,
  "name" text,
  "email" text,
  "scopes" text[] not null default '{}',
  "access_obtained_at" timestamptz not null,
  "access_expires_at" timestamptz,
  "expires_at" timestamptz not null,
  primary key ("attempt_id", "provider"),
  constraint "staged_connections_validated" check ("state" = 'answered' or "subject" is not null)
);
create index "staged_connections_expiry" on "staged_connections" ("expires_at");

-- Exchanged tokens (RFC 8693). The key is a digest over the backend, its exchange settings and the subject; the account is part of it.
create table "exchanged_tokens" (
  "key" text primary key,
  "backend" text not null,
  "account_id" uuid not null,
  "tsid" uuid references "sessions" ("tsid") on delete cascade,
  "connection_id" uuid references "connections" ("id") on delete cascade,
  "version" integer not null default 0,
  "token" bytea,
  "obtained_at" timestamptz,
  "expires_at" timestamptz,
  "lease_owner" uuid,
  "lease_until" timestamptz,
  "delete_after" timestamptz not null
);
create index "exchanged_tokens_tsid" on "exchanged_tokens" ("tsid");
create index "exchanged_tokens_connection" on "exchanged_tokens" ("connection_id");
create index "exchanged_tokens_delete_after" on "exchanged_tokens" ("delete_after");

-- Tokens to be revoked at their provider (RFC 7009), tried until done.
create table "revocation_outbox" (
  "id" uuid primary key,
  "provider" text not null,
  -- Erased when done.
  "token" bytea,
  "attempts" integer not null default 0,
  "next_attempt_at" timestamptz not null default now(),
  "created_at" timestamptz not null default now(),
  "done_at" timestamptz
);
create index "revocation_outbox_due" on "revocation_outbox" ("next_attempt_at") where "done_at" is null;

-- Events written with the change they tell of; deleted when the bus has them.
create table "event_outbox" (
  "id" uuid primary key,
  "payload" jsonb not null,
  "next_attempt_at" timestamptz not null default now(),
  "created_at" timestamptz not null default now()
);
create index "event_outbox_due" on "event_outbox" ("next_attempt_at");

-- The key pairs that requests with a secret inside are sealed for; shared by the replicas.
create table "bus_keys" (
  "kid" text primary key,
  "private_jwk" bytea not null,
  "created_at" timestamptz not null default now(),
  "use_until" timestamptz not null,
  "open_until" timestamptz not null
);

-- One row per released credential, chained per replica process.
create table "custody_log" (
  "replica_id" uuid not null,
  "sequence" integer not null,
  "at" timestamptz not null,
  "kind" text not null constraint "custody_log_kind" check ("kind" in ('inject', 'exchange')),
  "tsid" uuid not null,
  "account_id" uuid not null,
  "backend" text not null,
  "provider" text,
  "connection_id" uuid,
  -- HMAC of the released token: who holds a token can find its release, who holds the log learns nothing of the token.
  "fingerprint" text not null,
  "key_id" text not null,
  "previous_hash" text not null,
  "hash" text not null,
  primary key ("replica_id", "sequence")
);
create index "custody_log_account" on "custody_log" ("account_id", "at");
create index "custody_log_fingerprint" on "custody_log" ("fingerprint");

create function "refuse_change"() returns trigger language plpgsql as $$
begin
  raise exception 'the custody log is append-only';
end
$$;
create trigger "custody_log_append_only" before update or delete on "custody_log" for each row execute function "refuse_change"();
create trigger "custody_log_no_truncate" before truncate on "custody_log" for each statement execute function "refuse_change"();
