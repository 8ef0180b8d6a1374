# Caddy out of Debian's packages, for networks where its own image cannot be had:
#   docker build -f infra/docker/caddy.Dockerfile -t gatehouse/caddy-of-debian:local infra/docker
# and CADDY_IMAGE=gatehouse/caddy-of-debian:local for compose.
# docker-compose.yml needs of it: caddy, a shell, wget.
ARG DEBIAN_IMAGE=node:24-bookworm-slim
FROM ${DEBIAN_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends caddy wget && rm -rf /var/lib/apt/lists/*
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile"]
