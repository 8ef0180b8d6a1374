import type { FiguresOfScale, Row } from '../figures-of-scale.js';
import { numberIn, rowsOf, shown } from './known.js';
import type { MeasuredRates } from './measured-rates.js';

/** Where each part ends, how that shows, and what helps. */
export function limitsOf(figures: FiguresOfScale, rates: MeasuredRates): readonly Row[] {
  const last = (rows: readonly Row[]): Row | undefined => rows.at(-1);
  const backends = last(rowsOf(figures, 'backends', 'backends and their lists'));
  const tools = last(
    rowsOf(figures, 'tools', 'tools and their lists').filter(({ names }) => names === 'prefix'),
  );
  const asks = rowsOf(figures, 'pools', 'credentials at once, one vault');
  const good = last(asks.filter((row) => numberIn(row, 'failed') === 0));
  const bad = asks.find((row) => numberIn(row, 'failed') > 0);
  const killed = rowsOf(figures, 'bus', 'a server of the bus is killed').filter(({ phase }) =>
    String(phase).includes('killed'),
  );
  const recovery =
    killed.length === 0 ? Number.NaN : Math.max(...killed.map((row) => numberIn(row, 'well again after ms')));
  const held = rowsOf(figures, 'pools', 'no connection left')[1];
  const line = (part: string, symptom: string, limit: string, add: string): Row => ({
    part,
    symptom,
    limit,
    'what to add': add,
  });
  return [
    line(
      'proxy',
      'p99 of calls grows, one core is busy',
      `${shown(rates.callsPerSecond)} small calls/s a core`,
      '`workers`, or another proxy',
    ),
    line(
      'proxy',
      'warm calls are as slow as first ones; more questions on the bus',
      '20,000 people, tokens and session views, 50,000 credentials a process',
      'more proxies, and a load balancer that sends each person to one of them',
    ),
    line(
      'proxy',
      'connections are closed at once',
      '4,096 open connections a process',
      '`workers`, more proxies, or a reverse proxy that keeps clients’ connections',
    ),
    line(
      'backends',
      `the first list takes ${shown(numberIn(backends, 'first list ms') / 1_000, 's')}`,
      `${shown(numberIn(backends, 'backends'))} backends, a credential each`,
      'views, so that nobody sees all of them',
    ),
    line(
      'tools',
      `a list is ${shown(numberIn(tools, 'list MiB'), 'MiB')} and takes ${shown(numberIn(tools, 'cached list ms'), 'ms')} from the cache`,
      `${shown(numberIn(tools, 'tools'))} tools; of one backend 2,000 or 4 MiB (\`list-cut-short\`)`,
      'views and `aggregation` that hide tools: clients and models stop long before',
    ),
    line(
      'sign-ins',
      'pages take longer, one core is busy',
      `${shown(1_000 / rates.signIn.serverMs)} a second for each core of an authorization server`,
      'another authorization server',
    ),
    line(
      'sign-ins',
      'HTTP 429 for people behind one address',
      '10 sign-ins and 30 token requests a second from one address',
      '`trustedProxies`, so that people count and not the reverse proxy',
    ),
    line(
      'vault',
      bad === undefined
        ? `credentials wait: p99 ${shown(numberIn(good, 'p99 ms'), 'ms')} with ${shown(numberIn(good, 'asks at once'))} at once`
        : `\`${String(bad['said']).split(' ')[0] ?? ''}\` with ${shown(numberIn(bad, 'asks at once'))} asks at once`,
      `${shown(rates.credentialsPerSecond)} credentials/s a vault`,
      'another vault: they share nothing but Postgres',
    ),
    line(
      'Postgres',
      `callers hear: ${said(held)}`,
      '`max_connections`; 12 for each vault, 14 for each authorization server',
      'a higher `max_connections`, or fewer replicas: a pool has no setting',
    ),
    line(
      'bus',
      `questions wait for up to ${shown(recovery / 1_000, 's')} when a server is lost`,
      'one server of three',
      'three servers, five where two may be away',
    ),
    line(
      'bus',
      'older clients get no new session (`legacySessions` in `/readyz`)',
      'some 400,000 sessions of older clients a day',
      'a second gateway, or clients of 2026-07-28, which have no session',
    ),
  ];
}

function said(row: Row | undefined): string {
  if (row === undefined) return 'not measured';
  const words = String(row['said'] ?? '');
  return words === '' ? 'nothing, all are answered' : `\`${words.split(' ')[0] ?? ''}\``;
}
