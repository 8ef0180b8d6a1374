import type { mcpSessionSignalled } from '@gatehouse/contracts/events/mcp-session-signalled';
import { atMost } from '@gatehouse/kernel/at-most';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { Log } from '@gatehouse/observability/log';
import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import type { ClientStreams } from './client-streams.flow.js';
import type { Peers } from '../backends/peers.client.js';
import type { BackendQuestion, BackendQuestions } from '../calls/backend-questions.js';
import type { InFlight } from '../calls/in-flight.js';
import { joinJson, OwnJson, RawJson, RawObject } from '../json/raw-json.js';
import { errorText, idIn, idKey, type NotificationMessage, type ResponseMessage } from '../mcp/message.js';
import { GATEWAY_FAILURE } from '../mcp/protocol.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { McpSessionStore } from '../mcp-sessions/mcp-session.store.js';
import type { ResumableStreams } from '../replays/resumable-streams.flow.js';
import type { ReplicaMailbox } from '../mcp-sessions/replica-mailbox.js';
import { handedAnswer, type SessionSignals } from '../mcp-sessions/session-signals.client.js';

type Heard = z.output<typeof mcpSessionSignalled.payload>;

/** Where what a client says has its effect. */
export interface SignalReceivers {
  readonly inFlight: Pick<InFlight, 'cancel'>;
  readonly questions: Pick<BackendQuestions, 'take' | 'askedElsewhere' | 'response'>;
  readonly peers: Pick<Peers, 'answerQuestion' | 'end' | 'setLogLevel'>;
  readonly mcpSessions: Pick<McpSessionStore, 'forgetCopy'>;
  readonly streams: Pick<ClientStreams, 'endMcpSession' | 'resubscribe'>;
  readonly replays: Pick<ResumableStreams, 'endSession'>;
  readonly mailbox: Pick<ReplicaMailbox, 'address' | 'open'>;
}

const MAX_HANDED_OVER = 1_000;

/**
 * What a client of the revisions with sessions says without an answer of its own. What concerns another replica is handed on
 * to it: balancers know nothing of calls.
 */
export class LegacySignals {
  /** What was handed over is said again: the bus keeps nothing. */
  readonly #handedOver = new LRUCache<string, true>(atMost(MAX_HANDED_OVER));
  #unawaited = { count: 0, saidAtMs: Number.NEGATIVE_INFINITY };

  constructor(
    private readonly here: SignalReceivers,
    private readonly elsewhere: Pick<SessionSignals, 'answered' | 'cancelled'>,
    private readonly log: Pick<Log, 'warn'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** @throws {GatehouseError} `unavailable` when it concerns another replica, and the bus is away. */
  async notified(session: McpSession, { method, params }: NotificationMessage): Promise<void> {
    if (method !== 'notifications/cancelled') return;
    const request = idKey(idIn(params.get('requestId')));
    if (request === undefined || this.here.inFlight.cancel(session.digest, request)) return;
    await this.elsewhere.cancelled(session, request);
  }

  /**
   * The client answers what a backend asked it. An answer to nothing that is open is dropped, and noted: the backend was told at the
   * end of its call that none comes.
   * @throws {GatehouseError} `unavailable` when another replica asked, and the bus is away.
   */
  async answered(session: McpSession, { id, body }: ResponseMessage): Promise<void> {
    const { questions } = this.here;
    const question = questions.take(session.digest, id);
    if (question !== undefined) {
      await this.#answer(question, body);
      return;
    }
    const replica = questions.askedElsewhere(id);
    if (replica === undefined) {
      this.#noteUnawaited();
      return;
    }
    const handOver = async (response: string): Promise<boolean> =>
      await this.elsewhere.answered(session, replica, String(id), response);
    // The backend waits for an answer, whatever it is.
    if (!(await handOver(joinJson(body).toString()))) await handOver(errorText(id, TOO_LARGE));
  }

  /** Another replica was told something that may concern this one. */
  async heard(signal: Heard): Promise<void> {
    const { inFlight, peers, mcpSessions, mailbox, streams, replays } = this.here;
    if (signal.signal !== 'answered' && signal.from === mailbox.address) return;
    switch (signal.signal) {
      case 'answered':
        if (signal.replica === mailbox.address)
          await this.#handed(handedAnswer.parse(await mailbox.open(signal.sealed)));
        return;
      case 'cancelled':
        inFlight.cancel(signal.session, signal.request);
        return;
      case 'log_level_set':
        mcpSessions.forgetCopy(signal.session);
        peers.setLogLevel(signal.session, signal.level);
        return;
      case 'subscriptions_changed':
        mcpSessions.forgetCopy(signal.session);
        await streams.resubscribe(signal.session);
        return;
      case 'ended':
        mcpSessions.forgetCopy(signal.session);
        replays.endSession(signal.session);
        peers.end(signal.session);
        streams.endMcpSession(signal.session);
    }
  }

  async #handed({ session, question: id, response }: z.output<typeof handedAnswer>): Promise<void> {
    const body = RawJson.read(Buffer.from(response)).object();
    const question = body === undefined ? undefined : this.here.questions.take(session, id);
    if (body !== undefined && question !== undefined) {
      this.#handedOver.set(id, true);
      await this.#answer(question, body);
    } else if (!this.#handedOver.has(id)) this.#noteUnawaited();
  }

  async #answer(question: BackendQuestion, given: RawObject): Promise<void> {
    const { backend, principal, peer, id, answered, answer, undelivered } = question;
    answered();
    const body = await this.here.questions.response(given, backend, principal);
    if (answer !== undefined) answer(body);
    else {
      const response = joinJson(body.with('id', new OwnJson(id)));
      this.here.peers.answerQuestion(backend, principal, peer, response, undelivered);
    }
  }

  /** Clients can send as many as they like; it is said once in a minute. */
  #noteUnawaited(): void {
    const unawaited = this.#unawaited;
    unawaited.count += 1;
    if (this.nowMs() - unawaited.saidAtMs < MINUTE_MS) return;
    this.log.warn('client-answer-not-awaited', { answers: unawaited.count });
    this.#unawaited = { count: 0, saidAtMs: this.nowMs() };
  }
}

const TOO_LARGE = {
  code: GATEWAY_FAILURE,
  message: 'the answer is too large to be handed over between replicas of the gateway',
};
