-- The outbox of abandoned attempts: gone here, but the vault may not know yet. Written with the deletion, deleted when
-- the vault has taken it.
create table "abandoned_attempts" (
  "id" text not null,
  "abandoned_at" timestamptz(3) not null default now(),
  constraint "abandoned_attempts_pkey" primary key ("id")
);
create index "abandoned_attempts_abandoned_at" on "abandoned_attempts" ("abandoned_at");
