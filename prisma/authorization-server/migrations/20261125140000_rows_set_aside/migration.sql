-- When a client was found whose sealed secret does not open (its key-encryption key is lost, or not configured here).
alter table "oidc_records" add column "set_aside_at" timestamptz(3);

-- Keys of the keyring that did not open and were replaced. They are kept: with their key-encryption key they open again,
-- and take their place back.
create table "keyring_set_aside" (
  "id" uuid not null default gen_random_uuid(),
  "name" text not null,
  "sealed" bytea not null,
  "created_at" timestamptz(3) not null,
  "set_aside_at" timestamptz(3) not null default now(),
  constraint "keyring_set_aside_pkey" primary key ("id")
);
create index "keyring_set_aside_name" on "keyring_set_aside" ("name", "created_at");
