-- Keys that the authorization server makes to sign tokens, and their times: each is published before it signs, and after it did. Those
-- that an earlier release made are in the keyring, and are taken from there at the first start.
create table "signing_keys" (
  "kid" text not null,
  "alg" text not null,
  "sealed_public" bytea not null,
  -- Null: it signs no more.
  "sealed_private" bytea,
  -- Its name in the keyring, where it came from there.
  "earlier_name" text,
  "created_at" timestamptz(3) not null default now(),
  "signs_from" timestamptz(3) not null,
  -- Null while nothing is to take its place.
  "signs_until" timestamptz(3),
  -- Both from signs_until on.
  "published_for_seconds" integer not null,
  "kept_for_seconds" integer not null,
  "rotation_asked_at" timestamptz(3),
  constraint "signing_keys_pkey" primary key ("kid")
);
