-- What an endpoint wants the next sign-in of this person at this provider to show (claims challenge of on-behalf-of). No secret.
alter table "connections" add column "claims_challenge" text;
