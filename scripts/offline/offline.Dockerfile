# node:22-alpine with what scripts/offline/offline.sh has put into the context: pnpm, and third-party packages.
FROM node:22-alpine
COPY corepack.tgz /opt/corepack.tgz
RUN corepack install --global --cache-only /opt/corepack.tgz
# Not where the Dockerfiles mount their cache, which would hide it.
COPY pnpm/ /opt/pnpm/
ENV npm_config_store_dir=/opt/pnpm/store npm_config_cache_dir=/opt/pnpm/cache npm_config_prefer_offline=true
