-- A registration with which nobody has signed in ends. It does not while somebody is doing so for the first time.
alter table "oidc_records" add column "begun_at" timestamptz(3);
