/** What docs/guides/troubleshoot.md quotes is what the product says, each error code is on it, and each log line that it names exists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES } from '../../libs/kernel/dist/error-codes.js';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const PAGE = 'docs/guides/troubleshoot.md';
const read = (path) => readFileSync(join(REPOSITORY, path), 'utf8');

/** Texts may be put together of several lines of code: blanks and quotes between them do not count. */
const plain = (text) => text.replace(/['"`+\\\s]+/g, ' ');
const source = filesBelow(['apps', 'libs'], '.ts')
  .filter((path) => path.includes('/src/') && !/\.(spec|fixture)\.ts$/.test(path))
  .map((path) => plain(read(path)))
  .join('\n');
const page = read(PAGE);
const events = new Set(
  [...read('docs/reference/events.md').matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name),
);

/** What stands for a name or a number is `…`. */
const isSaid = (quote) =>
  quote
    .split('…')
    .map((piece) => plain(piece).trim())
    .filter((piece) => piece.length > 2)
    .every((piece) => source.includes(piece));

const quotes = [...page.matchAll(/“([^”]+)”/g)].map(([, quote]) => quote);
const rows = page.split('\n').filter((line) => line.startsWith('|'));
const lastCells = rows.map((row) => row.split('|').at(-2) ?? '');
const firstCells = page.slice(page.indexOf('## By log line')).matchAll(/^\| `([\w-]+)`/gm);
const named = [
  ...lastCells.flatMap((cell) =>
    [...cell.matchAll(/(?<!\[)`([a-z]+(?:-[a-z]+)+)`/g)].map(([, name]) => name),
  ),
  ...[...firstCells].map(([, name]) => name),
].filter((name) => name !== 'event');
const problems = [
  ...quotes.filter((quote) => !isSaid(quote)).map((quote) => `nothing in the product says “${quote}”`),
  ...named.filter((name) => !events.has(name)).map((name) => `there is no log line ${name}`),
  ...Object.keys(ERROR_CODES)
    .filter((code) => !page.includes(`| [\`${code}\`](../failure-modes.md#${code})`))
    .map((code) => `the table of error codes has no row for ${code}`),
];
report(
  problems.map((problem) => `${PAGE}: ${problem}`),
  { looked: quotes.length + named.length },
);
