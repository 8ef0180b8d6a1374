import { sha256 } from '@gatehouse/kernel/digest';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { sessionIn, peerHeaders, type Peer } from '../backends/peer.js';
import type { Peers } from '../backends/peers.client.js';
import { readAnswer, type OnRequest, type RpcAnswer } from '../backends/rpc-answer.client.js';
import type { Declared } from '../mcp/client-capabilities.js';
import { isObject, without, type JsonObject } from '../mcp/message.js';
import { envelopeOf } from '../mcp/own-envelope.js';
import { METHOD_NOT_FOUND } from '../mcp/protocol.js';
import type { HeldValue } from '../json/held-value.js';
import type { Principal } from '../incoming-auth/principal.js';
import { AnotherAccount, type AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { aboutBackend, type KnownAbout } from './about-backend.client.js';
import { KINDS, LISTING, type BackendLists, type Kind } from './definitions.js';
import { SoundList } from './sound-list.flow.js';

const MAX_PAGES = 100;
const MAX_CURSOR_BYTES = 8_192;

export interface ListRequest {
  readonly backend: string;
  readonly principal: Principal;
  /** What the clients can do that it is listed for: some backends list more for those that can do more. */
  readonly declared: Declared;
  /** What the backend said about itself before. */
  readonly known: KnownAbout;
  readonly deadlineAtMs: number;
}

/** What a list is asked for with. */
interface Backends {
  readonly authorized: AuthorizedBackend;
  readonly peers: Pick<Peers, 'answerQuestion'>;
}

let asked = 0;

/**
 * Lists everything that a backend offers to the principal, all pages, with the principal's own credential, as far as clients
 * can take it. One list after the other: together they would use up what one person may have running at a backend.
 * @throws {GatehouseError} when its tools cannot be listed. What is wrong with another list costs no tools.
 */
export async function listBackend(
  request: ListRequest,
  peers: Pick<Peers, 'of' | 'forget' | 'answerQuestion'>,
  authorized: AuthorizedBackend,
): Promise<BackendLists> {
  const { key, capabilities } = request.declared;
  // The session is that of the calls of clients that say in each request what they can do: calls find what was listed.
  const peerRequest = { ...request, era: 'modern', owner: key, capabilities } as const;
  const backends: Backends = { authorized, peers };
  let peer = await peers.of(peerRequest);
  let tools = new SoundList('tools');
  try {
    await readPages(tools, request, peer, backends);
  } catch (error) {
    // It may have been restarted, or updated to another revision; or its session was another account's: once more, from the beginning.
    if (!(error instanceof ListRefused || error instanceof AnotherAccount)) throw error;
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
  const about = await aboutBackend(request, peer, request.known, authorized);
  return {
    tools: peer.era === 'legacy' && about.tasks === undefined ? tools.entries.map(plainTool) : tools.entries,
    prompts: prompts.list.entries,
    resources: resources.list.entries,
    resourceTemplates: resourceTemplates.list.entries,
    notes: KINDS.flatMap((kind) => all[kind].notes),
    altered: KINDS.flatMap((kind) => all[kind].altered),
    about,
    bytes: KINDS.reduce((sum, kind) => sum + all[kind].bytes, about.instructions?.length ?? 0),
    digest: sha256(
      [...KINDS.map((kind) => all[kind].digest()), missing?.code ?? '', JSON.stringify(about)].join(),
    ),
    ...(missing === undefined ? {} : { missing }),
  };
}

const MAY_BE_TASKS: ReadonlySet<unknown> = new Set(['optional', 'required']);

/** A server without that capability has no tasks, whatever its tools say (MCP 2025-11-25, tasks, tool-level negotiation). */
function plainTool(tool: JsonObject): JsonObject {
  const { execution } = tool;
  if (!isObject(execution) || !MAY_BE_TASKS.has(execution['taskSupport'])) return tool;
  return { ...tool, execution: without(execution, 'taskSupport') };
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
  backends: Backends,
): Promise<OptionalList> {
  const list = new SoundList(kind);
  if (request.known.without.includes(kind)) return { list };
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
  backends: Backends,
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
  backends: Backends,
): Promise<RpcAnswer> {
  const { method } = LISTING[kind];
  asked += 1;
  const id = `gatehouse-list-${asked}`;
  const params = {
    ...(cursor === undefined ? {} : { cursor }),
    ...(peer.era === 'modern' ? { _meta: envelopeOf(request.declared.inRequests) } : {}),
  };
  const { backend, principal, deadlineAtMs } = request;
  const response = await backends.authorized.send({
    backend,
    principal,
    deadlineAtMs,
    session: sessionIn(peer),
    headers: peerHeaders(peer, method, undefined),
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  });
  return await readAnswer(response, backend, id, refuser(request, peer, backends)).catch((error: unknown) => {
    const why = `${method} got HTTP status ${response.status} and no response`;
    const evidence = { status: response.status };
    const options = { details: { backend, ran: 'no' }, evidence, cause: error };
    // MCP, transports: a server that lost the session says 404 and need not say more.
    if (BARE_REFUSALS.has(response.status)) throw new ListRefused('backend_unavailable', why, options);
    if (isBroken(response.status, error)) throw new ListUnreadable('backend_unavailable', why, options);
    throw error;
  });
}

/** Each is a request to the backend. */
const MAX_REFUSALS = 32;

/** What the backend was promised holds for calls: while lists are read there is no client that could be asked. */
function refuser({ backend, principal }: ListRequest, peer: Peer, { peers }: Backends): OnRequest {
  let count = 0;
  return (id, method) => {
    count += 1;
    if (peer.era === 'modern' || count > MAX_REFUSALS) return;
    const outcome = method === 'ping' ? { result: {} } : { error: NOBODY_TO_ASK };
    peers.answerQuestion(backend, principal, peer, JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
  };
}

const NOBODY_TO_ASK = { code: METHOD_NOT_FOUND, message: 'there is nobody to ask while lists are read' };

/** What a server says that failed at this very list; 502 to 504 are said by what stands before it, and pass. */
const isBroken = (status: number, error: unknown): boolean =>
  (status < 300 || status === 500 || status === 501) &&
  GatehouseError.from(error).code === 'backend_unavailable';

const BARE_REFUSALS: ReadonlySet<number> = new Set([400, 404, 405, 406]);
