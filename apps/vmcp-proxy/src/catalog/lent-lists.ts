import type { Entry, Shelf } from './shelves.js';

type IsFresh = (entry: Entry) => boolean;

/** Whoever has what the backend has just listed for other clients of the principal, where that is all the same to it. */
export const lenderOf = (
  shelf: Shelf,
  { backend }: Entry,
  isFresh: IsFresh,
  nowMs: number,
): Entry | undefined =>
  others(shelf, backend).find(
    ({ key, entry }) => isFresh(entry) && shelf.rack.alike.areAlike(backend, shelf.declared.key, key, nowMs),
  )?.entry;

/**
 * Takes the failure of whoever has just asked the backend in vain for other clients of the principal: it is not asked again at once for
 * each of them. Not twice in a row: it may be what the others declare that it fails for. What is kept of the lists stays.
 */
export function takeFailure(shelf: Shelf, entry: Entry, isFresh: IsFresh): boolean {
  const wasLent = entry.isLentFailure;
  entry.isLentFailure = false;
  if (wasLent) return false;
  const lender = entriesOf(shelf, entry.backend)
    .map((other) => other.entry)
    .find((other) => other.failure !== undefined && !other.isLentFailure && isFresh(other));
  if (lender === undefined) return false;
  const { failure, isLate, askedAtMs, askedFor } = lender;
  Object.assign(entry, { failure, isLate, askedAtMs, askedFor, isLentFailure: true });
  shelf.version += 1;
  return true;
}

/** Finds out for which clients of the principal the backend makes no difference. */
export function compareLists(
  shelf: Shelf,
  { backend, listsKey }: Entry,
  isFresh: IsFresh,
  nowMs: number,
): void {
  for (const { key, entry } of others(shelf, backend))
    if (isFresh(entry))
      shelf.rack.alike.compared(backend, shelf.declared.key, key, entry.listsKey === listsKey, nowMs);
}

/** Whole lists that the backend itself gave for other clients of the principal. */
const others = (shelf: Shelf, backend: string): readonly KeyedEntry[] =>
  entriesOf(shelf, backend).filter(({ entry }) => isOwn(entry));

interface KeyedEntry {
  readonly key: string;
  readonly entry: Entry;
}

function entriesOf(shelf: Shelf, backend: string): readonly KeyedEntry[] {
  const { shelves } = shelf.rack;
  if (shelves.size === 1) return [];
  return [...shelves.values()].flatMap((other) => {
    const entry = other.entries.find((one) => one.backend === backend);
    return other === shelf || entry === undefined ? [] : [{ key: other.declared.key, entry }];
  });
}

const isOwn = ({ lists, failure, isLent, askedAtMs }: Entry): boolean =>
  lists !== undefined && failure === undefined && !isLent && askedAtMs > 0;
