import { afterEach, expect, jest, test } from '@jest/globals';
import { Database } from '@gatehouse/persistence/database';
import { shareWorld, startServiceWorld, type ServiceWorld } from './testing/service-world.js';

let world: ServiceWorld;
shareWorld(startServiceWorld, (started) => (world = started));

afterEach(() => {
  jest.restoreAllMocks();
});
/** What the driver, its pool and the Prisma client throw when the database cannot be used. */
const OUTAGES: readonly (readonly [string, object])[] = [
  ...['57P01', '57P03', '53300', '08006', '40001', '57014', '25006'].map(
    (code) => [code, { code, severity: 'FATAL' }] as const,
  ),
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH'].map((code) => [code, { code }] as const),
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2037'].map((code) => [code, { code }] as const),
  ['a query that is not answered', { message: 'Query read timeout' }],
  ['a pool that is used up', { message: 'timeout exceeded when trying to connect' }],
];

const failing = (members: object): void => {
  const error = Object.assign(new Error('the database is away'), members);
  jest.spyOn(world.service.app.get(Database), 'query').mockRejectedValue(error);
};

test.each(OUTAGES)(
  'the token endpoint, with %s: temporarily_unavailable and 503, so that no client signs anybody out',
  async (_what, members) => {
    failing(members);
    const answer = await fetch(`${world.service.local}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'c', refresh_token: 'r' }),
    });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await answer.json()).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'A part of the gateway cannot be reached. Try again shortly.',
    });
  },
);

test.each(OUTAGES)(
  'a person who comes to sign in, with %s: a page with 503 that says to try again',
  async (_what, members) => {
    const { url } = world.service.authorizeUrl(await world.service.register());
    failing(members);
    const answer = await fetch(url, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('A part of the gateway is unavailable');
  },
);

test('an error that is ours stays ours', async () => {
  failing({ code: '42P01', severity: 'ERROR' });
  const answer = await fetch(`${world.service.local}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'c', refresh_token: 'r' }),
  });
  expect([answer.status, await answer.json()]).toEqual([
    500,
    expect.objectContaining({ error: 'server_error' }),
  ]);
});
