#!/bin/sh
# For the Postgres image's /docker-entrypoint-initdb.d: passwords come as files, as compose and Kubernetes hand them over.
set -eu
psql --no-psqlrc --quiet --output /dev/null -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  -v authorization_server_password="$(cat "${AUTHORIZATION_SERVER_PASSWORD_FILE:-/run/secrets/authorization-server-database-password}")" \
  -v token_vault_password="$(cat "${TOKEN_VAULT_PASSWORD_FILE:-/run/secrets/token-vault-database-password}")" \
  --file "${ROLES_FILE:-/gatehouse/roles.sql}"
