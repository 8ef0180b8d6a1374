import * as v2 from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  type ClientCapabilities,
} from '@modelcontextprotocol/sdk/types.js';
import { authorization } from '../client.fixture.js';

/** Where a client goes, and as whom. */
export interface Destination {
  readonly mcpUrl: string;
  readonly token: string;
}

/** What a client says to what it is asked. */
export interface Said {
  readonly elicited: (asked: { readonly message: string; readonly mode?: string | undefined }) => {
    action: 'accept' | 'decline';
    content?: Record<string, string | boolean>;
  };
  readonly sampling?: typeof SAID.sampling;
  readonly roots?: typeof SAID.roots;
}

/** What clients say where it does not matter. */
export const SAID = {
  form: { action: 'accept' as const, content: { sure: true } },
  url: { action: 'accept' as const },
  sampling: { role: 'assistant' as const, content: { type: 'text' as const, text: 'Hm.' }, model: 'm' },
  roots: { roots: [{ uri: 'file:///home' }] },
};

/** A client of the reference SDK, version 1, connected. */
export async function sdkVersion1(
  { mcpUrl, token }: Destination,
  capabilities: ClientCapabilities,
  { elicited, sampling = SAID.sampling, roots = SAID.roots }: Said,
): Promise<V1Client> {
  const client = new V1Client({ name: 'sdk-v1', version: '1' }, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => elicited(params));
  if ('sampling' in capabilities) client.setRequestHandler(CreateMessageRequestSchema, () => sampling);
  if ('roots' in capabilities) client.setRequestHandler(ListRootsRequestSchema, () => roots);
  // Its declarations do not fit their own interface under exactOptionalPropertyTypes.
  const transport = new V1Transport(new URL(mcpUrl), { requestInit: { headers: authorization(token) } });
  await client.connect(transport);
  return client;
}

/** A client of the reference SDK, version 2, connected. */
export async function sdkVersion2(
  { mcpUrl, token }: Destination,
  capabilities: v2.ClientCapabilities,
  { elicited, sampling = SAID.sampling, roots = SAID.roots }: Said,
  mode: 'auto' | 'legacy' | { readonly pin: string } = { pin: '2026-07-28' },
): Promise<v2.Client> {
  const versionNegotiation = { mode };
  const client = new v2.Client({ name: 'sdk-v2', version: '1' }, { capabilities, versionNegotiation });
  client.setRequestHandler('elicitation/create', ({ params }) => elicited(params));
  if ('sampling' in capabilities) client.setRequestHandler('sampling/createMessage', () => sampling);
  if ('roots' in capabilities) client.setRequestHandler('roots/list', () => roots);
  const requestInit = { headers: authorization(token) };
  await client.connect(new v2.StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit }));
  return client;
}
