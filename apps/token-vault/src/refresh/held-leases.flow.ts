import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import type { Connection } from '../connections/connection.js';
import { keepBeating, succeeds } from '../leases/beats.job.js';
import { LEASE_MS } from '../leases/lease.js';
import { AnswerCopies } from './answer-copies.store.js';
import { RefreshStore, type Lease } from './refresh.store.js';

/** The holder stops this long before the lease ends, so that two processes never send the same token. */
const STOP_BEFORE_END_MS = 300;

/** A lease that is being renewed. */
export interface HeldLease {
  /** Aborts when this process can tell nobody any more that it is working: another replica may begin then. */
  readonly cutOff: AbortSignal;
  /** Stops renewing the lease. */
  letGo(): Promise<void>;
}

/**
 * Renews a lease while the work is under way. Leases are short, so that others can go on soon after the holder died. A
 * holder that cannot reach the database writes to JetStream instead. One that reaches neither stops before its lease ends.
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
      // If another replica has the lease by now, the request still runs: its answer is stored whoever holds the lease.
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
        // If this fails, others wait for one beat too long, no more.
        if (saidElsewhere) await succeeds(this.copies.unsay(connection, sent));
      },
    };
  }
}
