# Two stages: compile with the development dependencies, run with the others. Nothing is downloaded at start.
# viem, a peer of the package, stays. The compiler, an optional peer of viem, would stay too but for --omit=optional.
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund && cp package-lock.json node_modules/.reenact-lock
COPY . .
RUN node scripts/setup.mjs build && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production REENACT_HOST=0.0.0.0 REENACT_DATA_DIR=/data
WORKDIR /app
COPY --from=build --chown=node:node /src/package.json ./
COPY --from=build --chown=node:node /src/node_modules ./node_modules
COPY --from=build --chown=node:node /src/dist ./dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8545 9545
# node itself asks, so the image needs no curl
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "dist/bin/health.js"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/dist/bin/reenact.js"]
