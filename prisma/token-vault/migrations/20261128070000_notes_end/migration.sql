-- When a backend or an endpoint last said what the next sign-in of this connection is to show, and which scopes its token lacks. Such a
-- note ends by itself: a provider may answer it with an error page and send nobody back. Notes of before begin their time now.
alter table "connections" add column "challenged_at" timestamptz, add column "lacking_at" timestamptz;
update "connections" set "challenged_at" = now()
  where "claims_challenge" is not null or "acr_challenge" is not null or "max_age_challenge" is not null;
update "connections" set "lacking_at" = now() where cardinality("lacking_scopes") > 0;
