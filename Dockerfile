# The relay in a container: built in one stage, without the tools it was built with in the other.
# Settings are variables (docs/guide/relay.md): the health check goes by them too.

FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build
# What is left is what runs.
RUN npm ci --omit=dev

FROM node:22-slim
ENV NODE_ENV=production MCCLOUD_HOST=0.0.0.0 MCCLOUD_PORT=8080 MCCLOUD_DATA=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
# The same number by UDP: STUN.
EXPOSE 8080 8080/udp
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["node", "dist/relay/health.js"]
ENTRYPOINT ["node", "dist/relay/main.js"]
