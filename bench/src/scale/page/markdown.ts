import type { Row } from '../figures-of-scale.js';

/** A table of Markdown, with all columns that any row has. */
export function tableOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) =>
    rows.some((row) => row[column] !== ''),
  );
  return [columns, columns.map(() => '---'), ...rows.map((row) => columns.map((column) => cell(row[column])))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function cell(value: number | string | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'number' ? numberText(value) : value.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export const numberText = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 3 });
