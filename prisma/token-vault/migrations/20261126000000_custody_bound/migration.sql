-- The table as it is becomes the first partition. A bound some days ahead, so that the release that runs meanwhile can go on
-- writing; nothing is read or written for it now.
do $$
begin
  execute format(
    'alter table custody_log add constraint custody_log_bound check ("at" < %L) not valid',
    (date_trunc('day', now() at time zone 'UTC') + interval '7 days') at time zone 'UTC');
end
$$;
