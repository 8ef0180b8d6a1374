import { sha256 } from '@gatehouse/kernel/digest';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { peerHeaders, type Peer } from '../backends/peer.js';
import type { Peers } from '../backends/peers.client.js';
import { readAnswer, type RpcAnswer } from '../backends/rpc-answer.client.js';
import { OWN_ENVELOPE } from '../mcp/own-envelope.js';
import { METHOD_NOT_FOUND } from '../mcp/protocol.js';
import type { HeldValue } from '../json/held-value.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { KINDS, LISTING, type BackendLists, type Kind } from './definitions.js';
import { SoundList } from './sound-list.flow.js';

const MAX_PAGES = 100;
const MAX_CURSOR_BYTES = 8_192;

interface ListRequest {
  readonly backend: string;
  readonly principal: Principal;
  readonly deadlineAtMs: number;
}

let asked = 0;

/**
 * Lists everything that a backend offers to the principal, all pages, with the principal's own credential, as far as clients
 * can take it. One list after the other: together they would use up what one person may have running at a backend.
 * @throws {GatehouseError} when its tools cannot be listed. What is wrong with another list costs no tools.
 */
export async function listBackend(
  request: ListRequest,
  peers: Peers,
  backends: AuthorizedBackend,
): Promise<BackendLists> {
  const peerRequest = { ...request, era: 'modern', owner: '' } as const;
  let peer = await peers.of(peerRequest);
  let tools = new SoundList('tools');
  try {
    await readPages(tools, request, peer, backends);
  } catch (error) {
    // It may have been restarted, or updated to another revision: once more, from the beginning.
    if (!(error instanceof ListRefused)) throw error;
    peers.forget(request.backend, peer);
    peer = await peers.of(peerRequest);
    tools = new SoundList('tools');
    await readPages(tools, request, peer, backends);
  }
  const prompts = await listOptional('prompts', request, peer, backends);
  const resources = await listOptional('resources', request, peer, backends);
  const resourceTemplates = await listOptional('resourceTemplates', request, peer, backends);
  const all = {
    tools,
    prompts: prompts.list,
    resources: resources.list,
    resourceTemplates: resourceTemplates.list,
  };
  const missing = prompts.missing ?? resources.missing ?? resourceTemplates.missing;
  return {
    tools: tools.entries,
    prompts: prompts.list.entries,
    resources: resources.list.entries,
    resourceTemplates: resourceTemplates.list.entries,
    notes: KINDS.flatMap((kind) => all[kind].notes),
    altered: KINDS.flatMap((kind) => all[kind].altered),
    bytes: KINDS.reduce((sum, kind) => sum + all[kind].bytes, 0),
    digest: sha256([...KINDS.map((kind) => all[kind].digest()), missing?.code ?? ''].join()),
    ...(missing === undefined ? {} : { missing }),
  };
}

interface OptionalList {
  readonly list: SoundList;
  /** Why it is not whole now, and may be soon. */
  readonly missing?: GatehouseError;
}

/** What a backend says of one list for as long as nobody does something about it. */
const STAYS_REFUSED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'backend_unauthorized',
  'backend_redirects',
  'insufficient_scope',
]);

/** A backend that has no resources or prompts may refuse to list those. */
async function listOptional(
  kind: Kind,
  request: ListRequest,
  peer: Peer,
  backends: AuthorizedBackend,
): Promise<OptionalList> {
  const list = new SoundList(kind);
  try {
    await readPages(list, request, peer, backends);
  } catch (error) {
    const failure = GatehouseError.from(error);
    const isRefused = error instanceof ListRefused;
    if (!isRefused && !(error instanceof ListUnreadable) && !STAYS_REFUSED.has(failure.code)) {
      if (failure.facts.retry !== 'safe') throw error;
      return { list, missing: failure };
    }
    if (list.hasPages) list.cutShort(failure.message);
    else if (!isRefused) list.unreadable(failure.message);
  }
  return { list };
}

/** The backend answered, with an error. */
class ListRefused extends GatehouseError {}

/** The backend answered with what is no response: it would do so again. */
class ListUnreadable extends GatehouseError {}

/** Reads all pages of a list; what was read until it failed is in the list. */
async function readPages(
  list: SoundList,
  request: ListRequest,
  peer: Peer,
  backends: AuthorizedBackend,
): Promise<void> {
  const { kind } = list;
  const { method } = LISTING[kind];
  const cursors = new Set<string>();
  let cursor: string | undefined;
  do {
    const answer = await listPage(kind, cursor, request, peer, backends);
    if (answer.kind === 'error') {
      const why = `${method} was refused with ${answer.code}`;
      if (answer.code !== METHOD_NOT_FOUND)
        throw new ListRefused('backend_unavailable', why, {
          details: { backend: request.backend, ran: 'no' },
        });
      // On a first page it says that there is no such list.
      if (list.hasPages) list.cutShort(why);
      return;
    }
    await list.add(answer.result.member(kind));
    cursor = nextCursor(answer.result, cursors, list);
    if (cursor !== undefined) cursors.add(cursor);
  } while (cursor !== undefined && cursors.size < MAX_PAGES && !list.isFull);
  if (cursor !== undefined && !list.isFull) list.cutShort();
}

/** @returns `undefined` when nothing more can be read; the list says why, where there is more. */
function nextCursor(page: HeldValue, known: ReadonlySet<string>, list: SoundList): string | undefined {
  const given = page.member('nextCursor');
  if (given === undefined || list.isFull) return undefined;
  const next = given.parsed(MAX_CURSOR_BYTES);
  if (typeof next === 'string' && !known.has(next)) return next;
  // Some servers end a list with these.
  if (next === null || next === '') return undefined;
  list.cutShort(
    typeof next === 'string'
      ? 'the cursor of its next page leads round in a circle'
      : 'the cursor of its next page cannot be used',
  );
  return undefined;
}

async function listPage(
  kind: Kind,
  cursor: string | undefined,
  request: ListRequest,
  peer: Peer,
  backends: AuthorizedBackend,
): Promise<RpcAnswer> {
  const { method } = LISTING[kind];
  asked += 1;
  const id = `gatehouse-list-${asked}`;
  const params = {
    ...(cursor === undefined ? {} : { cursor }),
    ...(peer.era === 'modern' ? { _meta: OWN_ENVELOPE } : {}),
  };
  const response = await backends.send({
    ...request,
    headers: peerHeaders(peer, method, undefined),
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  });
  return await readAnswer(response, request.backend, id).catch((error: unknown) => {
    const why = `${method} got HTTP status ${response.status} and no response`;
    const options = { details: { backend: request.backend, ran: 'no' }, cause: error };
    // MCP, transports: a server that lost the session says 404 and need not say more.
    if (BARE_REFUSALS.has(response.status)) throw new ListRefused('backend_unavailable', why, options);
    if (isBroken(response.status, error)) throw new ListUnreadable('backend_unavailable', why, options);
    throw error;
  });
}

/** What a server says that failed at this very list; 502 to 504 are said by what stands before it, and pass. */
const isBroken = (status: number, error: unknown): boolean =>
  (status < 300 || status === 500 || status === 501) &&
  GatehouseError.from(error).code === 'backend_unavailable';

const BARE_REFUSALS: ReadonlySet<number> = new Set([400, 404, 405, 406]);
