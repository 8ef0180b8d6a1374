# Prometheus out of Debian's packages, for networks where its own image cannot be had:
#   docker build -f infra/docker/prometheus.Dockerfile -t gatehouse/prometheus-of-debian:local infra/docker
# and PROMETHEUS_IMAGE=gatehouse/prometheus-of-debian:local for compose.
# docker-compose.yml needs of it: prometheus as the entry point, wget, and a folder for user 65534.
ARG DEBIAN_IMAGE=node:24-bookworm-slim
FROM ${DEBIAN_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus wget && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /prometheus && chown 65534:65534 /prometheus
ENTRYPOINT ["prometheus"]
