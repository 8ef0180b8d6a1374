import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import type { ConnectionRow } from '../connections/connection.js';
import { AnswerCopies } from './answer-copies.store.js';
import { LEASE_MS, RefreshStore, type Lease } from './refresh.store.js';

/** Three beats fit into a lease, so that one lost message does not end it. */
export const BEAT_MS = 700;
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

  hold(lease: Lease, row: ConnectionRow, sent: string): HeldLease {
    const cutOff = new AbortController();
    let saidAtMs = performance.now();
    let beating: Promise<void> = Promise.resolve();
    let saidElsewhere = false;
    const beat = async (): Promise<void> => {
      const beganAtMs = performance.now();
      // Where somebody else has it by now: what is under way is let run, since its answer is kept whoever holds the lease.
      let isSaid = await succeeds(this.store.renew(lease));
      if (!isSaid) {
        isSaid = await succeeds(this.copies.say(row, sent));
        saidElsewhere ||= isSaid;
      }
      if (isSaid) saidAtMs = beganAtMs;
      else if (performance.now() - saidAtMs > LEASE_MS - STOP_BEFORE_END_MS) {
        this.log.warn('refresh-cut-off', { connectionId: row.id, provider: row.provider });
        cutOff.abort();
      }
    };
    let isBeating = false;
    const timer = setInterval(() => {
      if (isBeating || cutOff.signal.aborted) return;
      isBeating = true;
      beating = beat().finally(() => {
        isBeating = false;
      });
    }, BEAT_MS);
    return {
      cutOff: cutOff.signal,
      letGo: async () => {
        clearInterval(timer);
        await beating;
        // A copy that stays would be taken for a sign of life for a moment, no more.
        if (saidElsewhere) await succeeds(this.copies.unsay(row, sent));
      },
    };
  }
}

/** Whether it did, within one beat. */
async function succeeds(work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), BEAT_MS);
  });
  const done = work.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
