import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { GATEWAY_INFO } from '../mcp/gateway-info.js';
import { aboutIn, type About } from '../mcp/about.js';
import { isObject, type JsonObject } from '../mcp/message.js';
import {
  BACKEND_VERSIONS,
  isBackendVersion,
  METHOD_NOT_FOUND,
  UNSUPPORTED_PROTOCOL_VERSION,
  type BackendVersion,
} from '../mcp/protocol.js';
import { accountOf, type CredentialUse } from '../outgoing-auth/credential-header.js';
import type { AuthorizedBackend, AuthorizedRequest } from './authorized-backend.flow.js';
import { mayPass } from './passing-status.js';
import { readAnswer, type RpcAnswer } from './rpc-answer.client.js';

export interface Introduced {
  readonly version: BackendVersion;
  /** Absent: the backend keeps no session. */
  readonly sessionId?: string;
  /** The one that the session was begun for. */
  readonly account?: string | undefined;
  /** What noted its request. */
  readonly use?: CredentialUse;
  readonly about: About;
}

/** The backend answered `initialize` with something else than a revision that is known here. */
export class UnknownRevision extends GatehouseError {
  constructor(
    backend: string,
    why: string,
    /** It is an outage, or may be one. */
    readonly mayPass: boolean,
  ) {
    super('backend_unavailable', why, { details: { backend, ran: 'no' } });
  }
}

type IntroductionRequest = Pick<
  AuthorizedRequest,
  'backend' | 'principal' | 'deadlineAtMs' | 'answerWithinMs'
> & {
  readonly capabilities?: JsonObject;
  /** It is known to speak a revision that HTTP with SSE has not: its refusal of this one says nothing of the transport. */
  readonly isStreamableHttp?: boolean;
};

/** Of what a backend says about itself; its instructions may be long. */
export const MAX_INTRODUCTION_BYTES = 1_048_576;
const ID = 'gatehouse-initialize';
/** The id goes with each request as a header, so it must be short and printable. */
const SESSION_ID = /^[\x20-\x7e]{1,1024}$/;
/** A server of the stateless revision, which has no `initialize` (MCP 2026-07-28). */
const OF_ANOTHER_ERA: ReadonlySet<number> = new Set([METHOD_NOT_FOUND, UNSUPPORTED_PROTOCOL_VERSION]);

/**
 * Begins with `initialize`. A server answers with the revision that it wants (MCP, lifecycle, version negotiation); some
 * refuse the offer of a later one than they know instead, so the earlier ones are offered after it.
 * @param first what the backend spoke before
 * @throws {GatehouseError} of the request, or {@link UnknownRevision}
 */
export async function introduce(
  backends: AuthorizedBackend,
  request: IntroductionRequest,
  first: BackendVersion = BACKEND_VERSIONS[0],
): Promise<Introduced> {
  let status = 0;
  for (const version of new Set([first, ...BACKEND_VERSIONS])) {
    const offered = await offer(backends, request, version);
    if (typeof offered !== 'number') return offered;
    status = offered;
  }
  throw unknown(request.backend, 'it does not speak a known revision of MCP', mayPass(status));
}

/** @returns the HTTP status with which the backend refuses this revision. */
async function offer(
  backends: AuthorizedBackend,
  request: IntroductionRequest,
  protocolVersion: BackendVersion,
): Promise<Introduced | number> {
  const { capabilities = {}, isStreamableHttp = false, ...asked } = request;
  const { backend } = asked;
  const params = { protocolVersion, capabilities, clientInfo: GATEWAY_INFO };
  const use: CredentialUse = { connection: undefined };
  const response = await backends.send({
    ...asked,
    use,
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: ID, method: 'initialize', params }),
    isIntroduction: !isStreamableHttp,
  });
  const sessionId = response.headers['mcp-session-id'];
  const { status } = response;
  const reading = readAnswer(response, backend, ID);
  // What a refusal says besides is said in any way that a server likes.
  const answer = status < 300 ? await reading : await reading.catch(() => undefined);
  if (answer?.kind === 'result')
    return { ...introduced(backend, answer, sessionId), account: accountOf(use.connection), use };
  if (answer !== undefined && OF_ANOTHER_ERA.has(answer.code))
    throw unknown(backend, 'it does not know initialize');
  // With another status than 400 it is not the revision that it refuses.
  if (answer === undefined && status !== 400)
    throw unknown(backend, `no JSON-RPC answer to initialize, HTTP status ${status}`, mayPass(status));
  return status;
}

function introduced(
  backend: string,
  { result }: Extract<RpcAnswer, { kind: 'result' }>,
  sessionId: string | readonly string[] | undefined,
): Introduced {
  const said = result.parsed(MAX_INTRODUCTION_BYTES);
  const answer = isObject(said) ? said : {};
  const version = answer['protocolVersion'];
  const about = aboutIn(answer);
  // What a server can do is asked for where it is needed: some servers name no capabilities, and have tools.
  if (!isBackendVersion(version)) throw unknown(backend, 'it does not speak a known revision of MCP');
  if (typeof sessionId !== 'string') return { version, about };
  if (!SESSION_ID.test(sessionId)) throw unknown(backend, 'its session id is not what the protocol allows');
  return { version, sessionId, about };
}

const unknown = (backend: string, why: string, isPassing = false): UnknownRevision =>
  new UnknownRevision(backend, why, isPassing);
