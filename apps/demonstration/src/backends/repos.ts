import type { RequestListener } from 'node:http';
import type { ControlledPart, TestControl } from '../control/test-control.js';
import { backendServer } from './backend-server.js';
import { benchEndpoint } from './bench-endpoint.js';
import { REPOS, STATUS } from './catalogs.js';
import { noCredentialCheck } from './credential-checks.js';
import { introspectionCheck, type IntrospectionRules } from './introspection.client.js';
import { mcpEndpoint } from './mcp-endpoint.js';
import { McpSessions } from './mcp-sessions.js';

/** Octo's server: its repositories, with and without sessions, its public status, and the endpoint for measurements. */
export function repos(
  introspection: IntrospectionRules,
  control: TestControl | undefined,
): { listener: RequestListener; controlled: ControlledPart } {
  const check = introspectionCheck(introspection);
  const sessions = new McpSessions('session', REPOS);
  const part = 'repos';
  return {
    listener: backendServer({
      '/mcp': mcpEndpoint({ part, path: '/mcp', backend: 'repos', catalog: REPOS, check }, control),
      '/status/mcp': mcpEndpoint(
        { part, path: '/status/mcp', backend: 'status', catalog: STATUS, check: noCredentialCheck },
        control,
      ),
      '/session/mcp': mcpEndpoint(
        { part, path: '/session/mcp', backend: 'session', catalog: REPOS, check, serve: sessions.serve },
        control,
      ),
      '/bench/mcp': (request, response) => {
        control?.ledger.mcpMessage(part, '/bench/mcp', 'HTTP request', 'modern');
        return benchEndpoint(request, response);
      },
    }),
    controlled: { forgetSessions: sessions.forget },
  };
}
