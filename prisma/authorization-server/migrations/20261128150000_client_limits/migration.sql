-- What clients get at most that stand in no configuration, as an administrator has set it.
create table "client_limits" (
  "client_id" text not null,
  "limits" jsonb not null,
  "set_at" timestamptz(3) not null default current_timestamp,
  constraint "client_limits_pkey" primary key ("client_id")
);
