import { LongWork } from '@gatehouse/kernel/long-work';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { SessionId } from '@gatehouse/kernel/ids';
import type { MayRead } from '../authorization/authorization.flow.js';
import type { Catalog } from '../catalog/catalog.flow.js';
import type { Scope } from '../catalog/scope.js';
import type { ChangeWatch, Watching } from '../changes/change-watch.flow.js';
import {
  LIST_KINDS,
  type ChangeListener,
  type ListKind,
  type WatchedResource,
} from '../changes/shared-feed.js';
import { ANONYMOUS, personKey, type Principal } from '../incoming-auth/principal.js';
import type { ListeningClients } from '../calls/between-calls.flow.js';
import type { Pieces } from '../json/held-value.js';
import type { SessionViews } from '../incoming-auth/session-views.client.js';
import { EVENT_STREAM_TYPE, JSON_TYPE } from '../mcp/answer.js';
import { declaredInSession } from '../mcp/client-capabilities.js';
import { errorText, isObject, resultText, type JsonObject, type RequestMessage } from '../mcp/message.js';
import { INVALID_PARAMS, META_SERVER_INFO, META_SUBSCRIPTION_ID } from '../mcp/protocol.js';
import { GATEWAY_INFO } from '../mcp/gateway-info.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { McpSessionStore } from '../mcp-sessions/mcp-session.store.js';
import type { ResumableAnswer } from '../replays/resumable-answer.js';
import type { ResumableStreams } from '../replays/resumable-streams.flow.js';
import type { Incoming } from './incoming.js';
import { PendingEvents, type EventDialect, SIGN_OF_LIFE, tellAll } from './pending-events.js';
import { unavailable } from './refused-requests.js';

/** Each client has one. */
const MAX_OF_ONE = 32;
const MAX_STREAMS = 10_000;
/** Then the client comes again, with a token that is valid then. */
const LISTEN_FOR_MS = 30 * MINUTE_MS;
/** Of one stream. */
export const MAX_RESOURCES = 256;
const MAX_URI_LENGTH = 2_048;

/** One stream on which a client listens. */
interface ClientStream {
  readonly principal: Principal;
  readonly scope: Scope;
  /** Of a client that has one. */
  readonly session: McpSession | undefined;
  readonly watching: Watching;
  readonly endsAtMs: number;
  /** Its client is gone, and may come back. */
  isAway(): boolean;
  sign(): void;
  /** It can be told something now. */
  reads(): boolean;
  /** @returns false when it does not read. */
  tell(text: Pieces): boolean;
  /** Its client listens elsewhere: what this one had can still be asked for. */
  replace(): void;
  /** Its client has to come again. */
  release(): void;
  /** As its revision says that it is over. */
  end(): void;
}

/** How one revision says it. */
interface Dialect extends EventDialect {
  readonly session: McpSession | undefined;
  readonly kinds: ReadonlySet<ListKind>;
  readonly resources: readonly WatchedResource[];
  /** Each of these is a JSON-RPC message. */
  readonly first: string | undefined;
  readonly last: string | undefined;
}

/** What was sent on the stream that this one takes the place of, and has not reached the client. */
export interface MissedEvents {
  /** Absent: not all of them are known. */
  readonly events: readonly string[] | undefined;
  /** Otherwise there was a time in which nobody listened for the client. */
  readonly isCertain: boolean;
}

/** Streams on which clients listen to what they did not ask for: `GET` until 2025-11-25, `subscriptions/listen` since 2026-07-28. */
export class ClientStreams implements ListeningClients {
  readonly #open = new Set<ClientStream>();
  readonly #openOf = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(
    private readonly watch: Pick<ChangeWatch, 'watch'>,
    private readonly catalog: Pick<Catalog, 'current' | 'sendersOf'>,
    private readonly known: {
      readonly mcpSessions: Pick<McpSessionStore, 'find'>;
      readonly sessions: Pick<SessionViews, 'isClosed'>;
      /** What nobody may read, nobody hears of. */
      readonly mayRead: MayRead;
      readonly replays: Pick<ResumableStreams, 'listening'>;
      /** Answers a request whose session is over. */
      readonly sessionClosed: (incoming: Pick<Incoming, 'principal' | 'scope' | 'answer'>) => void;
    },
    /** How long a stream may be silent. */
    private readonly keepAliveMs: number,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /**
   * A session has one stream: a newer one takes the place of the one before, which may be dead without our knowing.
   * @param missed says what it goes on with, and ends it.
   */
  async open(incoming: Incoming, session: McpSession, missed?: () => MissedEvents): Promise<void> {
    const asked = { ...incoming, declared: declaredInSession(session.capabilities) };
    const resources = await this.#resources(asked, session.subscriptions ?? []);
    const before = missed?.();
    for (const stream of [...this.#open]) if (stream.session?.digest === session.digest) stream.replace();
    const answer = this.known.replays.listening(session, incoming.answer);
    const events = this.#begin(
      { ...asked, answer },
      {
        session,
        kinds: new Set(LIST_KINDS),
        resources,
        first: undefined,
        event: (method, params) =>
          JSON.stringify({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) }),
        last: undefined,
      },
      answer,
    );
    if (events !== undefined && before !== undefined) {
      for (const text of before.events ?? []) answer.stream?.again(text);
      if (before.events === undefined || !before.isCertain) tellAll(events, resources);
    }
    // It may have changed since it was read, when there was no stream that could be told.
    await this.resubscribe(session.digest);
  }

