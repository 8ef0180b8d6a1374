import { SECOND_MS } from '@gatehouse/kernel/durations';
import { SingleFlight, type Flight } from '@gatehouse/kernel/single-flight';
import { isObject, type JsonObject, type RequestId } from '../mcp/message.js';
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
  type BackendVersion,
} from '../mcp/protocol.js';
import { backendKey, type Principal } from '../incoming-auth/principal.js';
import type { AuthorizedBackend, AuthorizedRequest } from './authorized-backend.flow.js';
import { GATEWAY_INFO } from '../mcp/gateway-info.js';
import { introduce, MAX_INTRODUCTION_BYTES, UnknownRevision } from './introduction.client.js';
import { peerHeaders, type Peer } from './peer.js';
import { PeerSessions, type PeerSession } from './peer-sessions.js';
import { readAnswer } from './rpc-answer.client.js';

/** What was found out about a backend; the same for every caller. */
type Verdict =
  | { readonly kind: 'modern' }
  | { readonly kind: 'stateless'; readonly version: BackendVersion }
  /** `version`: of the last session that was begun. */
  | { readonly kind: 'sessions'; readonly version: BackendVersion };

const TELL_TIMEOUT_MS = 5 * SECOND_MS;

export interface PeerRequest {
  readonly backend: string;
  readonly principal: Principal;
  /**
   * Whose backend session it is, within the principal: a legacy client's session id; what is promised for clients that say
   * in each request what they can do; or '' for the gateway's own. Clients of sessions number their requests alike, so two
   * of them must not meet in one backend session.
   */
  readonly owner: string;
  /** What is promised to the backend: it asks nothing else. */
  readonly capabilities?: JsonObject;
  /** Which log messages the client wants (`logging/setLevel`). */
  readonly logLevel?: string;
  readonly deadlineAtMs: number;
}

/** Knows the revision that each backend speaks, and keeps the sessions of those that want one: each belongs to one principal. */
export class Peers {
  readonly #verdicts = new Map<string, Verdict>();
  readonly #searches = new SingleFlight<string, Peer>();
  readonly #telling = new Set<Promise<void>>();
  readonly #sessions = new PeerSessions((session) => this.#sayGoodbye(session));

  constructor(
    private readonly backends: AuthorizedBackend,
    private readonly names: readonly string[],
  ) {}

  /** @returns at once when nothing has to be asked. @throws {GatehouseError} of the request that had to be made. */
  of(request: PeerRequest): Peer | Promise<Peer> {
    const verdict = this.#verdicts.get(request.backend);
    if (verdict?.kind === 'modern') return { era: 'modern' };
    if (verdict?.kind === 'stateless') return { era: 'legacy', version: verdict.version };
    const key = sessionKey(request);
    return this.#sessions.get(key) ?? this.#find(key, request);
  }

  /** @returns false for a backend that is known to keep none: it asks nothing in the middle of a call. */
  mayHaveSessions(backend: string): boolean {
    const kind = this.#verdicts.get(backend)?.kind;
    return kind === undefined || kind === 'sessions';
  }

  /** The backend did not understand: the next call finds out again which revision it speaks. */
  forget(backend: string, peer: Peer): void {
    if (peer.era === 'legacy' && peer.session !== undefined) this.#sessions.delete(peer.session.key);
    else this.#verdicts.delete(backend);
  }

  /** Forgets the backend sessions of a principal whose credentials are no longer to be used. */
  drop(matches: (principal: Principal, backend: string) => boolean): void {
    // A session that is being begun may be one of those: it is not kept.
    this.#searches.drop();
    this.#sessions.drop(matches);
  }

  /** The owner's sessions at all backends are over: the backends are told. */
  end(principal: Principal, owner: string): void {
    for (const backend of this.names) {
      const key = sessionKey({ backend, principal, owner });
      const session = this.#sessions.get(key);
      if (session === undefined) continue;
      this.#sessions.delete(key);
      this.#sayGoodbye(session);
    }
  }

  /** Tells the backends where the owner has a session which log messages it wants. */
  setLogLevel(principal: Principal, owner: string, level: string): void {
    for (const backend of this.names) {
      const session = this.#sessions.get(sessionKey({ backend, principal, owner }));
      if (session !== undefined) this.#saySetLevel({ ...session, principal }, level);
    }
  }

  /** Hands a client's answer to the backend session that asked. */
  answerQuestion(backend: string, principal: Principal, peer: Peer, response: string | Buffer): void {
    const headers = peerHeaders(peer, 'response', undefined);
    this.#tell({ backend, principal, headers, body: response });
  }

