import type { Result } from './operations.js';

export const DONE = { kind: 'done' } as const;
export const UNKNOWN = { kind: 'unknown' } as const;

export const answer = <Answer>(given: Answer | undefined): Result<Answer> =>
  given === undefined ? UNKNOWN : { kind: 'answer', answer: given };

export const conflict = (detail: string): Result<never> => ({ kind: 'conflict', detail });

export const doneIf = (isDone: boolean): Result<never> => (isDone ? DONE : UNKNOWN);

/** @param found one more than the page has, where there is a next one */
export function page<Item>(
  found: readonly Item[],
  limit: number,
  idOf: (item: Item) => string,
): Result<{ items: Item[]; next: string | null }> {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return answer({ items, next: last === undefined ? null : idOf(last) });
}
