# Caddy out of Debian's packages, for networks where its own image cannot be had:
#   docker build -f infra/docker/caddy.Dockerfile -t caddy:2 infra/docker
# docker-compose.yml needs of it: caddy, a shell, wget.
ARG DEBIAN_IMAGE=node:24-bookworm-slim
FROM ${DEBIAN_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends caddy wget && rm -rf /var/lib/apt/lists/*
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile"]
