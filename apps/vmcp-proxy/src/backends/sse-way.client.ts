import type { BackendLimits } from '@gatehouse/config/model/backend';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { BackendResponse } from './backend-response.client.js';
import { MadeResponse } from './made-response.client.js';
import { redirectOf } from './redirect.js';
import { brokenOff, refuse, SseSession, STREAM_SESSION, type StreamQuestion } from './sse-session.client.js';
import { unusable } from './sse-endpoint.js';
import { SseRooms } from './sse-rooms.js';
import type { Way, WayRequest } from './way.client.js';

/** What has to be known elsewhere of sessions that are streams. */
export interface StreamListener {
  /** Its stream has ended. */
  lost(backend: string, sessionId: string): void;
  /** A question that is for no call of the session. */
  asked(backend: string, sessionId: string, question: StreamQuestion): void;
}

export interface SseWayParts {
  readonly backend: string;
  readonly calls: Way;
  readonly streams: Way;
  /** Its configuration says `transport: sse`. */
  readonly isConfigured: boolean;
  readonly limits: Pick<BackendLimits, 'streams' | 'streamsPerPerson'>;
  readonly listener: StreamListener;
  readonly nowMs: () => number;
}

/** What a server that is only HTTP with SSE says to the `POST` of `initialize` (MCP 2025-11-25, backwards compatibility). */
const OF_ANOTHER_TRANSPORT: ReadonlySet<number> = new Set([400, 404, 405]);
/** They say something of the caller, not of the transport. */
const ABOUT_THE_CALLER: ReadonlySet<number> = new Set([401, 403]);
const ENDPOINT_WITHIN_MS = 3 * SECOND_MS;
const ASK_AGAIN_MS = MINUTE_MS;
const MAX_REFUSAL_BYTES = 65_536;

interface HeldRefusal {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly chunks: Buffer[];
}

/**
 * The way to a backend that may be a server of HTTP with SSE (MCP 2024-11-05). To everything above it looks like Streamable HTTP:
 * a session is a stream, and the response to a request is an event stream of its own, cut out of that one.
 */
export class SseWay implements Way {
  /** The one that was not used for the longest comes first. */
  readonly #sessions = new Map<string, SseSession>();
  /** It turned out to be one. */
  #isKnown = false;
  #notBeforeMs = -Infinity;
  readonly #rooms = new SseRooms();

  constructor(private readonly parts: SseWayParts) {}

  dispatch(request: WayRequest, handler: Dispatcher.DispatchHandler): void {
    const sessionId = request.headers['mcp-session-id'];
    if (sessionId?.startsWith(STREAM_SESSION) === true) {
      const made = this.#madeFor(request, handler);
      try {
        this.#inSession(sessionId, request, made);
      } catch (error) {
        // A body that nobody can read is the failure of this request alone.
        made.fail(GatehouseError.from(error));
      }
    } else if (request.isIntroduction && this.#mayBeStream()) {
      const made = this.#madeFor(request, handler);
      this.#introduce(request, made).catch((error: unknown) => made.fail(GatehouseError.from(error)));
    } else this.parts.calls.dispatch(request, handler);
  }

  release(sessionId: string): void {
    this.#sessions.get(sessionId)?.release();
  }

