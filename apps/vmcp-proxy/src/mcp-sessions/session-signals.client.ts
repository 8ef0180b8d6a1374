import { MAX_ID_LENGTH, mcpSessionSignalled } from '@gatehouse/contracts/events/mcp-session-signalled';
import { MAX_LONG_JWE_LENGTH } from '@gatehouse/contracts/fields';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { EventBus } from '@gatehouse/messaging/event-bus';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { McpSession } from './mcp-session.js';
import { sealFor } from './replica-mailbox.js';

/** What a client answered to a question of a backend, as it crosses between replicas, sealed. */
export const handedAnswer = z.strictObject({
  session: z.string(),
  question: z.string(),
  /** The client's JSON-RPC response. */
  response: z.string(),
});

/** After the time before. A restart of the bus takes some seconds. */
const SAY_AGAIN_AFTER_MS = [2 * SECOND_MS, 6 * SECOND_MS, 12 * SECOND_MS];
/** What does not fit is said once. */
const MAX_KEPT_BYTES = 4 * 1_048_576;

type Whose = Pick<McpSession, 'digest'>;

/** Tells the other replicas what a client said here. Methods throw `unavailable` when the bus is away. */
export class SessionSignals {
  #keptBytes = 0;

  constructor(
    private readonly events: Pick<EventBus, 'publish'>,
    /** Of this replica. */
    private readonly address: string,
  ) {}

  /**
   * @param replica address of the one that asked.
   * @returns false when the response is larger than the bus takes.
   */
  async answered({ digest }: Whose, replica: string, question: string, response: string): Promise<boolean> {
    if (response.length > MAX_LONG_JWE_LENGTH) return false;
    const answer: z.input<typeof handedAnswer> = { session: digest, question, response };
    // An address that is no point of the curve is nobody's.
    const sealed = await sealFor(replica, answer).catch(() => undefined);
    if (sealed === undefined) return true;
    if (sealed.length > MAX_LONG_JWE_LENGTH) return false;
    const signal = { signal: 'answered', replica, sealed } as const;
    await this.events.publish(mcpSessionSignalled, signal);
    void this.#sayAgain(signal);
    return true;
  }

  /** Whoever was away from the bus for a moment hears it then: the bus keeps nothing. A question takes one answer. */
  async #sayAgain(
    signal: z.input<typeof mcpSessionSignalled.payload> & { readonly sealed: string },
  ): Promise<void> {
    const bytes = signal.sealed.length;
    if (this.#keptBytes + bytes > MAX_KEPT_BYTES) return;
    this.#keptBytes += bytes;
    for (const pauseMs of SAY_AGAIN_AFTER_MS) {
      await pause(pauseMs, undefined, { ref: false });
      await this.events.publish(mcpSessionSignalled, signal).catch(() => undefined);
    }
    this.#keptBytes -= bytes;
  }

  /** @param request key of the client's id. */
  async cancelled({ digest }: Whose, request: string): Promise<void> {
    if (request.length > MAX_ID_LENGTH) return;
    await this.events.publish(mcpSessionSignalled, {
      signal: 'cancelled',
      from: this.address,
      session: digest,
      request,
    });
  }

  async logLevelSet({ digest }: Whose, level: string): Promise<void> {
    await this.events.publish(mcpSessionSignalled, {
      signal: 'log_level_set',
      from: this.address,
      session: digest,
      level,
    });
  }

  async subscriptionsChanged({ digest }: Whose): Promise<void> {
    await this.events.publish(mcpSessionSignalled, {
      signal: 'subscriptions_changed',
      from: this.address,
      session: digest,
    });
  }

  async ended({ digest }: Whose): Promise<void> {
    await this.events.publish(mcpSessionSignalled, { signal: 'ended', from: this.address, session: digest });
  }
}
