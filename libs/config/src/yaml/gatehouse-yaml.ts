import { DEFAULT_PORT_BASE, INTERNAL_PORT_OFFSET, PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import type { z } from 'zod';
import { host, port } from './address-fields.js';
import { aggregation } from './aggregation-fields.js';
import { authz, scopeFields } from './authorization-fields.js';
import { authServer } from './auth-server-fields.js';
import { displayOfBackend } from './branding-fields.js';
import {
  block,
  checkedList,
  choice,
  count,
  countOr,
  egress,
  flag,
  keyEncryptionKeys,
  list,
  secret,
  text,
  type FieldFacts,
} from './fields.js';
import {
  AT_ONCE_BOUNDS,
  DURATION_BOUNDS,
  SIZE_BOUNDS,
  STREAMS_PER_SESSION_BOUNDS,
  WORKER_BOUNDS,
  MAX_PASSTHROUGH_HEADERS,
} from '../model/bounds.js';
import { TOKEN_VAULT_INTERNAL_PORT } from '../model/internal-ports.js';
import { egressWays } from './egress-fields.js';
import { introspection } from './introspection-fields.js';
import { haveUrlOrCommand } from './checks.js';
import { BACKEND_MISTAKES, DOCUMENT_MISTAKES, TRANSPORT_MISTAKES } from './mistakes.js';
import { kubernetesServiceAccount } from './service-account-fields.js';
import { operational, ownFailureHandling, toolTimeouts } from './operational-fields.js';
import { outgoingAuth } from './outgoing-auth-fields.js';
import { rateLimiting } from './rate-limit-fields.js';
import { bridge, stdioFields } from './stdio-fields.js';
import { telemetry } from './telemetry-fields.js';
import { views } from './view-fields.js';

const incomingAuth = block(
  'Whose tokens are accepted. With `authServer` it may be left out: issuer, audience and resource are then its own.',
  {
    type: choice(['oidc', 'anonymous'], '`anonymous` is for development: every caller is the same person.'),
    oidc: block('For `type: oidc`.', {
      issuer: text('url', 'Issuer of the access tokens; compared exactly.', {
        derived: '`authServer.issuer`; needed without `authServer`',
      }).exactOptional(),
      audience: text('identifier', 'Audience that the access tokens must name.', {
        derived: '`<publicUrl>/mcp`',
      }).exactOptional(),
      resourceUrl: text('url', 'Resource of the protected-resource metadata (RFC 9728).', {
        derived: '`<publicUrl>/mcp`',
      }).exactOptional(),
      scopes: list(
        text('scope', 'One scope.'),
        'Scopes that the protected-resource metadata and the challenge name, and that every access token needs.',
        { derived: '`[openid]`; none with `kubernetesServiceAccount`' },
      ).exactOptional(),
      jwksUrl: text('url', "Where the issuer's public keys are fetched.", {
        derived: "from the issuer's metadata",
      }).exactOptional(),
      introspection: introspection.exactOptional(),
      kubernetesServiceAccount: kubernetesServiceAccount.exactOptional(),
      ...egress,
    }).prefault({}),
    authz: authz.exactOptional(),
  },
  { blocks: { oidc: 'oidc', anonymous: undefined } },
);

const passthroughHeaders = (about: string, more: FieldFacts = {}) =>
  list(text('headerName', 'Name of a request header.'), about, more);

const backends = checkedList(
  block(
    'One MCP server.',
    {
      name: text('dnsLabel', 'What strategies and the aggregation refer to; unique.'),
      ...displayOfBackend,
      url: text('url', 'Its MCP endpoint; needed without `command`.').exactOptional(),
      transport: choice(
        ['streamable-http', 'sse'],
        '`sse`: HTTP with SSE of MCP 2024-11-05; `url` is where its stream is. With `streamable-http` such a backend is found out by what it answers to `initialize`.',
        { mistakes: TRANSPORT_MISTAKES },
      ).default('streamable-http'),
      timeout: text('duration', `For one call; ${DURATION_BOUNDS.call.text}.`, {
        derived: '`operational.timeouts`',
      }).exactOptional(),
      progressExtendsTimeout: flag(
        'Each progress notification of a call gives it the whole `timeout` again, up to `maxTimeout` in all. A backend sends them only to clients that ask for them.',
      ),
      maxTimeout: text(
        'duration',
        `For one call in all, with \`progressExtendsTimeout\`; ${DURATION_BOUNDS.callWithProgress.text}.`,
        { derived: 'ten times `timeout`' },
      ).exactOptional(),
      toolTimeouts: toolTimeouts.default([]),
      ...scopeFields,
      passthroughHeaders: passthroughHeaders(
        'With calls of this backend, instead of the gateway’s list; empty: none.',
        {
          derived: '`passthroughHeaders` of the gateway; a program gets none',
        },
      ).exactOptional(),
      limits: block(
        'How much of it runs at once, at each replica of the proxy. A call above a limit is refused at once (`busy`, with `Retry-After`).',
        {
          calls: count(`Calls that wait for their answer; ${AT_ONCE_BOUNDS.text}.`, AT_ONCE_BOUNDS).default(
            512,
          ),
          callsPerPerson: count('Of one person, in all sign-ins together.', AT_ONCE_BOUNDS, {
            derived: 'a quarter of `calls`',
          }).exactOptional(),
          streams: count(
            `Answers that go on as event streams; they take no place of calls. ${AT_ONCE_BOUNDS.text}.`,
            AT_ONCE_BOUNDS,
          ).default(512),
          streamsPerPerson: count('Of one person, in all sign-ins together.', AT_ONCE_BOUNDS, {
            derived: 'a quarter of `streams`',
          }).exactOptional(),
        },
      ).prefault({}),
      failureHandling: ownFailureHandling.prefault({}),
      ...egress,
      ...stdioFields,
    },
    { mistakes: BACKEND_MISTAKES },
  ),
  'The MCP servers behind this gateway; at least one.',
  haveUrlOrCommand,
);

const INTERNAL_HOST =
  'Address to listen on. Probes and scrapers on other machines need an address that they can reach, on a network without clients.';

/** Plain HTTP without authentication: this listener belongs on the operators' network. */
const internal = (publicPort: string) =>
  block(
    '`/healthz`, `/readyz`, `/metrics` and, of the proxy, `/status`, which the public listener does not have.',
    {
      host: host(INTERNAL_HOST),
      port: port({ derived: publicPort }).exactOptional(),
    },
  ).prefault({});

const addressFields = (publicPort: number) => ({
  host: host('Address to listen on; containers set `0.0.0.0`.'),
  port: port().default(publicPort),
  internal: internal(`that of the public listener + ${INTERNAL_PORT_OFFSET}; 0 with 0`),
});

const DATABASE_URL = 'Connection URL: `postgresql://user:password@host:port/database`.';
const database = (about: string) => block(about, { url: secret(DATABASE_URL) });

/** The whole document: the shape, the formats of its texts, and the facts of each field for the documentation. */
export const gatehouseYaml = block(
  'A Gatehouse installation.',
  {
    name: text('dnsLabel', 'Names database rows, NATS subjects and metrics of this gateway.'),
    publicUrl: text(
      'baseUrl',
      'What people type into their client; the MCP endpoint is `<publicUrl>/mcp`. https, except on localhost. It may have a path (`https://example.org/gatehouse`), whether the proxy in front keeps that path or takes it off (`docs/reverse-proxy.md`).',
    ),
    trustedHosts: list(
      text('trustedHost', 'A host, `host:port`, or `*.domain` for every host below it.'),
      'Further `Host` headers that the MCP endpoint answers to, beside the host of `publicUrl`: those that a proxy in front sends. With the list written, or with a gateway on localhost, every other host is refused (DNS rebinding). No URL is ever made from that header.',
    ).default([]),
    trustedProxies: list(
      text('network', 'An address or a network.'),
      'Reverse proxies in front of the MCP endpoint: the certificates of callers that they pass on are believed (`authServer.mtls`). Those in front of the authorization server stand in `authServer.trustedProxies`.',
    ).default([]),
    allowedOrigins: list(
      text(
        'originPattern',
        '`https://claude.ai`, `http://localhost:6274`, `http://localhost:*`, `https://*.example.org`, `app://obsidian.md`, or `vscode-webview:` for all pages of that application.',
      ),
      'Origins whose pages may call the gateway from a browser, beside its own: the MCP endpoint, registration, tokens and revocation. A gateway whose URLs are all on localhost also answers to pages of that machine.',
    ).default([]),
    authServer: authServer.exactOptional(),
    incomingAuth: incomingAuth.exactOptional(),
    backends,
    passthroughHeaders: passthroughHeaders(
      `Headers of callers that every backend gets with their calls, and with nothing else; at most ${MAX_PASSTHROUGH_HEADERS}. Never a credential or what HTTP, MCP or a proxy sets; a strategy’s header always wins. A value above 4096 characters is refused with 431.`,
    ).default([]),
    bridge: bridge.prefault({}),
    outgoingAuth: outgoingAuth.prefault({}),
    egress: egressWays.prefault({}),
    aggregation: aggregation.prefault({}),
    views,
    operational: operational.prefault({}),
    telemetry: telemetry.prefault({}),
    vault: block('The token vault.', {
      keyEncryptionKeys: keyEncryptionKeys(
        'Keys that seal stored tokens; the first seals, all open. 32 bytes as base64, base64url or hex.',
      ),
      requestKeys: keyEncryptionKeys(
        'Keys with which the authorization server proves its requests to the vault; only these two services have them. The first proves, all are accepted. 32 bytes as base64, base64url or hex. Not read without `authServer`.',
      ).prefault([{ id: '1', env: 'VAULT_REQUEST_KEY' }]),
    }),
    postgres: block('One database role per service.', {
      authorizationServer: database(
        'Role of the authorization server; needed with `authServer`.',
      ).exactOptional(),
      tokenVault: block('Role of the token vault.', {
        url: secret(DATABASE_URL),
        ownerUrl: secret(
          'Connection URL of the role that owns the vault’s tables (`infra/postgres/token-vault-owner.sql`), so that the vault itself can add to the custody log and never change it. Only `gatehouse migrate` and `gatehouse audit` read it. Left out: the vault’s role owns its tables.',
        ).exactOptional(),
      }),
    }),
    nats: block('The bus.', {
      servers: list(text('natsUrl', 'Server.'), 'Servers of one cluster.'),
      credentials: secret(
        '`user:password`. Every service has a user of its own: the same reference, another value in each service.',
      ).prefault({ env: 'NATS_CREDENTIALS' }),
      provisioningCredentials: secret(
        '`user:password` of the user that makes streams and buckets. Only `gatehouse migrate` reads it.',
      ).prefault({ env: 'NATS_PROVISIONING_CREDENTIALS' }),
      streamReplicas: count(
        'How many servers of a NATS cluster hold each stream and bucket; 3 survive the loss of one.',
        { min: 1, max: 5 },
      ).default(1),
    }),
    shutdownDelay: text(
      'duration',
      `How long a service that is asked to stop still takes new requests. Meanwhile its readiness says no and each HTTP response closes its connection, so that load balancers and clients notice; ${DURATION_BOUNDS.shutdownDelay.text}.`,
    ).default('3s'),
    shutdownTimeout: text(
      'duration',
      `How long a service that is asked to stop may finish the requests that it has begun, after that delay; ${DURATION_BOUNDS.shutdown.text}. Calls that take longer get an error. The orchestrator has to wait a little longer than both together.`,
    ).default('25s'),
    streamKeepAlive: text(
      'duration',
      `How long an event stream to a client may be silent before the proxy writes a comment into it, so that proxies in between do not cut it; ${DURATION_BOUNDS.streamKeepAlive.text}.`,
    ).default('15s'),
    resumption: block(
      'What clients with sessions (until 2025-11-25) can get again after their connection broke: `GET` with `Last-Event-ID`, at any replica.',
      {
        sizePerStream: text(
          'size',
          `The newest events of one stream that are kept; ${SIZE_BOUNDS.keptStream.text}. Whoever missed more is told so by an error.`,
        ).default('256KiB'),
        streamsPerSession: count(
          'Streams of one session that are kept; the oldest of those that are over go. A stream without room cannot be resumed, and its call is cancelled when its client goes away. With 0 there are no event ids.',
          STREAMS_PER_SESSION_BOUNDS,
        ).default(16),
        keepFor: text(
          'duration',
          `How long a call goes on whose client is away, and how long a stream that is over can be read again; ${DURATION_BOUNDS.keepStream.text}.`,
        ).default('60s'),
      },
    ).prefault({}),
    startTimeout: text(
      'duration',
      `How long a starting service waits for its database and its bus; ${DURATION_BOUNDS.start.text}. After that it ends with exit code 75.`,
    ).default('30s'),
    limits: block('Sizes of requests and responses at the proxy.', {
      requestSize: text(
        'size',
        `The body of one request; ${SIZE_BOUNDS.request.text}. More is refused with 413.`,
      ).default('4MiB'),
      requestSizePerPerson: text(
        'size',
        'The bodies of all requests together that one person has at one replica; at least `requestSize`, at most 1024MiB. More is refused with 503 and `Retry-After`.',
      ).default('16MiB'),
      answerSizePerPerson: text(
        'size',
        `All responses of backends together that one replica holds for one person, each until it is complete, checked and sent; ${SIZE_BOUNDS.answerPerPerson.text}. More is \`busy\`.`,
      ).default('128MiB'),
    }).prefault({}),
    rateLimiting: rateLimiting.prefault({}),
    listen: block('Where the services listen.', {
      proxy: block('MCP clients.', {
        ...addressFields(DEFAULT_PORT_BASE + PORT_OFFSETS.proxy),
        workers: countOr(
          'auto',
          `Processes that answer at this one port, each a replica of its own: \`auto\` is one for each core that the proxy may use, or ${WORKER_BOUNDS.text}. With 1 the proxy is one process. Each takes the memory of a proxy, and one more process watches over them (\`docs/workers.md\`).`,
          WORKER_BOUNDS,
        ).default(1),
      }).prefault({}),
      authorizationServer: block(
        'Browsers and MCP clients.',
        addressFields(DEFAULT_PORT_BASE + PORT_OFFSETS['authorization-server']),
      ).prefault({}),
      tokenVault: block('The token vault has an internal listener only.', {
        host: text('host', 'An earlier way to write `internal.host`.').exactOptional(),
        port: port({ about: 'An earlier way to write `internal.port`.' }).exactOptional(),
        internal: internal(String(TOKEN_VAULT_INTERNAL_PORT)),
      }).prefault({}),
      bridge: block('The bridge, for the proxy alone.', {
        host: host('Address to listen on.'),
        port: port().default(DEFAULT_PORT_BASE + PORT_OFFSETS.bridge),
      }).prefault({}),
    }).prefault({}),
  },
  { mistakes: DOCUMENT_MISTAKES },
);

/** A structurally valid document: fields are known and of the right type, defaults are filled in. */
export type GatehouseYaml = z.output<typeof gatehouseYaml>;
