import type { Entry } from './shelves.js';

export interface ListAges {
  /** Who has lists of it. */
  readonly principals: number;
  /** For whom it could not be listed when it was asked last. */
  readonly failing: number;
  readonly newestMs?: number;
  readonly oldestMs?: number;
}

export function listAges(entries: readonly Entry[], nowMs: number): ListAges {
  const ages = entries.flatMap(({ listedAtMs }) => (listedAtMs === undefined ? [] : [nowMs - listedAtMs]));
  const bounds = ages.reduce<Pick<ListAges, 'newestMs' | 'oldestMs'>>(
    ({ newestMs = Infinity, oldestMs = 0 }, age) => ({
      newestMs: Math.min(newestMs, age),
      oldestMs: Math.max(oldestMs, age),
    }),
    {},
  );
  const failing = entries.filter(({ failure }) => failure !== undefined).length;
  return { principals: ages.length, failing, ...bounds };
}
