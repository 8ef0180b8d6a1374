#!/bin/sh
# Starts Caddy. Where it is its own authority, the certificate of that (never the key) goes where other containers may read it.
set -eu
root="$XDG_DATA_HOME/caddy/pki/authorities/local/root.crt"
publish() {
  until [ -s "$root" ]; do sleep 0.2; done
  cp "$root" /authority/root.crt.new
  chmod 0444 /authority/root.crt.new
  mv -f /authority/root.crt.new /authority/root.crt
}
# Whoever has another authority by now does not go on trusting this one.
if [ "$GATEHOUSE_TLS" = internal ]; then publish & else rm -f /authority/root.crt; fi
exec caddy run --config /etc/caddy/Caddyfile --adapter caddyfile