  /** Answers `subscriptions/listen`. What cannot be kept is not acknowledged. */
  async listen(incoming: Incoming, { id, params }: RequestMessage): Promise<void> {
    const asked = params.get('notifications')?.value();
    if (!isObject(asked)) {
      const error = { code: INVALID_PARAMS, message: 'notifications must be an object' };
      incoming.answer.whole(400, JSON_TYPE, errorText(id, error));
      return;
    }
    const kinds = new Set(LIST_KINDS.filter((kind) => asked[`${kind}ListChanged`] === true));
    const resources = await this.#resources(incoming, asked['resourceSubscriptions']);
    const _meta = { [META_SUBSCRIPTION_ID]: id };
    const event = (method: string, more: JsonObject = {}): string =>
      JSON.stringify({ jsonrpc: '2.0', method, params: { ...more, _meta } });
    const notifications = {
      ...Object.fromEntries([...kinds].map((kind) => [`${kind}ListChanged`, true])),
      ...(resources.length === 0 ? {} : { resourceSubscriptions: resources.map(({ uri }) => uri) }),
    };
    const over = { resultType: 'complete', _meta: { ..._meta, [META_SERVER_INFO]: GATEWAY_INFO } };
    this.#begin(incoming, {
      session: undefined,
      kinds,
      resources,
      first: event('notifications/subscriptions/acknowledged', { notifications }),
      event,
      last: resultText(id, over),
    });
  }

  /** The session's subscriptions are others now. @param digest of its id. */
  async resubscribe(digest: string): Promise<void> {
    for (const stream of [...this.#open]) {
      const { session, principal, scope, watching } = stream;
      if (session?.digest !== digest) continue;
      const declared = declaredInSession(session.capabilities);
      const now = await this.known.mcpSessions.find(principal, scope.place, session.id);
      if (now === undefined) stream.end();
      else
        watching.setResources(await this.#resources({ principal, scope, declared }, now.subscriptions ?? []));
    }
  }

  listens(digest: string): boolean {
    return this.#listening(digest) !== undefined;
  }

  reads(digest: string): boolean {
    return this.#listening(digest)?.reads() ?? false;
  }

  tell(digest: string, text: Pieces): boolean {
    return this.#listening(digest)?.tell(text) ?? false;
  }

  #listening(digest: string): ClientStream | undefined {
    return [...this.#open].find((stream) => stream.session?.digest === digest && !stream.isAway());
  }

  /** Sign-ins that listen. */
  sessions(): ReadonlySet<SessionId> {
    return new Set([...this.#open].flatMap(({ principal: { tsid } }) => tsid ?? []));
  }

  /** The sign-in is over. */
  endSession(tsid: SessionId): void {
    this.#endThose(({ principal }) => principal.tsid === tsid);
  }

  /** @param digest of the id of a client's session. */
  endMcpSession(digest: string): void {
    this.#endThose(({ session }) => session?.digest === digest);
  }

  /** The endpoint is no more. */
  endPlace(place: string): void {
    this.#endThose(({ scope }) => scope.place === place);
  }

  /** This replica stops: clients find another one. */
  endAll(): void {
    this.#hasEnded = true;
    this.#endThose(() => true);
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Those that there are for this principal at this endpoint. */
  async #resources(
    { principal, scope, declared }: Pick<Incoming, 'principal' | 'scope' | 'declared'>,
    uris: unknown,
  ): Promise<readonly WatchedResource[]> {
    if (!Array.isArray(uris) || uris.length === 0) return [];
    const view = await this.catalog.current(principal, scope, declared);
    const sendersOf = this.catalog.sendersOf(principal, scope);
    const work = new LongWork();
    const found: WatchedResource[] = [];
    for (const uri of uris.slice(0, MAX_RESOURCES) as readonly unknown[]) {
      if (typeof uri !== 'string' || uri.length > MAX_URI_LENGTH) continue;
      const route = view.resource(uri, sendersOf);
      if (route !== undefined && this.known.mayRead(route, { principal, scope }))
        found.push({ uri, backend: route.backend, original: route.original });
      // Policies may have much to look at.
      await work.pause();
    }
    return found;
  }

  /** @param resumable the same as `answer`, where its client can come back. @returns `undefined` when the stream was refused. */
  #begin(
    { principal, scope, answer, declared }: Incoming,
    dialect: Dialect,
    resumable?: ResumableAnswer,
  ): PendingEvents | undefined {
    if (!this.#admits({ principal, scope, answer })) return undefined;
    answer.begin(200, EVENT_STREAM_TYPE);
    if (dialect.first === undefined) answer.write(SIGN_OF_LIFE);
    else answer.message([dialect.first]);
    const events = new PendingEvents(answer, dialect);
    const listener: ChangeListener = {
      changed: (kind) => {
        if (dialect.kinds.has(kind)) events.say(`notifications/${kind}/list_changed`);
      },
      updated: (uri) => events.say('notifications/resources/updated', { uri }),
    };
    const watching = this.watch.watch(principal, scope, listener, declared);
    watching.setResources(dialect.resources);
    const end = (): void => {
      if (dialect.last === undefined) answer.end();
      else answer.lastMessage([dialect.last]);
    };
    const stream: ClientStream = {
      principal,
      scope,
      session: dialect.session,
      watching,
      endsAtMs: this.nowMs() + LISTEN_FOR_MS,
      isAway: () => resumable?.stream?.isAway === true,
      sign: () => events.sign(),
      reads: () => events.isRead,
      tell: (text) => events.now(text),
      replace: () => (resumable?.stream === undefined ? end() : resumable.stream.finish(true)),
      release: () => (resumable?.stream === undefined ? end() : resumable.stream.release()),
      end,
    };
    this.#open.add(stream);
    const person = personKey(principal);
    this.#openOf.set(person, (this.#openOf.get(person) ?? 0) + 1);
    this.#timer ??= setInterval(() => this.#tick(), this.keepAliveMs).unref();
    answer.onClosed(() => {
      watching.stop();
      this.#closed(stream, person);
    });
    return events;
  }

  /** @returns false when the request was refused. */
  #admits({ principal, scope, answer }: Pick<Incoming, 'principal' | 'scope' | 'answer'>): boolean {
    // It may have ended while the body, or the lists, were waited for.
    if (principal.tsid !== undefined && this.known.sessions.isClosed(principal.tsid)) {
      this.known.sessionClosed({ principal, scope, answer });
      return false;
    }
    if (!this.#hasEnded && this.#hasRoomFor(principal)) return true;
    unavailable(answer);
    return false;
  }

  /** Who has gone keeps no place from those who are there. */
  #hasRoomFor(principal: Principal): boolean {
    const person = personKey(principal);
    const isFull = (): boolean =>
      principal.key !== ANONYMOUS.key && (this.#openOf.get(person) ?? 0) >= MAX_OF_ONE;
    if (isFull()) this.#endOldestAway((one) => personKey(one.principal) === person);
    if (!isFull() && this.#open.size >= MAX_STREAMS) this.#endOldestAway(() => true);
    return !isFull() && this.#open.size < MAX_STREAMS;
  }

  #endOldestAway(matches: (stream: ClientStream) => boolean): void {
    for (const stream of this.#open)
      if (matches(stream) && stream.isAway()) {
        stream.end();
        return;
      }
  }

  #closed(stream: ClientStream, person: string): void {
    if (!this.#open.delete(stream)) return;
    const left = (this.#openOf.get(person) ?? 1) - 1;
    if (left === 0) this.#openOf.delete(person);
    else this.#openOf.set(person, left);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const nowMs = this.nowMs();
    for (const stream of [...this.#open])
      if (stream.endsAtMs <= nowMs) stream.release();
      else stream.sign();
  }

  #endThose(matches: (stream: ClientStream) => boolean): void {
    for (const stream of [...this.#open]) if (matches(stream)) stream.end();
  }
}
