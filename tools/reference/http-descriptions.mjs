/**
 * What each route is for, by hand: a route that is not here, and a line here without a route, is an error
 * (`http-page.mjs`). `by` is who calls it; the statuses are held against the running services (tests/flows/http-endpoints.spec.ts).
 */
import { authorizationServer, JSON_TYPE, preflight } from './http-authorization-server.mjs';
import { deviceFlow } from './http-device-flow.mjs';
import { pageFiles } from './http-page-files.mjs';
import { providerLogout } from './http-provider-logout.mjs';

const healthz = {
  '/healthz': {
    GET: {
      by: 'load balancer',
      about: 'The process runs. It says nothing of what the service depends on.',
      statuses: { 200: 'it runs' },
      type: JSON_TYPE,
      members: ['status'],
    },
  },
};

const mcp = (what) => ({
  POST: {
    by: 'client',
    about: `A message of MCP for ${what}.`,
    statuses: {
      200: 'the response, as JSON or as an event stream',
      202: 'a notification or a response, taken',
      400: 'no message, or one that is not understood',
      401: 'no token, or one that is not valid: `WWW-Authenticate` says where to get one',
      403: 'the call may not be made, or the token lacks scopes; or the `Host` or `Origin` is not allowed',
      404: 'the session is over, or the method is not known',
      413: 'the body is too large',
      415: 'the body is not JSON',
      429: 'a rate limit: `Retry-After`',
      503: 'the gateway cannot answer right now: `Retry-After`',
    },
    type: JSON_TYPE,
    token: true,
    json: {
      jsonrpc: '`2.0`.',
      id: 'Of a request.',
      method: 'Such as `tools/call`.',
      params: 'Of the method.',
    },
  },
  GET: {
    by: 'client',
    about: 'The stream on which the gateway speaks by itself, of a session of MCP 2025-11-25 and earlier.',
    statuses: {
      200: 'an event stream',
      204: 'nothing more comes on the stream of that `Last-Event-ID`',
      400: 'a `Last-Event-ID` or a revision that is not known',
      401: 'no token, or one that is not valid',
      403: 'the token lacks scopes; or the `Host` or `Origin` is not allowed',
      404: 'the session is over',
      405: 'no session is named',
      406: 'the client does not take an event stream',
      503: 'the gateway cannot answer right now',
    },
    type: 'text/event-stream',
    token: true,
  },
  DELETE: {
    by: 'client',
    about: 'Ends a session of MCP 2025-11-25 and earlier.',
    statuses: {
      200: 'it is over',
      400: 'no session is named',
      401: 'no token, or one that is not valid',
      403: 'the token lacks scopes; or the `Host` or `Origin` is not allowed',
      404: 'the session is over already',
      503: 'the gateway cannot answer right now',
    },
    token: true,
  },
  OPTIONS: preflight,
});

const resourceMetadata = (whose) => ({
  GET: {
    by: 'client',
    about: `Metadata of ${whose} as a protected resource (RFC 9728): where tokens come from.`,
    statuses: { 200: 'the metadata', 404: 'there is no such endpoint, or callers are anonymous' },
    type: JSON_TYPE,
    members: ['resource', 'authorization_servers'],
  },
  OPTIONS: { ...preflight, statuses: { 204: 'every page may read it' } },
});

const proxy = {
  '/mcp': mcp('all backends together'),
  '/mcp/{backend}': mcp('one backend'),
  '/mcp/views/{view}': mcp('a view ([views](../views.md))'),
  '/.well-known/oauth-protected-resource': resourceMetadata('`/mcp`'),
  '/.well-known/oauth-protected-resource/{resource}': resourceMetadata('the endpoint whose path follows'),
};

const internal = {
  '/healthz': {
    GET: {
      by: 'liveness probe',
      about: 'Whether the process works.',
      statuses: {
        200: 'it does',
        503: '`stuck`: the database or the bus has not answered this process for a minute',
      },
      type: JSON_TYPE,
      members: ['status'],
    },
  },
  '/readyz': {
    GET: {
      by: 'readiness probe, operators',
      about: 'What the service can do now, by job ([health](../health.md)).',
      statuses: { 200: '`ready` or `degraded`', 503: '`unready`, or stopping' },
      type: JSON_TYPE,
      members: ['status', 'jobs'],
    },
  },
  '/metrics': {
    GET: {
      by: 'Prometheus',
      about: 'Metrics ([metrics](metrics.md)).',
      statuses: { 200: 'the metrics' },
      type: 'text/plain',
    },
  },
  '/status': {
    GET: {
      by: 'operators',
      about:
        'Of the proxy: what this replica knows of each backend (`backends`). Of the authorization server: how requests of `gatehouse doctor` arrived (`probes`).',
      statuses: { 200: 'what this service tells operators', 404: 'the vault has none' },
      type: JSON_TYPE,
      members: [],
    },
  },
};

export const DESCRIPTIONS = {
  'authorization-server': {
    ...authorizationServer,
    ...deviceFlow,
    ...pageFiles,
    ...providerLogout,
    ...healthz,
  },
  'vmcp-proxy': { ...proxy, ...healthz },
  internal,
};
