-- How often the client was told that this session of its has ended (OpenID Connect Back-Channel Logout); 4: it knows, or is told no more.
-- Sessions of before are not told.
alter table "sessions" add column "logout_tries" smallint not null default 4;
alter table "sessions" alter column "logout_tries" set default 0;
create index "sessions_to_tell" on "sessions" ("closed_at") where "closed_at" is not null and "logout_tries" < 4 and "close_reason" not in ('expired', 'revoked');
