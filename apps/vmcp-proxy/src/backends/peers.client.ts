import { SECOND_MS } from '@gatehouse/kernel/durations';
import { SingleFlight, type Flight } from '@gatehouse/kernel/single-flight';
import { TokenFlights } from '@gatehouse/kernel/token-flights';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { mayBeAsked } from '../mcp/client-capabilities.js';
import { LEGACY_VERSIONS } from '../mcp/protocol.js';
import type { JsonObject, RequestId } from '../mcp/message.js';
import { backendKey, type Principal } from '../incoming-auth/principal.js';
import { AnotherAccount, type AuthorizedBackend } from './authorized-backend.flow.js';
import { discover, type Discovered } from './discovery.client.js';
import { introduce, UnknownRevision, type Introduced } from './introduction.client.js';
import { KnownEras, type Era } from './known-eras.js';
import { sessionIn, MODERN, peerHeaders, type BackendSession, type Peer } from './peer.js';
import { ownReply } from './own-reply.js';
import { PeerMessages, type Recipient, type Refused } from './peer-messages.client.js';
import { PeerSessions, type PeerSession } from './peer-sessions.js';
import { keysOf, noted } from './searched-peers.js';
import { STREAM_SESSION, type StreamQuestion } from './sse-session.client.js';

const LOOK_AGAIN_WITHIN_MS = 30 * SECOND_MS;
/** A server that does not know what it is asked may say nothing at all. */
const PROBE_WITHIN_MS = 3 * SECOND_MS;

export interface PeerRequest {
  readonly backend: string;
  readonly principal: Principal;
  /** The client's. It is the era of the request where the backend speaks both. */
  readonly era: Era;
  /**
   * Whose backend session it is, within the principal: the digest of a legacy client's session id; what is promised for clients that say
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

type Matches = (principal: Principal, backend: string) => boolean;

/** Knows the revisions that each backend speaks, and keeps the sessions of those that want one: each belongs to one principal. */
export class Peers {
  readonly #eras: KnownEras;
  readonly #searches = new TokenFlights<string, Peer>();
  readonly #messages: PeerMessages;
  readonly #left = new WeakSet<BackendSession>();
  readonly #looks = new SingleFlight<string, unknown>();
  /** For whom these are, by the same keys. */
  readonly #searched = new Map<string, PeerRequest>();
  readonly #lookedFor = new Map<string, PeerRequest>();
  /** Keys of sessions that are a stream, by their ids. */
  readonly #streams = new Map<string, string>();
  readonly #sessions = new PeerSessions(
    (session) => void this.#messages.sayGoodbye(recipientIn(session)),
    undefined,
    (session) => this.#release(session),
  );

