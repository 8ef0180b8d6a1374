import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
  type AuthInfo,
  type CallToolResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Catalog } from './catalogs.js';
import { nobody } from './principal.js';
import { structured, type Caller } from './tools.js';

/** Hands the verified caller to the tools through the SDK's per-request slot; the token itself stays outside. */
export const authInfoOf = (caller: Caller): AuthInfo => ({
  token: '',
  clientId: caller.principal.subject ?? '',
  scopes: [...caller.principal.scopes],
  extra: { caller },
});

function callerOf(context: ServerContext, backend: string): Caller {
  const caller = context.http?.authInfo?.extra?.['caller'] as Caller | undefined; // put there by `authInfoOf` only
  return caller ?? { backend, principal: nobody('none'), unexpected: [] };
}

/** A protocol server for one request (or one legacy session). The low-level kind: cheap to make, nothing validated twice. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- only the low-level server is light enough to make per request
export function mcpServer(backend: string, catalog: Catalog): Server {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- as above
  const server = new Server(
    { name: backend, version: '1.0.0' },
    { capabilities: { tools: {}, resources: {}, prompts: {} } },
  );
  const { resource, prompt } = catalog;
  const tools = new Map(catalog.tools.map((tool) => [tool.listing.name, tool]));

  server.setRequestHandler('tools/list', () => ({ tools: catalog.tools.map(({ listing }) => listing) }));
  server.setRequestHandler('tools/call', (request, context) => {
    const tool = tools.get(request.params.name);
    if (tool === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'there is no such tool');
    const caller = callerOf(context, backend);
    if (caller.unexpected.length > 0) return refuseUnexpected(caller);
    return tool.call(request.params.arguments, caller, context);
  });

  server.setRequestHandler('resources/list', () => ({
    resources: [{ uri: resource.uri, name: resource.name, mimeType: 'text/plain' }],
  }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [] }));
  server.setRequestHandler('resources/read', (request) => {
    if (request.params.uri !== resource.uri) throw new ResourceNotFoundError(request.params.uri);
    return { contents: [{ uri: resource.uri, mimeType: 'text/plain', text: resource.text }] };
  });

  const topic = { name: 'topic', description: 'What it is about', required: true };
  server.setRequestHandler('prompts/list', () => ({
    prompts: [{ name: prompt.name, description: prompt.description, arguments: [topic] }],
  }));
  server.setRequestHandler('prompts/get', (request) => {
    if (request.params.name !== prompt.name)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'there is no such prompt');
    const wanted = `${prompt.text} ${request.params.arguments?.['topic'] ?? ''}`.trim();
    return { messages: [{ role: 'user', content: { type: 'text', text: wanted } }] };
  });
  return server;
}

/** A credential that this backend never asked for has leaked to it; say so instead of working. */
function refuseUnexpected({ backend, principal, unexpected }: Caller): CallToolResult {
  return { ...structured({ backend, ...principal, unexpected }), isError: true };
}
