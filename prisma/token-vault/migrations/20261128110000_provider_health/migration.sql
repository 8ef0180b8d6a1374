-- How each provider is, by what came of the vault's requests to it, whichever replica made them. One row for each provider.
create table "provider_health" (
  "provider" text primary key,
  -- When it began to answer, or to fail.
  "since" timestamptz not null default now(),
  "answered_at" timestamptz,
  "failed_at" timestamptz,
  -- The kind of the last failure, the status that came with it, and whether it may pass by itself.
  "failure" text,
  "status" integer,
  "passing" boolean
);