  constructor(
    private readonly backends: AuthorizedBackend,
    nowMs: () => number = Date.now,
    private readonly probeWithinMs = PROBE_WITHIN_MS,
    /** They speak a transport that no modern revision has. */
    private readonly neverModern: ReadonlySet<string> = new Set(),
  ) {
    this.#eras = new KnownEras(nowMs);
    this.#messages = new PeerMessages(backends);
    backends.hear((session) => this.#leave(session));
  }

  /** @returns at once when nothing has to be asked. @throws {GatehouseError} of the request that had to be made. */
  of(request: PeerRequest): Peer | Promise<Peer> {
    const { backend, era } = request;
    const spoken = this.#eras.choice(backend, era, canBeAsked(request));
    if (spoken !== undefined && this.#eras.isDue(backend, era)) this.#lookAgain(request);
    if (spoken?.kind === 'modern') return MODERN;
    if (spoken?.kind === 'stateless') return { era: 'legacy', version: spoken.version };
    const key = sessionKey(request);
    return this.#sessions.get(key) ?? this.#find(key, request);
  }

  /** The same in a session that another replica may have begun: a task says in which one it was made, and for which account. */
  inSession(request: PeerRequest, { id, account }: Pick<BackendSession, 'id' | 'account'>): Peer {
    const key = sessionKey(request);
    const held = this.#sessions.get(key);
    if (held?.session?.id === id) return held;
    return { era: 'legacy', version: LEGACY_VERSIONS[0], session: { id, key, account } };
  }

  /** @returns false for a backend that is known to keep none: it asks nothing in the middle of a call. */
  mayHaveSessions(backend: string): boolean {
    const kind = this.#eras.choice(backend, 'modern', false)?.kind;
    return kind === undefined || kind === 'sessions';
  }

  /** The eras that the backend is known to speak. */
  erasOf(backend: string): readonly Era[] {
    return this.#eras.of(backend);
  }

  /** The backend did not understand: the next call finds out again which revision it speaks. */
  forget(backend: string, peer: Peer): void {
    if (peer.era === 'modern' || peer.session === undefined) this.#eras.forget(backend, peer.era);
    // Another call may have begun the next one already.
    else if (this.keeps(peer)) this.#sessions.delete(peer.session.key);
  }

  /** The stream that was the session has ended. */
  lost(_backend: string, sessionId: string): void {
    const session = this.#ofStream(sessionId);
    if (session?.session !== undefined) this.#sessions.delete(session.session.key);
  }

  /** The backend asks something in the session, and not in a call. */
  asked(backend: string, sessionId: string, { id, method }: StreamQuestion): void {
    const session = this.#ofStream(sessionId);
    if (session !== undefined) this.answerQuestion(backend, session.principal, session, ownReply(id, method));
  }

  /** Whether calls still go to the backend session of that peer. */
  keeps(peer: Peer): boolean {
    if (peer.era === 'modern' || peer.session === undefined) return false;
    return this.#sessions.get(peer.session.key)?.session?.id === peer.session.id;
  }

  /** Forgets the backend sessions of a principal whose credentials are no longer to be used: nothing more is said in them. */
  drop(matches: Matches): void {
    for (const { session } of this.renew(matches)) if (session !== undefined) this.#left.add(session);
  }

  /** Calls begin other sessions from now on; those that run go on in theirs. @returns what is forgotten. */
  renew(matches: Matches): readonly PeerSession[] {
    // A session that is being begun may be one of those: it is not kept.
    this.#searches.drop(keysOf(this.#searched, matches));
    this.#looks.drop(keysOf(this.#lookedFor, matches));
    return this.#sessions.drop(matches);
  }

  /**
   * The backend is configured anew: what was found out about it is forgotten, and calls begin other sessions.
   * @returns the sessions that there were; what runs there goes on.
   */
  exchange(backend: string): readonly PeerSession[] {
    for (const era of ['modern', 'legacy'] as const) this.#eras.forget(backend, era);
    return this.renew((_principal, one) => one === backend);
  }

  /** Nothing runs in these any more. Resolves when their backend was told that they are over, as far as it can be reached. */
  async sayGoodbye(sessions: readonly PeerSession[]): Promise<void> {
    await Promise.all(sessions.map((session) => this.#messages.sayGoodbye(recipientIn(session))));
  }

  /** Whether it is known already that nothing may be said in that session any more; {@link AuthorizedBackend} sees to the rest. */
  isLeft(peer: Peer): boolean {
    return peer.era === 'legacy' && peer.session !== undefined && this.#left.has(peer.session);
  }

  /** The owner's sessions at all backends are over: the backends are told. @param owner of a client's session. */
  end(owner: string): void {
    for (const session of this.#sessions.of(owner)) {
      if (session.session !== undefined) this.#sessions.delete(session.session.key);
      void this.#messages.sayGoodbye(recipientIn(session));
    }
  }

  /** Tells the backends where the owner has a session which log messages it wants. */
  setLogLevel(owner: string, level: string): void {
    for (const session of this.#sessions.of(owner)) this.#messages.setLevel(recipientIn(session), level);
  }

  /** @see PeerMessages.answer */
  answerQuestion(
    backend: string,
    principal: Principal,
    peer: Peer,
    response: string | Buffer,
    refused?: Refused,
  ): void {
    this.#messages.answer({ backend, principal, peer }, response, () => this.isLeft(peer), refused);
  }

  /** @see PeerMessages.sayCancelled */
  sayCancelled(backend: string, principal: Principal, peer: Peer, requestId: RequestId): void {
    this.#messages.sayCancelled({ backend, principal, peer }, requestId);
  }

  /** @see PeerMessages.told */
  async told(): Promise<void> {
    await this.#messages.told();
  }

  /** Whoever found out: nobody is given it any more. */
  #leave(session: BackendSession): void {
    this.#left.add(session);
    if (this.#sessions.peek(session.key)?.session?.id === session.id) this.#sessions.delete(session.key);
  }

  async #find(key: string, request: PeerRequest): Promise<Peer> {
    return await this.#searches.run(
      key,
      request.principal,
      noted(this.#searched, key, request, (flight) => this.#findNow(key, request, flight)),
    );
  }

  async #findNow(key: string, request: PeerRequest, flight: Flight): Promise<Peer> {
    const { backend } = request;
    let refusal: UnknownRevision | undefined;
    let isUnclear = false;
    for (const era of this.#eras.inOrder(backend, request.era)) {
      if (era === 'legacy') {
        const found = await this.#introduceTo(key, request, flight);
        if (!(found instanceof UnknownRevision)) return found;
        refusal = found;
        continue;
      }
      if (this.#eras.spoken(backend, 'modern') !== undefined) return MODERN;
      const discovered = await this.#discover(request, this.#patience(request));
      if (discovered === 'modern') return MODERN;
      isUnclear = discovered === 'unclear';
    }
    // It knows no earlier revision either, so it may be a slow one: now it may take its time.
    if (isUnclear && (await this.#discover(request)) === 'modern') return MODERN;
    throw refusal ?? new UnknownRevision(backend, 'it does not speak a known revision of MCP', isUnclear);
  }

  /** @param answerWithinMs left out: as long as the request may take. */
  async #discover(request: PeerRequest, answerWithinMs?: number): Promise<Discovered> {
    const { backend, principal, deadlineAtMs } = request;
    if (this.neverModern.has(backend)) {
      this.#eras.missing(backend, 'modern', true);
      return 'other';
    }
    const patience = answerWithinMs === undefined ? {} : { answerWithinMs };
    let discovered: Discovered;
    try {
      discovered = await discover(this.backends, { backend, principal, deadlineAtMs, ...patience });
    } catch (error) {
      if (!wasSilent(error, request)) throw error;
      discovered = 'unclear';
    }
    if (discovered === 'modern') this.#eras.found(backend, { kind: 'modern' });
    else this.#eras.missing(backend, 'modern', discovered === 'other');
    return discovered;
  }

  /**
   * Begins in an earlier revision. Where the backend is known to speak the modern one, a failure costs no call.
   * @returns the refusal, when the backend speaks no earlier revision.
   */
  async #introduceTo(
    key: string,
    request: PeerRequest,
    flight: Flight,
    isLast = false,
  ): Promise<Peer | UnknownRevision> {
    const { backend } = request;
    // A search that came to its end meanwhile may have begun it.
    const begun = this.#sessions.get(key);
    if (begun !== undefined) return begun;
    const known = this.#eras.spoken(backend, 'legacy');
    const isOptional = known === undefined && this.#eras.spoken(backend, 'modern') !== undefined;
    const patience = isOptional ? { answerWithinMs: this.#patience(request), isStreamableHttp: true } : {};
    const version = known?.kind === 'sessions' ? known.version : undefined;
    let introduced: Introduced;
    try {
      introduced = await introduce(this.backends, { ...request, ...patience }, version);
    } catch (error) {
      const refusal = refusalIn(error, request, isOptional);
      // What it spoke a moment ago it does not unlearn by an outage.
      if (refusal === undefined || (refusal.mayPass && known !== undefined)) throw error;
      this.#eras.missing(backend, 'legacy', !refusal.mayPass);
      return refusal;
    }
    return await this.#begin(key, request, introduced, flight).catch(async (error: unknown) => {
      if (!(error instanceof AnotherAccount) || isLast) throw error;
      return await this.#introduceTo(key, request, flight, true);
    });
  }

  async #begin(key: string, request: PeerRequest, introduced: Introduced, flight: Flight): Promise<Peer> {
    const { backend, principal, owner } = request;
    const { version, sessionId, account, about, use } = introduced;
    if (sessionId === undefined) {
      this.#eras.found(backend, { kind: 'stateless', version });
      const spoken = this.#eras.choice(backend, request.era, canBeAsked(request));
      return spoken?.kind === 'modern' ? MODERN : { era: 'legacy', version };
    }
    this.#eras.found(backend, { kind: 'sessions', version });
    const begun = { id: sessionId, key, account };
    if (use !== undefined) this.backends.bind(begun, use);
    const session: PeerSession = {
      era: 'legacy',
      version,
      session: begun,
      about,
      backend,
      principal,
      owner,
    };
    await this.#sayInitialized(session, request);
    if (flight.isDropped) this.backends.release(backend, sessionId);
    else this.#keep(key, session, sessionId);
    if (request.logLevel !== undefined) this.#messages.setLevel(recipientIn(session), request.logLevel);
    return session;
  }

  #keep(key: string, session: PeerSession, id: string): void {
    if (id.startsWith(STREAM_SESSION)) this.#streams.set(id, key);
    this.#sessions.set(key, session);
  }

  #ofStream(id: string): PeerSession | undefined {
    const session = this.#sessions.peek(this.#streams.get(id) ?? '');
    return session?.session?.id === id ? session : undefined;
  }

