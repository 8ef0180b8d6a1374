/** What is stale on the page for troubleshooting: texts that the product does not say, log lines that do not exist, codes without a row. */

/** Texts may be put together of several lines of code: blanks and quotes between them do not count. */
const plain = (text) => text.replace(/['"`+\\\s]+/g, ' ');

/** @param {readonly string[]} files */
export const sourceOf = (files) => files.map(plain).join('\n');

/**
 * @param {string} page
 * @param {{ source: string, events: ReadonlySet<string>, codes: readonly string[] }} product
 * @returns {{ problems: string[], looked: number }}
 */
export function troubleshootProblems(page, { source, events, codes }) {
  const quotes = [...page.matchAll(/“([^”]+)”/g)].map(([, quote]) => quote);
  const named = eventsOn(page);
  return {
    problems: [
      ...quotes
        .filter((quote) => !isSaid(quote, source))
        .map((quote) => `nothing in the product says “${quote}”`),
      ...named.filter((name) => !events.has(name)).map((name) => `there is no log line ${name}`),
      ...codes
        .filter((code) => !page.includes(`| [\`${code}\`](../failure-modes.md#${code})`))
        .map((code) => `the table of error codes has no row for ${code}`),
    ],
    looked: quotes.length + named.length,
  };
}

/** What stands for a name or a number is `…`. */
const isSaid = (quote, source) =>
  quote
    .split('…')
    .map((piece) => plain(piece).trim())
    .filter((piece) => piece.length > 2)
    .every((piece) => source.includes(piece));

/** Log lines are in the last column, and in the first one of the table that is about them. */
function eventsOn(page) {
  const lastCells = page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((row) => row.split('|').at(-2) ?? '');
  const inLast = lastCells.flatMap((cell) => [...cell.matchAll(/(?<!\[)`([a-z]+(?:-[a-z]+)+)`/g)]);
  const inFirst = page.slice(page.indexOf('## By log line')).matchAll(/^\| `([a-z]+(?:-[a-z]+)+)`/gm);
  return [...inLast, ...inFirst].map(([, name]) => name);
}
