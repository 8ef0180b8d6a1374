import type { Output, TableRow } from '../output.js';
import type { Which } from './reached.js';

/** What every list is asked for. */
export interface ListOptions extends Which {
  readonly limit: number;
  readonly json: boolean;
}

interface Listing {
  readonly headings: readonly string[];
  readonly rows: readonly TableRow[];
  /** How many there are, with those that are not shown. */
  readonly total: number;
  /** What to say where there is none. */
  readonly none: string;
}

/** A list for people. */
export function printList(output: Output, { headings, rows, total, none }: Listing): void {
  if (rows.length === 0) output.line(none);
  else output.table(headings, rows);
  if (total > rows.length) output.line(`${total - rows.length} more. See all of them: --limit ${total}`);
}

/** A time in a table; UTC. */
export const minute = (at: Date | null): string =>
  at === null ? '-' : at.toISOString().slice(0, 16).replace('T', ' ');

/** A time in a document; RFC 3339. */
export const instant = (at: Date | null): string | null => at?.toISOString() ?? null;
