-- The custody log in partitions of one day (UTC), so that whole days can be archived. No row is rewritten or moved: the table
-- as it was is the first partition.

lock table "custody_log" in access exclusive mode;
alter table "custody_log" rename to "custody_log_first";
alter index "custody_log_pkey" rename to "custody_log_first_pkey";
alter index "custody_log_account" rename to "custody_log_first_account";
alter index "custody_log_fingerprint" rename to "custody_log_first_fingerprint";
drop trigger "custody_log_append_only" on "custody_log_first";

-- Each partition has the primary key (replica_id, sequence); one over all partitions would need "at" inside.
create table "custody_log" (
  like "custody_log_first" including defaults,
  constraint "custody_log_kind" check ("kind" in ('inject', 'exchange'))
) partition by range ("at");
create index "custody_log_account" on "custody_log" ("account_id", "at");
create index "custody_log_fingerprint" on "custody_log" ("fingerprint");
create trigger "custody_log_append_only" before update or delete on "custody_log" for each row execute function "refuse_change"();
create trigger "custody_log_no_truncate" before truncate on "custody_log" for each statement execute function "refuse_change"();

-- Days that left the database: what the archive's manifest says (it carries a MAC), and where each chain goes on.
create table "custody_archives" (
  "number" integer primary key,
  "partition" text not null unique,
  "manifest" text not null,
  "archived_at" timestamptz not null default now()
);
create trigger "custody_archives_append_only" before update or delete on "custody_archives" for each row execute function "refuse_change"();
create trigger "custody_archives_no_truncate" before truncate on "custody_archives" for each statement execute function "refuse_change"();

-- The partitions with their bounds; those of the net for rows of no other partition are null.
create view "custody_partitions" as
  select c.relname::text as "name",
    substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM \(''([^'']+)''\)')::timestamptz as "from_at",
    substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz as "to_at"
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'custody_log'::regclass;

-- Where another role owns the log, the vault's may add rows and read them. Partitions get no rights of their own.
create function "custody_restrict"("relation" regclass, "allowed" text) returns void language plpgsql as $$
declare
  other regrole;
begin
  for other in select distinct a.grantee::regrole
    from pg_class c cross join aclexplode(c.relacl) a where c.oid = relation and a.grantee not in (c.relowner, 0)
  loop
    execute format('revoke all on table %s from %s', relation, other);
    if allowed <> '' then execute format('grant %s on table %s to %s', allowed, relation, other); end if;
  end loop;
end
$$;

-- Makes a partition and attaches it; null bounds make the net. Whoever writes into others is not held up.
create function "custody_add_partition"("name" text, "first_at" timestamptz, "past_at" timestamptz) returns void language plpgsql as $$
begin
  execute format('create table %I (like custody_log including defaults including constraints)', name);
  execute format('alter table %I add primary key (replica_id, sequence)', name);
  execute format('create trigger custody_log_no_truncate before truncate on %I for each statement execute function refuse_change()', name);
  perform custody_restrict(format('%I', name)::regclass, '');
  if first_at is null then
    execute format('alter table custody_log attach partition %I default', name);
  else
    execute format('alter table custody_log attach partition %I for values from (%L) to (%L)', name, first_at, past_at);
  end if;
end
$$;

-- A day that was archived can get late rows, from a clock that was far behind; a name of the log means one thing.
create function "custody_day_name"("day_at" timestamptz) returns text language plpgsql stable as $$
declare
  base text := 'custody_log_' || to_char(day_at at time zone 'UTC', 'YYYYMMDD');
  name text := base;
  further integer := 2;
begin
  while exists (select from custody_archives a where a.partition = name) loop
    name := base || '_' || further;
    further := further + 1;
  end loop;
  return name;
end
$$;

-- The partitions of yesterday until some days from now, where there are none yet. The vault's role may call this and can
-- make nothing else with it. A day of which the net has rows already stays with the net until it is settled.
create function "custody_make_partitions"("days" integer) returns integer language plpgsql security definer as $$
declare
  made integer := 0;
  day_at timestamptz;
  today timestamp := date_trunc('day', now() at time zone 'UTC');
begin
  if not pg_try_advisory_xact_lock(72707370) then return 0; end if;
  for day_at in
    select day at time zone 'UTC' from generate_series(today - interval '1 day', today + least(greatest(days, 0), 31) * interval '1 day', interval '1 day') day
  loop
    continue when exists (select from custody_partitions p
      where p.to_at > day_at and (p.from_at is null or p.from_at < day_at + interval '1 day'));
    continue when exists (select from custody_log_default d where d.at >= day_at and d.at < day_at + interval '1 day');
    perform custody_add_partition(custody_day_name(day_at), day_at, day_at + interval '1 day');
    made := made + 1;
  end loop;
  return made;
end
$$;

-- Whether the net has rows.
create function "custody_unplaced"() returns boolean language plpgsql security definer as $$
begin
  return exists (select from custody_log_default);
end
$$;

-- Gives the rows of the net partitions of their own, all or none; for the log's owner. @returns how many rows.
create function "custody_settle"() returns bigint language plpgsql as $$
declare
  day_at timestamptz;
  rows bigint;
  placed bigint;
begin
  if not exists (select from custody_log_default) then return 0; end if;
  lock table only custody_log in access exclusive mode;
  lock table custody_log_default in access exclusive mode;
  select count(*) into rows from custody_log_default;
  alter table custody_log detach partition custody_log_default;
  alter table custody_log_default rename to custody_log_unsettled;
  alter index custody_log_default_pkey rename to custody_log_unsettled_pkey;
  perform custody_add_partition('custody_log_default', null, null);
  for day_at in
    select distinct date_trunc('day', u.at at time zone 'UTC') at time zone 'UTC' from custody_log_unsettled u
  loop
    continue when exists (select from custody_partitions p
      where p.to_at > day_at and (p.from_at is null or p.from_at < day_at + interval '1 day'));
    perform custody_add_partition(custody_day_name(day_at), day_at, day_at + interval '1 day');
  end loop;
  insert into custody_log select * from custody_log_unsettled;
  get diagnostics placed = row_count;
  if placed <> rows then raise exception 'the custody log was not settled'; end if;
  drop table custody_log_unsettled;
  return rows;
end
$$;

do $$
declare
  bound text;
begin
  -- Nobody gets in between with tables of their own: the functions look in this schema first.
  for bound in select unnest(array['custody_restrict(regclass, text)', 'custody_day_name(timestamptz)', 'custody_add_partition(text, timestamptz, timestamptz)',
    'custody_make_partitions(integer)', 'custody_unplaced()', 'custody_settle()'])
  loop
    execute format('alter function %s set search_path = %I, pg_temp', bound, current_schema());
  end loop;
  -- Who waits for such a lock holds up every release behind it.
  execute format('alter function custody_make_partitions(integer) set lock_timeout = %L', '2s');
  execute format('alter function custody_settle() set lock_timeout = %L', '5s');

  perform custody_restrict('custody_log', 'select, insert');
  perform custody_restrict('custody_archives', 'select');
  perform custody_restrict('custody_log_first', '');

  if exists (select from custody_log_first) then
    select substring(pg_get_constraintdef(oid) from '''([^'']+)''') into strict bound
      from pg_constraint where conrelid = 'custody_log_first'::regclass and conname = 'custody_log_bound';
    execute format('alter table custody_log attach partition custody_log_first for values from (minvalue) to (%L)', bound);
    alter table custody_log_first drop constraint custody_log_bound;
  else
    drop table custody_log_first;
  end if;
  perform custody_add_partition('custody_log_default', null, null);
  perform custody_make_partitions(7);
end
$$;
