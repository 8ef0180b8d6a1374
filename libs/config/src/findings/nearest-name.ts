/** `access_token_lifespan`, `accessTokenLifeSpan` and `access-token-lifespan` count as one name. */
const normalised = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Names longer than this are not compared: the comparison is quadratic and the document is hostile input. */
const MAX_LENGTH = 100;

/** Number of insertions, deletions, replacements and swaps of neighbours between two names. */
export function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1] ? 0 : 1;
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + same,
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(left.length, right.length);
}

/** The known name that was most likely meant, or `undefined` when none is near. */
export function nearestName(written: string, known: Iterable<string>): string | undefined {
  if (written.length > MAX_LENGTH) return undefined;
  const target = normalised(written);
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(target, normalised(name));
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  const allowed = Math.max(2, Math.floor(target.length / 3));
  return best !== undefined && best.distance <= allowed && best.distance < target.length
    ? best.name
    : undefined;
}
