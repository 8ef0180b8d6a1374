-- Gives the vault's tables an owner of their own, so that the vault's role can add to the custody log and do nothing else to
-- it: not change, empty, detach or drop it, nor switch off what guards it. `gatehouse migrate` and `gatehouse audit archive`
-- then use the owner (postgres.tokenVault.ownerUrl), the vault its own role as before.
-- Run as a superuser in the gateway's database, after roles.sql; before or after migrations. Safe to run again; then it also
-- sets the password anew. psql has to know the variable token_vault_owner_password; 10-roles.sh shows how.

select set_config('gatehouse.token_vault_owner_password', :'token_vault_owner_password', false);

do $$
declare
  partition text;
begin
  if not exists (select from pg_roles where rolname = 'token_vault_owner') then
    create role token_vault_owner;
  end if;
  execute format(
    'alter role token_vault_owner with login nosuperuser nocreatedb nocreaterole noinherit noreplication nobypassrls password %L',
    current_setting('gatehouse.token_vault_owner_password'));
  alter role token_vault_owner set search_path = token_vault;
  execute format('grant connect on database %I to token_vault_owner', current_database());

  reassign owned by token_vault to token_vault_owner;
  alter schema token_vault owner to token_vault_owner;
  revoke all on schema token_vault from public, token_vault;
  grant usage on schema token_vault to token_vault;
  grant select, insert, update, delete on all tables in schema token_vault to token_vault;
  alter default privileges for role token_vault_owner in schema token_vault
    grant select, insert, update, delete on tables to token_vault;

  if to_regclass('token_vault._prisma_migrations') is not null then
    revoke all on token_vault._prisma_migrations from token_vault;
  end if;
  if to_regclass('token_vault.custody_partitions') is not null then
    perform token_vault.custody_restrict('token_vault.custody_log', 'select, insert');
    perform token_vault.custody_restrict('token_vault.custody_archives', 'select');
    for partition in select name from token_vault.custody_partitions loop
      perform token_vault.custody_restrict(format('token_vault.%I', partition)::regclass, '');
    end loop;
  end if;
end
$$;

select set_config('gatehouse.token_vault_owner_password', '', false);
