-- As roles.sql and token-vault-owner.sql, for a Cluster of CloudNativePG: the operator runs this once as a superuser in the new
-- database, and gives the roles their passwords itself (spec.managed.roles). Until then none of them can log in with one.
do $$
declare
  service text;
begin
  execute format('revoke all on database %I from public', current_database());
  revoke all on schema public from public;

  foreach service in array array['authorization_server', 'token_vault', 'token_vault_owner'] loop
    if not exists (select from pg_roles where rolname = service) then
      execute format('create role %I', service);
    end if;
    execute format('alter role %I with login nosuperuser nocreatedb nocreaterole noinherit noreplication nobypassrls', service);
    execute format('grant connect on database %I to %I', current_database(), service);
  end loop;

  foreach service in array array['authorization_server', 'token_vault'] loop
    execute format('create schema if not exists %I', service);
    execute format('revoke all on schema %I from public', service);
    execute format('alter role %I set search_path = %I', service, service);
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', service, '60s');
  end loop;

  alter schema authorization_server owner to authorization_server;
  alter schema token_vault owner to token_vault_owner;
  alter role token_vault_owner set search_path = token_vault;
  grant usage on schema token_vault to token_vault;
  alter default privileges for role token_vault_owner in schema token_vault
    grant select, insert, update, delete on tables to token_vault;
end
$$;
