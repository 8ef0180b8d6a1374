import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionId } from '@gatehouse/kernel/ids';
import { SubjectTokens } from '../credentials/subject-tokens.flow.js';
import {
  answering,
  DEAD,
  OURS,
  PAGES,
  PASSING,
  UNCLEAR,
  type SaidByProvider,
} from '../testing/provider-answers.js';
import { startRefreshWorld, type RefreshWorld } from '../testing/refresh-world.js';
import { send } from '../testing/stub-provider.js';
import { ACME_AND_OCTO } from '../testing/vault-world.js';
import { oidcProvider } from '../testing/vault-config.js';

let world: RefreshWorld;

beforeAll(async () => {
  world = await startRefreshWorld();
});
beforeEach(() => world.stub.reset());
afterAll(() => world.close());

const refuse = (answer: SaidByProvider): void => {
  let asked = 0;
  world.stub.misbehave.set('token', (request, response, form) => {
    if (form.get('grant_type') !== 'refresh_token') return 'as-usual';
    asked += 1;
    world.stub.counts.refresh = asked;
    return answering(answer)(request, response, form);
  });
};

/** What a caller hears, once the rest after the last failure is over. */
const heard = async (tsid: string, accountId: string, refused?: string): Promise<string> => {
  await world.wakeUp(accountId);
  return await world.client.inject(tsid, 'directory', refused).then(
    () => 'a token',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'nothing'),
  );
};

test.each(DEAD)('a grant that is over asks the person at once: $name', async (answer) => {
  const { tsid, accountId } = await world.expired();
  refuse(answer);
  expect(await heard(tsid, accountId)).toBe('reauth_required');
  expect(await world.rowOf(accountId)).toMatchObject({ state: 'reauth_required', leased: false });
  expect(world.stub.counts.refresh).toBe(1);
  expect(await world.revoked()).toEqual([]);
});

describe('a refusal that does not say why', () => {
  test.each(UNCLEAR)('asks the person at the second: $name', async (answer) => {
    const { tsid, accountId } = await world.expired();
    refuse(answer);
    expect(await heard(tsid, accountId)).toBe('provider_unavailable');
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', refusals: 1, resting: true });
    expect(await heard(tsid, accountId)).toBe('reauth_required');
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'reauth_required' });
    world.stub.misbehave.clear();
    await world.client.signIn({ acme: world.as('alice') }, accountId);
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', refusals: 0 });
  });

  const [answer = { name: '', status: 400, body: '{}' }] = UNCLEAR;

  /** A provider that failed is left alone for a second, give or take a quarter. */
  const SHORTEST_REST_MS = 750;

  test('is counted once for forty callers on two replicas', async () => {
    const { tsid, accountId } = await world.expired();
    refuse(answer);
    await world.wakeUp(accountId);
    const beganAtMs = Date.now();
    const asking = Array.from({ length: 40 }, () => world.client.inject(tsid, 'directory'));
    const codes = (await Promise.allSettled(asking)).map((one) =>
      one.status === 'rejected' ? (one.reason as { code: string }).code : 'a token',
    );
    const restsOver = Math.floor((Date.now() - beganAtMs) / SHORTEST_REST_MS);
    const asked = world.stub.counts.refresh;
    expect(asked).toBeLessThanOrEqual(1 + restsOver);
    // A machine that takes longer than the rest has callers who come after it, and rightly ask once more.
    const [heardCodes, row] =
      asked === 1
        ? [['provider_unavailable'], { state: 'live', refusals: 1 }]
        : [['provider_unavailable', 'reauth_required'], { state: 'reauth_required' }];
    expect([...new Set(codes)].sort()).toEqual(heardCodes);
    expect(await world.rowOf(accountId)).toMatchObject(row);
  });

  test('is the second one for a process that has just started, too', async () => {
    const { tsid, accountId } = await world.expired();
    refuse(answer);
    expect(await heard(tsid, accountId)).toBe('provider_unavailable');
    await world.wakeUp(accountId);
    const another = await world.startVault({
      providers: [oidcProvider('acme', world.stub.issuer)],
      backends: { directory: ACME_AND_OCTO.directory },
    });
    const subjects = another.app.get(SubjectTokens);
    const { connection } = await subjects.bound(tsid as SessionId, 'acme');
    await expect(subjects.tokens(connection)).rejects.toMatchObject({ code: 'reauth_required' });
    await another.close();
  });

  test('is the second one after an outage in between, too', async () => {
    const { tsid, accountId } = await world.expired();
    const said = [answer, PASSING[0], PASSING[5], OURS[0], answer].flatMap((one) => one ?? []);
    const codes: string[] = [];
    for (const one of said) {
      refuse(one);
      codes.push(await heard(tsid, accountId));
    }
    expect(codes).toEqual([...Array<string>(4).fill('provider_unavailable'), 'reauth_required']);
  });

  test('is forgotten when new tokens come', async () => {
    const { tsid, accountId } = await world.expired();
    refuse(answer);
    expect(await heard(tsid, accountId)).toBe('provider_unavailable');
    world.stub.misbehave.clear();
    expect(await heard(tsid, accountId)).toBe('a token');
    expect(await world.rowOf(accountId)).toMatchObject({ refusals: 0 });
  });

  test('of a token that still lives asks whoever cannot use it, and nobody else', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    const { accessToken } = await world.client.inject(tsid, 'directory');
    refuse(answer);
    expect(await heard(tsid, accountId, accessToken)).toBe('provider_unavailable');
    expect(await heard(tsid, accountId, accessToken)).toBe('reauth_required');
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'live' });
    expect(await heard(tsid, accountId)).toBe('a token');
    await world.expire(accountId);
    expect(await heard(tsid, accountId)).toBe('reauth_required');
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'reauth_required' });
  });

  test('of a token without a known end asks at the second: a backend has refused it', async () => {
    world.stub.accessTokenSeconds = undefined;
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    const { accessToken } = await world.client.inject(tsid, 'directory');
    refuse(answer);
    expect(await heard(tsid, accountId, accessToken)).toBe('provider_unavailable');
    expect(await heard(tsid, accountId, accessToken)).toBe('reauth_required');
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'reauth_required' });
  });
});

