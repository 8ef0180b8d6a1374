#!/bin/sh
# Makes every secret of the compose example once, each into the volume of the one container that reads it (mode 0400). Runs as root in the
# Postgres image, which knows its own user; prints nothing. A value that is there stays, so that `docker compose up` can be repeated.
set -eu
umask 077
cd "${SECRETS_FOLDER:-/secrets}"
node_user=1000:1000
postgres_user="$(id -u postgres):$(id -g postgres)"

# random BYTES: as base64url
random() { head -c "$1" /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
# put FILE OWNER: standard input becomes the file, whole or not at all
put() { cat > "$1.new" && chmod 0400 "$1.new" && chown "$2" "$1.new" && mv "$1.new" "$1"; }
# once FILE OWNER VALUE: keeps what is there
once() { [ -s "$1" ] || printf '%s' "$3" | put "$1" "$2"; }

# Databases. The superuser's password never leaves the Postgres container.
once postgres/postgres-password "$postgres_user" "$(random 32)"
for service in authorization-server token-vault; do
  role="$(printf '%s' "$service" | tr - _)"
  once "postgres/$service-database-password" "$postgres_user" "$(random 32)"
  url="postgres://$role:$(cat "postgres/$service-database-password")@postgres:5432/gatehouse"
  printf '%s' "$url" | put "$service/$service-database-url" "$node_user"
  printf '%s' "$url" | put "migrate/$service-database-url" "$node_user"
done

# Who owns the vault's tables.
once postgres/token-vault-owner-database-password "$postgres_user" "$(random 32)"
printf 'postgres://token_vault_owner:%s@postgres:5432/gatehouse' "$(cat postgres/token-vault-owner-database-password)" |
  put migrate/token-vault-owner-database-url "$node_user"

# The bus: a password for each user; the server reads them as the variables that the generated configuration names.
variables=''
for user in authorization-server token-vault vmcp-proxy provisioning; do
  if [ "$user" = provisioning ]; then file=migrate/nats-provisioning-credentials; else file="$user/nats-credentials"; fi
  once "$file" "$node_user" "$user:$(random 32)"
  name="NATS_PASSWORD_$(printf '%s' "$user" | tr a-z- A-Z_)"
  password="$(cut -d : -f 2 < "$file")"
  variables="$variables$name: \"$password\"
"
done
{ printf '%s' "$variables"; cat /gatehouse/nats-server.conf; } | put nats/nats-server.conf "$node_user"

# What the authorization server proves its requests to the vault with.
once authorization-server/vault-request-key "$node_user" "$(random 32)"
once token-vault/vault-request-key "$node_user" "$(cat authorization-server/vault-request-key)"

# What seals the rows of each database.
for service in authorization-server token-vault; do
  once "$service/key-encryption-key" "$node_user" "$(random 32)"
done

# Who archives the custody log needs its owner, and the key that it is verified with; nobody else has both.
put audit/token-vault-owner-database-url "$node_user" < migrate/token-vault-owner-database-url
put audit/key-encryption-key "$node_user" < token-vault/key-encryption-key

# The clients that the demonstration's providers and backends know; in a deployment, what your providers gave you.
once token-vault/acme-sso-client-secret "$node_user" acme-demo-secret
once token-vault/octo-client-secret "$node_user" octo-demo-secret
once token-vault/sts-client-secret "$node_user" sts-demo-secret
once vmcp-proxy/reports-api-key "$node_user" reports-demo-key

# Who may look at the dashboards. Grafana's own image runs as this user.
grafana_user=472:0
once grafana/grafana-password "$grafana_user" "$(random 24)"

for volume in authorization-server token-vault vmcp-proxy migrate audit nats; do chown "$node_user" "$volume"; done
chown "$postgres_user" postgres postgres-data
chown "$grafana_user" grafana
chown "$node_user" nats-data archives caddy-data authority
chmod 0500 authorization-server token-vault vmcp-proxy migrate audit nats postgres grafana
chmod 0700 postgres-data nats-data archives caddy-data
# The certificate of the reverse proxy's own authority is for everybody.
chmod 0755 authority
