import type { Secret } from '@gatehouse/kernel/secret';
import type { RequestListener } from 'node:http';
import type { ControlledPart, TestControl } from '../control/test-control.js';
import { backendServer } from './backend-server.js';
import { DIRECTORY, REPORTS, TICKETS, type Catalog } from './catalogs.js';
import { apiKeyCheck, jwtCheck, type CredentialCheck, type JwtRules } from './credential-checks.js';
import { mcpEndpoint } from './mcp-endpoint.js';

/** Where the tickets server's endpoints are, for those who name a service by its URL. */
export const TICKETS_PATH = '/mcp';
export const TICKETS_SELF_PATH = '/self/mcp';

export interface TicketsOptions {
  readonly sts: Omit<JwtRules, 'audience'>;
  readonly acmeSso: JwtRules;
  readonly reportsApiKey: Secret;
}

/** Acme's server: tickets for exchanged tokens, the directory for Acme's own tokens, reports for a key. */
export function tickets(
  options: TicketsOptions,
  control: TestControl | undefined,
): { listener: RequestListener; controlled: ControlledPart } {
  const endpoint = (path: string, backend: string, catalog: Catalog, check: CredentialCheck) =>
    mcpEndpoint({ part: 'tickets', path, backend, catalog, check }, control);
  const exchanged = (audience: string): CredentialCheck => jwtCheck({ ...options.sts, audience });
  return {
    listener: backendServer({
      [TICKETS_PATH]: endpoint(TICKETS_PATH, 'tickets', TICKETS, exchanged('tickets')),
      [TICKETS_SELF_PATH]: endpoint(TICKETS_SELF_PATH, 'tickets-self', TICKETS, exchanged('tickets-self')),
      '/directory/mcp': endpoint('/directory/mcp', 'directory', DIRECTORY, jwtCheck(options.acmeSso)),
      '/reports/mcp': endpoint('/reports/mcp', 'reports', REPORTS, apiKeyCheck(options.reportsApiKey)),
    }),
    controlled: {},
  };
}
