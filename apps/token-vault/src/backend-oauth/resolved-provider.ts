import type { IssuedForBackend } from './issued-to.js';
import type { McpProvider } from './mcp-provider.js';
import type { FitServer } from './server-metadata.js';

/** A provider of type `mcp` with all that was found out about it: from here on it is a provider like any other. */
export interface ResolvedProvider extends McpProvider {
  readonly server: FitServer;
  readonly issuedTo: IssuedForBackend;
}
