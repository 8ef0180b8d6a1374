-- How often in a row the provider refused the refresh token without a name that says why (docs/adr/0020).
alter table "connections" add column "refusals" integer not null default 0;
