/**
 * Prints the lines of that kind (`kind | cell | cell …`) that specs wrote as figures, each column as wide as its longest cell.
 * @param {string} kind
 * @param {string[]} headings none: the specs wrote them as the first line
 * @param {string} figures
 */
export function printTable(kind, headings, figures) {
  const rows = figures
    .split('\n')
    .filter((line) => line.startsWith(`${kind} | `))
    .map((line) => line.split(' | ').slice(1));
  const table = headings.length === 0 ? rows : [headings, ...rows];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  console.log();
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(' | ')
        .trimEnd(),
    );
  console.log();
}
