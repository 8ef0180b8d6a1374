import type { Sample, Target } from './load.js';

/** One target under one load: its samples, each with that of the hop just before it. */
export interface Measured {
  readonly shape: string;
  readonly connections: number;
  readonly target: Target;
  readonly pairs: { readonly own: Sample; readonly hop: Sample }[];
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

export const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

export const medianOf = ({ pairs }: Measured, figure: keyof Sample): number =>
  median(pairs.map(({ own }) => own[figure]));

/** The median of the ratios of each round to the hop in that round: other work on the machine affects both. */
export const ofTheHop = ({ pairs }: Measured, figure: keyof Sample): number =>
  median(pairs.map(({ own, hop }) => own[figure] / hop[figure]));

export const rowOf = (measured: Measured) => ({
  load: measured.shape,
  connections: measured.connections,
  target: measured.target.name,
  'calls/s': Math.round(medianOf(measured, 'callsPerSecond')),
  'of the hop': round(ofTheHop(measured, 'callsPerSecond')),
  'p50 ms': round(medianOf(measured, 'p50Ms')),
  'p99 ms': round(medianOf(measured, 'p99Ms')),
  'p99 of the hop': round(ofTheHop(measured, 'p99Ms'), 2),
  'CPU µs': Math.round(medianOf(measured, 'cpuMicrosPerCall')),
  'CPU of the hop': round(ofTheHop(measured, 'cpuMicrosPerCall'), 2),
  'all CPU of the hop': round(ofTheHop(measured, 'allCpuMicrosPerCall'), 2),
  'peak MiB': Math.round(Math.max(...measured.pairs.map(({ own }) => own.peakMiB))),
});