test('no outage, no fault of ours and no page ever asks a person, however many come in a row', async () => {
  const { tsid, accountId } = await world.expired();
  for (const answer of [...PASSING, ...OURS, ...PAGES]) {
    refuse(answer);
    expect([answer.name, await heard(tsid, accountId)]).toEqual([answer.name, 'provider_unavailable']);
    await world.change(accountId, 'failures = 0');
  }
  expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', refusals: 0 });
  world.stub.misbehave.clear();
  expect(await heard(tsid, accountId)).toBe('a token');
});

test('a discovery document of another issuer is told as that, and costs nobody their connection', async () => {
  const { tsid, accountId } = await world.expired();
  world.stub.misbehave.set('discovery', (_request, response) =>
    send(response, 200, { issuer: 'https://another.example' }),
  );
  const another = await world.startVault({
    providers: [oidcProvider('acme', world.stub.issuer)],
    backends: { directory: ACME_AND_OCTO.directory },
  });
  const subjects = another.app.get(SubjectTokens);
  const { connection } = await subjects.bound(tsid as SessionId, 'acme');
  await expect(subjects.tokens(connection)).rejects.toMatchObject({
    code: 'provider_misconfigured',
    details: { provider: 'acme' },
  });
  await another.close();
  expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', refusals: 0 });
  world.stub.misbehave.clear();
  expect(await heard(tsid, accountId)).toBe('a token');
});

describe('an answer that is not of the form that would let it be judged', () => {
  test.each([
    ['an id_token that is none', { id_token: 'garbage' }],
    ['an id_token of an algorithm that nobody agreed on', { id_token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln' }],
    ['no access token', { access_token: null }],
  ])('%s: it is kept and judged again, and never revoked', async (_what, members) => {
    const { tsid, accountId } = await world.expired();
    world.stub.misbehave.set('token', (_request, response) =>
      send(response, 200, { access_token: 'a', token_type: 'Bearer', refresh_token: 'new', ...members }),
    );
    expect(await heard(tsid, accountId)).toBe('provider_unavailable');
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', answered: true, refusals: 1 });
    expect(await heard(tsid, accountId)).toBe('reauth_required');
    expect(await world.revoked()).toEqual([]);
  });
});
