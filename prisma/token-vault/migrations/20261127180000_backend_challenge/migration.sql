-- How, and how recently, a backend wants the person of this connection to have signed in (RFC 9470, section 3). No secret.
alter table "connections" add column "acr_challenge" text;
alter table "connections" add column "max_age_challenge" integer;
