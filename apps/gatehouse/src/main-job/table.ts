import { aligned } from '../aligned.js';
import { inertJson } from '../inert-text.js';
import type { Arrival, Row } from './arrivals.js';

const HEADINGS = ['', 'tool', 'backend', 'strategy', 'arrived', 'issuer', 'subject', 'audience'];

/** The rows as an aligned table; a wrong one is followed by what should have arrived. */
export function renderTable(rows: readonly Row[], symbols = { right: '✓', wrong: '✗' }): string {
  const lines = rows.flatMap((row) => {
    const start = [row.isRight ? symbols.right : symbols.wrong, row.tool, row.backend, row.strategy];
    if ('failure' in row.arrived) return [[...start, 'nothing', '', '', '']];
    const line = [...start, ...cells(row.arrived)];
    return row.isRight ? [line] : [line, ['', '', '', 'expected:', ...cells(row.expected)]];
  });
  const failures = rows.flatMap(({ tool, arrived }) =>
    'failure' in arrived ? [`${tool}: ${arrived.failure}`] : [],
  );
  return [...aligned([HEADINGS, ...lines]), ...failures].join('\n');
}

const cells = ({ credential, issuer, subject, audience, unexpected }: Arrival): string[] => [
  unexpected.length === 0 ? credential : `${credential} (and ${unexpected.join(', ')})`,
  issuer ?? '-',
  subject ?? '-',
  audience ?? '-',
];

/** The rows as `--json` prints them: plain values, `null` where there is none. */
export function renderJson(rows: readonly Row[]): string {
  const plain = rows.map(({ tool, backend, strategy, arrived, expected, isRight }) => ({
    tool,
    backend,
    strategy,
    ...('failure' in arrived ? { failure: arrived.failure } : { arrived: plainArrival(arrived) }),
    expected: plainArrival(expected),
    ok: isRight,
  }));
  return inertJson(plain);
}

const plainArrival = ({ credential, issuer, subject, audience, unexpected }: Arrival) => ({
  credential,
  issuer: issuer ?? null,
  subject: subject ?? null,
  audience: audience ?? null,
  unexpected,
});
