#!/bin/sh
# For the Postgres image's /docker-entrypoint-initdb.d: passwords come as files, as compose and Kubernetes hand them over.
set -eu
AUTHORIZATION_SERVER_PASSWORD_FILE="${AUTHORIZATION_SERVER_PASSWORD_FILE:-/run/secrets/authorization-server-database-password}"
TOKEN_VAULT_PASSWORD_FILE="${TOKEN_VAULT_PASSWORD_FILE:-/run/secrets/token-vault-database-password}"
export AUTHORIZATION_SERVER_PASSWORD_FILE TOKEN_VAULT_PASSWORD_FILE
for file in "$AUTHORIZATION_SERVER_PASSWORD_FILE" "$TOKEN_VAULT_PASSWORD_FILE"; do
  [ -s "$file" ] || { echo "$file is missing or empty" >&2; exit 1; }
done
# psql reads the files itself: its arguments can be read by everybody on the machine.
psql --no-psqlrc --quiet --output /dev/null -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<SQL
\set authorization_server_password \`cat "\$AUTHORIZATION_SERVER_PASSWORD_FILE"\`
\set token_vault_password \`cat "\$TOKEN_VAULT_PASSWORD_FILE"\`
\include ${ROLES_FILE:-/gatehouse/roles.sql}
SQL

# Where there is a password for it, the vault's tables get an owner of their own.
TOKEN_VAULT_OWNER_PASSWORD_FILE="${TOKEN_VAULT_OWNER_PASSWORD_FILE:-/run/secrets/token-vault-owner-database-password}"
export TOKEN_VAULT_OWNER_PASSWORD_FILE
if [ -s "$TOKEN_VAULT_OWNER_PASSWORD_FILE" ]; then
  psql --no-psqlrc --quiet --output /dev/null -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<SQL
\set token_vault_owner_password \`cat "\$TOKEN_VAULT_OWNER_PASSWORD_FILE"\`
\include ${OWNER_FILE:-/gatehouse/token-vault-owner.sql}
SQL
fi