  #release({ backend, session }: PeerSession): void {
    if (session === undefined || !this.#streams.delete(session.id)) return;
    this.backends.release(backend, session.id);
  }

  /** Looks whether the era has come that the backend did not speak; no call waits for that. */
  #lookAgain(request: PeerRequest): void {
    const { backend, era } = request;
    const again = { ...request, deadlineAtMs: Date.now() + LOOK_AGAIN_WITHIN_MS };
    const key = `${backend}\n${era}`;
    const look = async (flight: Flight): Promise<void> => {
      if (era === 'modern') await this.#discover(again, this.#patience(again));
      else await this.#introduceTo(sessionKey(again), again, flight);
    };
    this.#looks.run(key, noted(this.#lookedFor, key, again, look)).catch(() => undefined);
  }

  /** How long a backend may be silent that may not know what it is asked; the rest is for the call. */
  #patience({ deadlineAtMs }: PeerRequest): number {
    return Math.min(this.probeWithinMs, (deadlineAtMs - Date.now()) / 2);
  }

  async #sayInitialized(session: PeerSession, request: PeerRequest): Promise<void> {
    const method = 'notifications/initialized';
    const response = await this.backends.send({
      ...request,
      session: sessionIn(session),
      headers: peerHeaders(session, method, undefined),
      body: JSON.stringify({ jsonrpc: '2.0', method }),
    });
    await response.discard();
  }
}

