-- The issuer whose assertions opened a session, and go on with it. There is one for each person, client and issuer.
alter table "sessions" add column "asserted_by" text;
create unique index "sessions_asserted" on "sessions" ("account_id", "client_id", "asserted_by")
  where "closed_at" is null and "asserted_by" is not null;
