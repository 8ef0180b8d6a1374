-- A refresh token that was used names the one that it was exchanged for (by its SHA-256), and keeps it for the few seconds in which
-- it is answered again; sealed under the server's key and under the used token itself, which stands nowhere here.
alter table "oidc_records"
  add column "successor" text,
  add column "sealed_successor" bytea,
  add column "answered_again_at" timestamptz(3);
create index "oidc_records_sealed_successor" on "oidc_records" ("consumed_at") where "sealed_successor" is not null;