  async destroy(): Promise<void> {
    for (const session of [...this.#sessions.values()]) session.close(brokenOff(this.parts.backend));
    await Promise.all([this.parts.calls.destroy(), this.parts.streams.destroy()]);
  }

  #mayBeStream(): boolean {
    return this.parts.isConfigured || this.#isKnown || this.parts.nowMs() >= this.#notBeforeMs;
  }

  #madeFor({ person }: WayRequest, handler: Dispatcher.DispatchHandler): MadeResponse {
    return new MadeResponse(this.parts.backend, handler, this.#rooms.of(person));
  }

  /** @throws {RefusedJson} */
  #inSession(sessionId: string, request: WayRequest, made: MadeResponse): void {
    const session = this.#sessions.get(sessionId);
    // A session is one person's, whoever knows its id.
    if (session === undefined || session.person !== request.person) {
      refuse(made, 404);
      return;
    }
    this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, session);
    if (request.method === 'POST') session.post(request, made);
    else if (request.method === 'DELETE') {
      session.close(brokenOff(this.parts.backend));
      refuse(made, 200);
    }
    // What was said on a stream that broke off cannot be had again.
    else if (request.headers['last-event-id'] !== undefined) refuse(made, 405);
    else session.listen(made);
  }

  /** @throws {GatehouseError} */
  async #introduce(request: WayRequest, made: MadeResponse): Promise<void> {
    const isCertain = this.parts.isConfigured || this.#isKnown;
    const refusal = isCertain ? undefined : await this.#askAsStreamableHttp(request, made);
    if (made.isOver || (!isCertain && refusal === undefined)) return;
    const session = this.#newSession(request.person);
    made.onOver = () => session.close(brokenOff(this.parts.backend));
    made.start();
    const timer = isCertain
      ? undefined
      : setTimeout(() => session.close(unusable(this.parts.backend, 'no endpoint')), ENDPOINT_WITHIN_MS);
    let answer: BackendResponse | undefined;
    try {
      answer = await session.open(request);
    } catch (error) {
      session.close(GatehouseError.from(error));
      // The first refusal says more than that there is no stream either.
      if (refusal === undefined) throw error;
      this.#notStream(made, refusal);
      return;
    } finally {
      clearTimeout(timer);
    }
    if (answer === undefined) {
      this.#isKnown = true;
      // That was the stream's URL; messages go to the endpoint.
      session.post({ ...request, isRedirected: false }, made);
      return;
    }
    // Whoever follows it comes back here with the other URL.
    const isElsewhere = redirectOf(answer, request.url)?.kind === 'followed';
    if (!isElsewhere) this.#isKnown = false;
    if (refusal === undefined || isElsewhere || ABOUT_THE_CALLER.has(answer.status)) passOn(answer, made);
    else {
      answer.stop(UNREAD);
      this.#notStream(made, refusal);
    }
    session.close(brokenOff(this.parts.backend));
  }

  /** @returns what may mean that it is another transport; `undefined`: the response was passed on. */
  async #askAsStreamableHttp(request: WayRequest, made: MadeResponse): Promise<HeldRefusal | undefined> {
    return await new Promise((resolve) => {
      let held: HeldRefusal | undefined;
      let bytes = 0;
      made.onOver = () => resolve(undefined);
      this.parts.calls.dispatch(request, {
        onRequestStart: (controller) => made.start(controller),
        onResponseStart: (_controller, status, headers) => {
          // What it says in the meantime (RFC 9110, section 15.2) is no answer.
          if (status < 200) return;
          if (OF_ANOTHER_TRANSPORT.has(status)) held = { status, headers, chunks: [] };
          else made.begin(status, headers);
        },
        onResponseData: (_controller, chunk) => {
          bytes += chunk.length;
          if (held === undefined) made.data(chunk);
          else if (bytes <= MAX_REFUSAL_BYTES) held.chunks.push(chunk);
        },
        onResponseEnd: () => {
          if (held === undefined) made.end();
          resolve(held);
        },
        onResponseError: (_controller, error) => made.fail(error),
      });
    });
  }

  /** What it said first stands, and it is not asked for a stream again for a while. */
  #notStream(made: MadeResponse, { status, headers, chunks }: HeldRefusal): void {
    this.#notBeforeMs = this.parts.nowMs() + ASK_AGAIN_MS;
    made.onOver = () => undefined;
    made.begin(status, headers);
    for (const chunk of chunks) made.data(chunk);
    made.end();
  }

  /** @throws {GatehouseError} `busy` */
  #newSession(person: string | undefined): SseSession {
    const { backend, calls, streams, limits, listener } = this.parts;
    const own = (session: SseSession): boolean => person !== undefined && session.person === person;
    this.#makeRoom(limits.streamsPerPerson, own);
    this.#makeRoom(limits.streams, () => true);
    const session = new SseSession(
      {
        backend,
        calls,
        streams,
        room: this.#rooms.of(person),
        asked: ({ id }, question) => listener.asked(backend, id, question),
        closed: ({ id }) => {
          if (this.#sessions.delete(id)) listener.lost(backend, id);
        },
      },
      person,
    );
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session that was idle for the longest gives its place. @throws {GatehouseError} `busy` when all are at work. */
  #makeRoom(most: number, counts: (session: SseSession) => boolean): void {
    const counted = [...this.#sessions.values()].filter(counts);
    if (counted.length < most) return;
    const idle = counted.find(({ isIdle }) => isIdle);
    const { backend } = this.parts;
    if (idle === undefined)
      throw new GatehouseError('busy', 'too many event streams are open', {
        details: { backend, ran: 'no', retryAfterSeconds: '1' },
      });
    idle.close(brokenOff(backend));
  }
}

const UNREAD = new GatehouseError('unavailable', 'nobody reads it');

function passOn(answer: BackendResponse, made: MadeResponse): void {
  // It may go on for ever.
  made.onOver = (how) => {
    if (how !== 'ended') answer.stop(UNREAD);
  };
  made.begin(answer.status, answer.headers);
  answer.pipe({
    data: (chunk) => {
      made.data(chunk);
      return true;
    },
    end: () => made.end(),
    fail: (error) => made.fail(error),
  });
}
