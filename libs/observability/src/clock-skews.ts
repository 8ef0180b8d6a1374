import { Injectable } from '@nestjs/common';
import { CLOCK_TOLERANCE_SECONDS } from '@gatehouse/kernel/clock';
import { DAY_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from './log.js';
import { Metrics } from './metrics.js';

export interface ClockReport {
  readonly status: 'ok' | 'too_far';
  /** How far our clock is ahead of the other one. */
  readonly skewSeconds: number;
}

/** Half of what tokens and proofs tolerate, so that operators have time to act. */
const TOO_FAR_MS = (CLOCK_TOLERANCE_SECONDS / 2) * SECOND_MS;
/** No clock is off by more than this: such a message lies, or its round trip took too long to tell anything. */
const MAX_PLAUSIBLE_MS = 10 * 365 * DAY_MS;

/** One question for the time, on our clock. */
export interface Reading {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  /** What the other clock said in between. */
  readonly theirsMs: number;
}

/**
 * How far our clock is from others' clocks. The figure is shown and logged and decides nothing, so a peer that lies
 * about the time causes one log line.
 */
@Injectable()
export class ClockSkews {
  readonly #reports = new Map<string, ClockReport>();
  readonly #gauge;

  constructor(
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#gauge = metrics.gauge('clock_skew_seconds', 'How far our clock is ahead of another one.', [
      'against',
    ]);
  }

  /** @param against a name of ours, never one that came with a message. */
  note(against: string, { askedAtMs, answeredAtMs, theirsMs }: Reading): void {
    const [least, most] = [askedAtMs - theirsMs, answeredAtMs - theirsMs];
    if (!Number.isFinite(theirsMs) || Math.abs(least) > MAX_PLAUSIBLE_MS || most < least) return;
    // The smallest difference that the length of the round trip cannot explain.
    const skewMs = least > 0 ? least : most < 0 ? most : 0;
    const before = this.#reports.get(against)?.status ?? 'ok';
    const status = Math.abs(skewMs) >= TOO_FAR_MS ? 'too_far' : 'ok';
    const skewSeconds = Math.round(skewMs) / SECOND_MS;
    this.#reports.set(against, { status, skewSeconds });
    this.#gauge.set({ against }, skewSeconds);
    if (status === before) return;
    if (status === 'too_far') this.log.warn('clock-skew-too-large', { against, skewSeconds });
    else this.log.info('clock-skew-small-again', { against, skewSeconds });
  }

  report(): Readonly<Record<string, ClockReport>> {
    return Object.fromEntries(this.#reports);
  }
}
