-- Attempts that were given up. What is still under way for one comes too late, and leaves nothing here.
create table "discarded_attempts" (
  "attempt_id" text primary key,
  "discarded_at" timestamptz not null default now()
);
create index "discarded_attempts_discarded_at" on "discarded_attempts" ("discarded_at");
