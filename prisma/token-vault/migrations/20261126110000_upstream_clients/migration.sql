-- Authorization servers of backends that demand their own OAuth. A provider has one row for each issuer that it ever used.
create table "upstream_issuers" (
  "provider" text not null,
  "issuer" text not null,
  -- Whoever used an issuer first keeps it, unless the configuration says otherwise.
  "first_seen_at" timestamptz not null default now(),
  -- Grows whenever another client, or none, becomes the current one.
  "version" integer not null default 0,
  -- With this client new sign-ins begin. Null: it has to be registered.
  "current_client_id" text,
  -- The lease of whoever registers now.
  "lease_owner" uuid,
  "lease_until" timestamptz,
  primary key ("provider", "issuer")
);
create index "upstream_issuers_issuer" on "upstream_issuers" ("issuer");

-- What they registered (RFC 7591). Grants are of the client to which they were issued, so earlier clients stay for a while.
create table "upstream_clients" (
  "provider" text not null,
  "issuer" text not null,
  "client_id" text not null,
  "redirect_uri" text not null,
  -- Sealed for provider, issuer and client id.
  "client" bytea not null,
  "registered_at" timestamptz not null default now(),
  -- Null: its secret does not expire, or it has none.
  "secret_expires_at" timestamptz,
  -- Another client took its place, or the issuer does not know it any more.
  "superseded_at" timestamptz,
  primary key ("provider", "issuer", "client_id"),
  foreign key ("provider", "issuer") references "upstream_issuers" ("provider", "issuer") on delete cascade
);