  /** Tells a backend with sessions that nobody waits for the answer; for the others the closed connection says it. */
  sayCancelled(backend: string, principal: Principal, peer: Peer, requestId: RequestId): void {
    if (peer.era === 'modern' || peer.session === undefined) return;
    const method = 'notifications/cancelled';
    this.#tell({
      backend,
      principal,
      headers: peerHeaders(peer, method, undefined),
      body: JSON.stringify({ jsonrpc: '2.0', method, params: { requestId, reason: 'the client cancelled' } }),
    });
  }

  async #find(key: string, request: PeerRequest): Promise<Peer> {
    return await this.#searches.run(key, (flight) => this.#findNow(key, request, flight));
  }

  async #findNow(key: string, request: PeerRequest, flight: Flight): Promise<Peer> {
    const { backend } = request;
    if (this.#verdicts.has(backend)) {
      try {
        return await this.#initialize(key, request, flight);
      } catch (error) {
        if (!(error instanceof UnknownRevision)) throw error;
        // The backend had sessions before; it may have been updated.
        this.#verdicts.delete(backend);
      }
    }
    if (await this.#isModern(request)) {
      this.#verdicts.set(backend, { kind: 'modern' });
      return { era: 'modern' };
    }
    return await this.#initialize(key, request, flight);
  }

  /** Asks as a modern client would. Servers of earlier revisions refuse that in any way they like, so every refusal means "legacy". */
  async #isModern(request: PeerRequest): Promise<boolean> {
    const id = 'gatehouse-discover';
    const params = {
      _meta: {
        [META_PROTOCOL_VERSION]: MODERN_VERSION,
        [META_CLIENT_INFO]: GATEWAY_INFO,
        [META_CLIENT_CAPABILITIES]: {},
      },
    };
    const method = 'server/discover';
    const response = await this.backends.send({
      ...request,
      headers: peerHeaders({ era: 'modern' }, method, undefined),
      body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
    });
    if (response.status >= 300) {
      await response.discard();
      return false;
    }
    const answer = await readAnswer(response, request.backend, id).catch(() => undefined);
    if (answer?.kind !== 'result') return false;
    const discovered = answer.result.parsed(MAX_INTRODUCTION_BYTES);
    const versions = isObject(discovered) ? discovered['supportedVersions'] : undefined;
    return Array.isArray(versions) && versions.includes(MODERN_VERSION);
  }

  async #initialize(key: string, request: PeerRequest, flight: Flight): Promise<Peer> {
    const { backend, principal } = request;
    const known = this.#verdicts.get(backend);
    const { version, sessionId } = await introduce(
      this.backends,
      request,
      known?.kind === 'sessions' ? known.version : undefined,
    );
    if (sessionId === undefined) {
      this.#verdicts.set(backend, { kind: 'stateless', version });
      return { era: 'legacy', version };
    }
    this.#verdicts.set(backend, { kind: 'sessions', version });
    const session = { era: 'legacy', version, session: { id: sessionId, key }, backend, principal } as const;
    await this.#sayInitialized(session, request);
    if (!flight.isDropped) this.#sessions.set(key, session);
    if (request.logLevel !== undefined) this.#saySetLevel(session, request.logLevel);
    return session;
  }

  async #sayInitialized(session: PeerSession, request: PeerRequest): Promise<void> {
    const method = 'notifications/initialized';
    const response = await this.backends.send({
      ...request,
      headers: peerHeaders(session, method, undefined),
      body: JSON.stringify({ jsonrpc: '2.0', method }),
    });
    await response.discard();
  }

  #saySetLevel(session: PeerSession, level: string): void {
    const { backend, principal } = session;
    const method = 'logging/setLevel';
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'gatehouse-log-level', method, params: { level } });
    this.#tell({ backend, principal, headers: peerHeaders(session, method, undefined), body });
  }

  /** Tells the backend that the session is over. */
  #sayGoodbye(session: PeerSession): void {
    const { backend, principal } = session;
    const headers = peerHeaders(session, 'DELETE', undefined);
    this.#tell({ backend, principal, method: 'DELETE', headers, body: null });
  }

  /** Resolves when the backends have heard what they were told, as far as they can be reached. */
  async told(): Promise<void> {
    await Promise.all(this.#telling);
  }

  /** Nobody waits for the outcome. */
  #tell(request: Omit<AuthorizedRequest, 'deadlineAtMs'>): void {
    const telling = this.backends
      .send({ ...request, purpose: 'control', deadlineAtMs: Date.now() + TELL_TIMEOUT_MS })
      .then((response) => response.discard())
      .catch(() => undefined)
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }
}

const sessionKey = ({
  backend,
  principal,
  owner,
}: Pick<PeerRequest, 'backend' | 'principal' | 'owner'>): string =>
  `${backendKey(principal, backend)}\n${owner}`;
