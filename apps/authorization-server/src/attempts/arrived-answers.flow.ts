import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { CLOCK } from '@gatehouse/service-process/injected';
import { isExpected } from './arrivals.js';
import type { AttemptState } from './attempt.js';
import { AttemptStore, type StoredAttempt } from './attempt.store.js';

export type Waited =
  /** Nothing was expected. */
  | 'none'
  /** The attempt has changed. */
  | 'settled'
  /** An outcome is still expected. */
  | 'late';

/** Most providers have answered by then. Nobody looks at an empty window for longer. */
const PATIENCE_MS = 10 * SECOND_MS;
const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 200;

/**
 * Waits for callbacks that another request is dealing with, on this replica or another one. The page of the attempt would
 * otherwise send the browser to the provider again, whose second code would meet the first one's outcome.
 */
@Injectable()
export class ArrivedAnswers {
  constructor(
    private readonly attempts: AttemptStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async wait({ id, state }: StoredAttempt): Promise<Waited> {
    if (!isExpected(state, this.clock.nowMs())) return 'none';
    const giveUpAtMs = performance.now() + PATIENCE_MS;
    let latest: AttemptState = state;
    for (
      let pauseMs = FIRST_PAUSE_MS;
      isExpected(latest, this.clock.nowMs());
      pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)
    ) {
      if (performance.now() >= giveUpAtMs) return 'late';
      await sleep(pauseMs);
      ({ state: latest } = await this.attempts.load(id));
    }
    return 'settled';
  }
}
