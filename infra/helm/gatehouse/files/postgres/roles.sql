-- One role per service, each owner of its own schema and of nothing else: what one service stores, no other can read.
-- Run as a superuser in the gateway's database. Safe to run again; then it also sets the passwords anew.
-- psql has to know the variables authorization_server_password and token_vault_password; 10-roles.sh shows how to give it
-- them without writing them into its arguments, which everybody on the machine can read.

select set_config('gatehouse.authorization_server_password', :'authorization_server_password', false),
       set_config('gatehouse.token_vault_password', :'token_vault_password', false);

do $$
declare
  service text;
begin
  -- Nobody may connect, create or look around merely because they have an account.
  execute format('revoke all on database %I from public', current_database());
  revoke all on database postgres, template1 from public;
  revoke all on schema public from public;

  foreach service in array array['authorization_server', 'token_vault'] loop
    if not exists (select from pg_roles where rolname = service) then
      execute format('create role %I', service);
    end if;
    execute format(
      'alter role %I with login nosuperuser nocreatedb nocreaterole noinherit noreplication nobypassrls password %L',
      service, current_setting('gatehouse.' || service || '_password'));
    execute format('grant connect on database %I to %I', current_database(), service);
    execute format('create schema if not exists %I authorization %I', service, service);
    execute format('revoke all on schema %I from public', service);
    execute format('alter role %I set search_path = %I', service, service);
    -- A transaction that somebody forgot must not hold its locks for ever.
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', service, '60s');
  end loop;
end
$$;

select set_config('gatehouse.authorization_server_password', '', false),
       set_config('gatehouse.token_vault_password', '', false);
