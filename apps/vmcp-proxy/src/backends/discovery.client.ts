import { isObject } from '../mcp/message.js';
import { OWN_ENVELOPE } from '../mcp/own-envelope.js';
import { MODERN_VERSION } from '../mcp/protocol.js';
import type { AuthorizedBackend, AuthorizedRequest } from './authorized-backend.flow.js';
import { MAX_INTRODUCTION_BYTES } from './introduction.client.js';
import { mayPass } from './passing-status.js';
import { MODERN, peerHeaders } from './peer.js';
import { readAnswer } from './rpc-answer.client.js';

/** `unclear`: it was silent, or what it said may pass. */
export type Discovered = 'modern' | 'other' | 'unclear';

const ID = 'gatehouse-discover';
const METHOD = 'server/discover';

/**
 * Asks as a modern client would. Servers of earlier revisions refuse that in any way they like, so every refusal means that
 * the backend is none of the modern revision (MCP 2026-07-28, backward compatibility).
 * @throws {GatehouseError} when there was no answer at all.
 */
export async function discover(
  backends: AuthorizedBackend,
  request: Pick<AuthorizedRequest, 'backend' | 'principal' | 'deadlineAtMs' | 'answerWithinMs'>,
): Promise<Discovered> {
  const response = await backends.send({
    ...request,
    headers: peerHeaders(MODERN, METHOD, undefined),
    body: JSON.stringify({ jsonrpc: '2.0', id: ID, method: METHOD, params: { _meta: OWN_ENVELOPE } }),
  });
  if (response.status >= 300) {
    await response.discard();
    return mayPass(response.status) ? 'unclear' : 'other';
  }
  const answer = await readAnswer(response, request.backend, ID).catch(() => undefined);
  if (answer === undefined) return 'unclear';
  if (answer.kind !== 'result') return 'other';
  const said = answer.result.parsed(MAX_INTRODUCTION_BYTES);
  const versions = isObject(said) ? said['supportedVersions'] : undefined;
  return Array.isArray(versions) && versions.includes(MODERN_VERSION) ? 'modern' : 'other';
}
