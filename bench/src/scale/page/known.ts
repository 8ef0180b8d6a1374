import type { FiguresOfScale, PartName, Row } from '../figures-of-scale.js';
import { numberText } from './markdown.js';

/** The rows of a table; none: it was not measured. */
export const rowsOf = (figures: FiguresOfScale, part: PartName, table: string): readonly Row[] =>
  figures.parts[part]?.tables[table] ?? [];

/** A number of a row; `NaN`: it was not measured. */
export const numberIn = (row: Row | undefined, column: string): number => {
  const value = row?.[column];
  return typeof value === 'number' ? value : Number.NaN;
};

/** The row in which the column is greatest. */
export const rowWithMost = (rows: readonly Row[], column: string): Row | undefined =>
  rows.reduce<Row | undefined>(
    (most, row) => (most === undefined || numberIn(row, column) > numberIn(most, column) ? row : most),
    undefined,
  );

/** With three digits that count; what follows from nothing says so. */
export function shown(value: number, unit = ''): string {
  if (Number.isNaN(value)) return 'not measured';
  const digits = Number(value.toPrecision(3));
  return `${numberText(digits)}${unit === '' ? '' : ` ${unit}`}`;
}
