-- Scopes that a backend missed in the token. The next sign-in of this person at this provider asks for them, too.
alter table "connections" add column "lacking_scopes" text[] not null default '{}';
