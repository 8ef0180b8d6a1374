import type { Principal } from '../incoming-auth/principal.js';
import type { JsonObject } from '../mcp/message.js';
import type { AuthorizedBackend } from './authorized-backend.flow.js';
import type { Purpose } from './exchange-limits.flow.js';
import { sessionIn, peerHeaders, type LegacyPeer } from './peer.js';
import { readAnswer, type RpcAnswer } from './rpc-answer.client.js';

export interface OwnRequest {
  readonly backend: string;
  readonly principal: Principal;
  readonly peer: LegacyPeer;
  readonly method: string;
  readonly params: JsonObject;
  readonly deadlineAtMs: number;
  /** Left out: a call. */
  readonly purpose?: Purpose;
}

let asked = 0;

/** A request that the gateway makes for itself in a backend session. @throws {GatehouseError} when there is no answer. */
export async function ownRequest(
  { method, params, peer, ...request }: OwnRequest,
  backends: Pick<AuthorizedBackend, 'send'>,
): Promise<RpcAnswer> {
  asked += 1;
  const id = `gatehouse-own-${asked}`;
  const response = await backends.send({
    ...request,
    session: sessionIn(peer),
    headers: peerHeaders(peer, method, undefined),
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  });
  return await readAnswer(response, request.backend, id);
}
