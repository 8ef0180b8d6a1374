import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import type { Connection } from '../connections/connection.js';
import { keepBeating, LEASE_MS, succeeds } from '../leases/lease.js';
import { AnswerCopies } from './answer-copies.store.js';
import { RefreshStore, type Lease } from './refresh.store.js';

/** Before its end, so that two never have the same token on its way. */
const STOP_BEFORE_END_MS = 300;

/** A lease that is being renewed. */
export interface HeldLease {
  /** Aborts when nobody can be told any more that we are at work: then somebody else may begin. */
  readonly cutOff: AbortSignal;
  /** The renewing ends. */
  letGo(): Promise<void>;
}

/**
 * Renews a lease while its work is under way: a short lease lets others go on soon after its holder died. A holder that
 * cannot reach the database says so in JetStream instead; one that reaches neither stops before its lease ends.
 */
@Injectable()
export class HeldLeases {
  constructor(
    private readonly store: RefreshStore,
    private readonly copies: AnswerCopies,
    private readonly log: Log,
  ) {}

  hold(lease: Lease, connection: Connection, sent: string): HeldLease {
    const cutOff = new AbortController();
    let saidAtMs = performance.now();
    let saidElsewhere = false;
    const stop = keepBeating(async () => {
      if (cutOff.signal.aborted) return;
      const beganAtMs = performance.now();
      // Where somebody else has it by now: what is under way is let run, since its answer is kept whoever holds the lease.
      let isSaid = await succeeds(this.store.renew(lease));
      if (!isSaid) {
        isSaid = await succeeds(this.copies.say(connection, sent));
        saidElsewhere ||= isSaid;
      }
      if (isSaid) saidAtMs = beganAtMs;
      else if (performance.now() - saidAtMs > LEASE_MS - STOP_BEFORE_END_MS) {
        this.log.warn('refresh-cut-off', { connectionId: connection.id, provider: connection.provider });
        cutOff.abort();
      }
    });
    return {
      cutOff: cutOff.signal,
      letGo: async () => {
        await stop();
        // A copy that stays would be taken for a sign of life for a moment, no more.
        if (saidElsewhere) await succeeds(this.copies.unsay(connection, sent));
      },
    };
  }
}
