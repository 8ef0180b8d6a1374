import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClockSkews } from './clock-skews.js';
import { Log } from './log.js';
import { Metrics } from './metrics.js';

class KeptLog extends Log {
  readonly said: string[] = [];

  override info(event: string): void {
    this.said.push(event);
  }

  override warn(event: string): void {
    this.said.push(event);
  }
}

function clocks() {
  const [log, metrics] = [new KeptLog('test'), new Metrics()];
  return { log, metrics, skews: new ClockSkews(log, metrics) };
}

/** Asked at 0 on the true clock, answered after `tookMs`; the other looked at its clock somewhere in between. */
const reading = (ourSkewMs: number, tookMs: number, share: number) => ({
  askedAtMs: 1_000_000 + ourSkewMs,
  answeredAtMs: 1_000_000 + ourSkewMs + tookMs,
  theirsMs: 1_000_000 + tookMs * share,
});

test('what is shown is never farther off than the clock really is, however slow the answer', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -100_000, max: 100_000 }),
      fc.integer({ min: 0, max: 60_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (skewMs, tookMs, share) => {
        const { skews } = clocks();
        skews.note('database', reading(skewMs, tookMs, share));
        const shown = (skews.report()['database']?.skewSeconds ?? Number.NaN) * 1_000;
        expect(Math.abs(shown)).toBeLessThanOrEqual(Math.abs(skewMs) + 1);
        expect(Math.abs(shown - skewMs)).toBeLessThanOrEqual(tookMs + 1);
      },
    ),
  );
});

test('a clock that is too far off is told of once, and once more when it is right again', async () => {
  const { skews, log, metrics } = clocks();
  for (const skewMs of [100, 29_000, 45_000, 50_000, -40_000, 3, 2])
    skews.note('database', reading(skewMs, 2, 0.5));
  expect(log.said).toEqual(['clock-skew-too-large', 'clock-skew-small-again']);
  expect(await metrics.render()).toContain('gatehouse_clock_skew_seconds{against="database"}');
});

test('a message that lies about the time beyond all measure says nothing', () => {
  const { skews, log } = clocks();
  const good = reading(0, 10, 0.5);
  for (const theirsMs of [Number.NaN, Infinity, -Infinity, 8.64e15, -8.64e15, 1e300])
    skews.note('token-vault', { ...good, theirsMs });
  skews.note('token-vault', { ...good, answeredAtMs: good.askedAtMs - 1 });
  expect([skews.report(), log.said]).toEqual([{}, []]);
});