/** Whether the client said that it can do something for a server. */
const canBeAsked = ({ capabilities = {} }: PeerRequest): boolean => mayBeAsked(capabilities);

/** The backend had the request and did not answer, although there was time left for something else. */
function wasSilent(error: unknown, { deadlineAtMs }: PeerRequest): boolean {
  const { code, details } = GatehouseError.from(error);
  return code === 'deadline_exceeded' && details['ran'] === 'maybe' && Date.now() < deadlineAtMs;
}

/** What a failed introduction says about the backend; `undefined`: nothing. */
function refusalIn(error: unknown, request: PeerRequest, isOptional: boolean): UnknownRevision | undefined {
  if (error instanceof UnknownRevision) return error;
  const { code, details, message } = GatehouseError.from(error);
  const wasUnanswered = code === 'backend_unavailable' && details['ran'] === 'maybe';
  return isOptional && (wasUnanswered || wasSilent(error, request))
    ? new UnknownRevision(request.backend, message, true)
    : undefined;
}

const sessionKey = ({
  backend,
  principal,
  owner,
}: Pick<PeerRequest, 'backend' | 'principal' | 'owner'>): string =>
  `${backendKey(principal, backend)}\n${owner}`;

const recipientIn = (session: PeerSession): Recipient => ({
  backend: session.backend,
  principal: session.principal,
  peer: session,
});
