import type { Aggregation } from './aggregation.js';

/** What becomes of one of several things of one name. */
export type Outcome = 'kept' | 'shadowed' | 'renamed';

/** The place of a backend in the configured order; those that are not in it have none. */
export function rankIn({
  conflictResolution,
  conflictResolutionConfig: { priorityOrder },
}: Aggregation): (backend: string) => number {
  return (backend) => {
    const at = conflictResolution === 'priority' ? priorityOrder.indexOf(backend) : -1;
    return at === -1 ? Number.POSITIVE_INFINITY : at;
  };
}

/** The first of the order keeps the name and the others are not shown; where none of them is in it, all are renamed. */
export function outcomeAmong(rank: number, rivals: readonly number[]): Outcome {
  const best = Math.min(...rivals);
  if (rank < best) return 'kept';
  return best === Number.POSITIVE_INFINITY ? 'renamed' : 'shadowed';
}
