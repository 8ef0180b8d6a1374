-- What oidc-provider keeps: codes, refresh tokens, grants, interactions, browser sessions, registered clients.
-- `id` is the SHA-256 of the value that its holder presents, so a reader of this table can present nothing.
create table "oidc_records" (
  "model" text not null,
  "id" text not null,
  "payload" jsonb not null,
  "grant_id" text,
  "uid" text,
  "created_at" timestamptz(3) not null default now(),
  "expires_at" timestamptz(3),
  "consumed_at" timestamptz(3),
  constraint "oidc_records_pkey" primary key ("model", "id")
);
create index "oidc_records_grant_id" on "oidc_records" ("grant_id") where "grant_id" is not null;
create index "oidc_records_uid" on "oidc_records" ("model", "uid") where "uid" is not null;
create index "oidc_records_expires_at" on "oidc_records" ("expires_at") where "expires_at" is not null;

-- The server's own keys, made once by whichever replica is first; sealed.
create table "keyring" (
  "name" text not null,
  "sealed" bytea not null,
  "created_at" timestamptz(3) not null default now(),
  constraint "keyring_pkey" primary key ("name")
);

create table "accounts" (
  "id" uuid not null,
  "name" text,
  "email" text,
  "created_at" timestamptz(3) not null default now(),
  constraint "accounts_pkey" primary key ("id")
);

-- One person at one provider belongs to one account.
create table "identities" (
  "provider" text not null,
  "subject" text not null,
  "account_id" uuid not null,
  "name" text,
  "email" text,
  "linked_at" timestamptz(3) not null default now(),
  constraint "identities_pkey" primary key ("provider", "subject"),
  constraint "identities_account_id_fkey" foreign key ("account_id") references "accounts" ("id") on delete cascade
);
create index "identities_account_id" on "identities" ("account_id");

-- Which client an account has let act for it; the fingerprint covers redirect URIs, scopes and providers.
create table "approvals" (
  "account_id" uuid not null,
  "client_id" text not null,
  "fingerprint" text not null,
  "approved_at" timestamptz(3) not null default now(),
  constraint "approvals_pkey" primary key ("account_id", "client_id"),
  constraint "approvals_account_id_fkey" foreign key ("account_id") references "accounts" ("id") on delete cascade
);

-- One sign-in of one account at one client. The tsid is also the id of the grant.
create table "sessions" (
  "tsid" uuid not null,
  "account_id" uuid not null,
  "client_id" text not null,
  "client_name" text not null,
  "opened_at" timestamptz(3) not null default now(),
  "used_at" timestamptz(3) not null default now(),
  "expires_at" timestamptz(3) not null,
  "closed_at" timestamptz(3),
  "close_reason" text,
  "announced_at" timestamptz(3),
  constraint "sessions_pkey" primary key ("tsid"),
  constraint "sessions_account_id_fkey" foreign key ("account_id") references "accounts" ("id") on delete cascade
);
create index "sessions_account_id" on "sessions" ("account_id");
-- The outbox: closed, but the vault and the proxies may not know yet.
create index "sessions_unannounced" on "sessions" ("closed_at") where "closed_at" is not null and "announced_at" is null;
create index "sessions_expires_at" on "sessions" ("expires_at") where "closed_at" is null;

-- One walk through the sign-in chain, or one visit of the connect page.
create table "attempts" (
  "id" text not null,
  "interaction" text,
  "state" jsonb not null,
  "version" integer not null default 1,
  "created_at" timestamptz(3) not null default now(),
  "expires_at" timestamptz(3) not null,
  constraint "attempts_pkey" primary key ("id")
);
create unique index "attempts_interaction" on "attempts" ("interaction") where "interaction" is not null;
create index "attempts_expires_at" on "attempts" ("expires_at");
