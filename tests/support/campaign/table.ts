import { printFigure } from '@gatehouse/testing/figures';
import type { Tally } from './crowd.js';
import type { Fault } from './faults.js';

export interface FaultRow extends Tally {
  readonly name: string;
  readonly mayCost: Fault['mayCost'];
  /** From when it was mended, or injected where nobody mends it, until everybody was answered right again. */
  readonly recoveryMs: number;
}

const HEAD = ['fault', 'right', 'wrong', 'retryable', 'may have run', 'other', 'grants lost', 'recovery'];

/** What each fault did, as a table among the figures. */
export class TableOfFaults {
  readonly rows: FaultRow[] = [];

  add(row: FaultRow): void {
    this.rows.push(row);
    for (const text of row.words) process.stdout.write(`${row.name}: ${text}\n`);
  }

  print(): void {
    const lines = [HEAD, ...this.rows.map(cells)];
    const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
    for (const line of lines)
      printFigure(
        line
          .map((cell, column) =>
            column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
          )
          .join('  '),
      );
  }
}

const cells = ({
  name,
  right,
  wrong,
  retryable,
  unknown,
  other,
  lost,
  mayCost,
  recoveryMs,
}: FaultRow): string[] => [
  name,
  ...[right, wrong, retryable, unknown, other].map(String),
  `${lost}${mayCost === 'undelivered' ? ' (never delivered)' : ''}`,
  `${(recoveryMs / 1_000).toFixed(1)} s`,
];
