import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DoctorWorld } from './doctor-world.fixture.js';
import { connection, vaultWith } from './recorded-plants.fixture.js';
import { listed } from './recorded-checks.js';

let world: DoctorWorld;
beforeAll(async () => {
  world = await DoctorWorld.start();
});
afterAll(() => world.close());

test('what the vault has seen of tokens, and what backends speak, is told beside what is wrong', async () => {
  world.backend.faults = { discovered: ['2026-07-28'] };
  const api = 'https://api.octo.example';
  const { facts } = await world.diagnose(
    await vaultWith(
      connection('live', 'now()', { hasRefreshToken: true, rotated: true, audiences: [api] }),
      connection('live', 'now()', { hasRefreshToken: true, rotated: false, audiences: [api, 'repos'] }),
      connection('live', 'null', { hasRefreshToken: false }),
      connection('live', 'null'),
    ),
  );
  const of = (about: string) =>
    facts.filter((fact) => fact.about === about).map(({ what, is }) => [what, is]);
  expect(of('provider octo')).toEqual([
    ['connections', '4'],
    ['refresh token', 'issued for 2 of 3'],
    ['at a renewal', 'rotates for 1 of 2'],
    ['audience of access tokens', expect.stringContaining(api)],
  ]);
  expect(of('provider sso')).toEqual([]);
  expect(of('backend open')).toEqual([['revisions of MCP', '2026-07-28, 2025-11-25']]);
  expect(of('backend repos')).toEqual([
    ['audience that it wants', `${world.backend.origin}/repos/mcp`],
    ['audience of its tokens', expect.stringContaining('repos')],
  ]);
});

test('a vault of the release before has recorded less, and nothing is made up', async () => {
  const { facts, findings } = await world.diagnose(await vaultWith(connection('live', 'null')));
  expect(findings).toEqual([]);
  expect(facts.filter(({ about }) => about === 'provider octo').map(({ is }) => is)).toEqual([
    '1',
    'not seen yet',
    'not seen yet',
    'not seen: none is a JWT that names one',
  ]);
});

test('of many audiences a few are told', () => {
  expect(
    listed([
      ['a', 'b'],
      ['b', 'c', 'd'],
      ['e', 'f', 'g'],
    ]),
  ).toBe('a, b, c, d, e, and 2 more');
});
