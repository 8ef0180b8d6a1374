import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { AnotherAccount, type AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { tooLate, type BackendResponse } from '../backends/backend-response.client.js';
import type { Cancellation } from '../backends/cancellation.js';
import type { StreamPosition } from '../backends/message-stream.js';
import { mayPass } from '../backends/passing-status.js';
import { pause } from '../backends/pause.flow.js';
import { sessionIn, resumingHeaders, type Peer } from '../backends/peer.js';
import type { Principal } from '../incoming-auth/principal.js';
import { isEventStream } from '../mcp/server-sent-events.js';
import type { CallTime } from './call-time.js';

/** Where the server does not say how long to wait. */
const RETRY_AFTER_MS = SECOND_MS;
/** However soon a server wants to be asked again. */
const MIN_RETRY_MS = 100;
/** In a row; streams that end are none: a server may close them as often as it likes (SEP-1699). */
const MAX_FAILURES = 3;

export interface ResumptionFacts {
  readonly backend: string;
  readonly principal: Principal;
  readonly peer: Peer;
  readonly time: CallTime;
  readonly cancellation: Cancellation;
  /** That is called, as the backend names it. */
  readonly tool?: string | undefined;
}

/** What may pass; anything else says that the stream cannot be taken up. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'backend_unavailable',
  'busy',
  'unavailable',
  'provider_unavailable',
]);

/**
 * Takes up the stream of one call where it ended (MCP 2025-03-26 to 2025-11-25, transports, resumability). It only ever
 * asks for events: the call itself is never sent again.
 */
export class Resumption {
  constructor(
    private readonly facts: ResumptionFacts,
    private readonly backends: Pick<AuthorizedBackend, 'send'>,
  ) {}

  /**
   * @returns `undefined` when the stream cannot be taken up, or not in the time that is left.
   * @throws {GatehouseError} when the time is over, or why the call was cancelled.
   */
  async next({
    lastEventId,
    retryMs = RETRY_AFTER_MS,
  }: StreamPosition): Promise<BackendResponse | undefined> {
    const { peer, time, cancellation } = this.facts;
    if (peer.era === 'modern' || lastEventId === undefined) return undefined;
    const headers = resumingHeaders(peer, lastEventId);
    const pauseMs = Math.max(retryMs, MIN_RETRY_MS);
    for (let failures = 0; failures < MAX_FAILURES; failures += 1) {
      if (pauseMs >= time.leftMs) return undefined;
      await pause(pauseMs, cancellation);
      const response = await this.#ask(headers);
      if (response !== 'again') return response;
    }
    return undefined;
  }

  async #ask(headers: Record<string, string>): Promise<BackendResponse | undefined | 'again'> {
    const { backend, principal, peer, time, cancellation, tool } = this.facts;
    const { deadlineAtMs } = time;
    try {
      const request = {
        backend,
        principal,
        method: 'GET',
        session: sessionIn(peer),
        headers,
        body: null,
        deadlineAtMs,
        cancellation,
        tool,
      } as const;
      const response = await this.backends.send(request);
      if (response.status === 200 && isEventStream(response.headers['content-type'])) {
        time.of(response);
        return response;
      }
      void response.discard();
      return mayPass(response.status) ? 'again' : undefined;
    } catch (error) {
      if (cancellation.reason !== undefined) throw cancellation.reason;
      if (error instanceof AnotherAccount) return undefined;
      const { code } = GatehouseError.from(error);
      // Whatever this request came to, the call may have run.
      if (code === 'deadline_exceeded') throw tooLate(backend);
      return PASSING_CODES.has(code) ? 'again' : undefined;
    }
  }
}
