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
function others(shelf: Shelf, backend: string): readonly { readonly key: string; readonly entry: Entry }[] {
  const { shelves } = shelf.rack;
  if (shelves.size === 1) return [];
  return [...shelves.values()].flatMap((other) => {
    const entry = other.entries.find((one) => one.backend === backend);
    return other === shelf || entry === undefined || !isOwn(entry)
      ? []
      : [{ key: other.declared.key, entry }];
  });
}

const isOwn = ({ lists, failure, isLent, askedAtMs }: Entry): boolean =>
  lists !== undefined && failure === undefined && !isLent && askedAtMs > 0;
