import { expect, jest, test } from '@jest/globals';
import { sha256 } from '@gatehouse/kernel/digest';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import { principalKey, type Principal } from '../incoming-auth/principal.js';
import { tokenHeader, type BackendCredential } from './credential-header.js';
import { Credentials } from './credentials.flow.js';
import type { AskedCredential, OutgoingStrategy, RefusedToken } from './strategy.js';

const person = (issuer: string, subject: string, tsid: string): Principal => ({
  issuer,
  subject,
  tsid: tsid as never,
  clientId: 'c',
  scopes: new Set(),
  key: principalKey(issuer, subject, tsid),
});
const ALICE = person('i', 'alice', 's1');
const LATER = Number.MAX_SAFE_INTEGER;

function setUp(
  answer: (principal: Principal, refused: RefusedToken | undefined) => Promise<AskedCredential>,
  stepsUp = true,
) {
  const clock = { nowMs: 0 };
  const ask = jest.fn(answer);
  const strategy: OutgoingStrategy = { kind: 'perUser', providers: ['octo'], stepsUp, ask };
  const strategies = new Map([
    ['one', strategy],
    ['two', strategy],
  ]);
  return { ask, clock, credentials: new Credentials(strategies, () => clock.nowMs) };
}

const token = (text: string, useUntilMs = LATER): AskedCredential => ({
  credential: tokenHeader(text, sha256(text)),
  useUntilMs,
});
const revealed = (credential: BackendCredential | undefined): string | undefined =>
  credential && 'value' in credential ? credential.value.reveal() : undefined;

test('each of issuer, subject, session and backend has a credential of its own', async () => {
  let made = 0;
  const { credentials } = setUp(async () => {
    made += 1;
    return await Promise.resolve(token(`token-${made}`));
  });
  const callers = [
    ALICE,
    person('other', 'alice', 's1'),
    person('i', 'bob', 's1'),
    person('i', 'alice', 's2'),
  ];
  const seen = new Set<string | undefined>();
  for (const caller of callers)
    for (const backend of ['one', 'two']) seen.add(revealed(await credentials.of(caller, backend, LATER)));
  expect(seen.size).toBe(8);
});

test('a credential is used for thirty seconds at most, and never longer than the vault said', async () => {
  const { ask, clock, credentials } = setUp(async () => await Promise.resolve(token('t')));
  await credentials.of(ALICE, 'one', LATER);
  clock.nowMs = 29_999;
  expect(credentials.of(ALICE, 'one', LATER)).not.toBeInstanceOf(Promise);
  clock.nowMs = 30_000;
  await credentials.of(ALICE, 'one', LATER);
  expect(ask).toHaveBeenCalledTimes(2);

  const short = setUp(async () => await Promise.resolve(token('t', 1_000)));
  await short.credentials.of(ALICE, 'one', LATER);
  short.clock.nowMs = 1_000;
  expect(short.credentials.of(ALICE, 'one', LATER)).toBeInstanceOf(Promise);
});

test('however many calls wait, the vault is asked once', async () => {
  const { ask, credentials } = setUp(async () => await Promise.resolve(token('t')));
  await Promise.all(Array.from({ length: 20 }, async () => await credentials.of(ALICE, 'one', LATER)));
  expect(ask).toHaveBeenCalledTimes(1);
});

test('a call with the next token that waits for the question of one that has ended asks with its own', async () => {
  const { ask, credentials } = setUp(async (principal) => {
    if (principal.token?.reveal() === 'ended') throw new GatehouseError('token_invalid');
    return await Promise.resolve(token('t'));
  });
  const ended = credentials.of({ ...ALICE, token: new Secret('ended') }, 'one', LATER);
  const next = credentials.of({ ...ALICE, token: new Secret('next') }, 'one', LATER);
  await expect(ended).rejects.toMatchObject({ code: 'token_invalid' });
  expect(revealed(await next)).toBe('Bearer t');
  expect(ask).toHaveBeenCalledTimes(2);
});

test('a credential asked for before it was revoked is not kept', async () => {
  let answer: (asked: AskedCredential) => void = () => undefined;
  const { ask, credentials } = setUp(async () => await new Promise((resolve) => (answer = resolve)));
  const first = credentials.of(ALICE, 'one', LATER);
  await Promise.resolve();
  credentials.forget(() => true);
  answer(token('revoked'));
  await first;
  void credentials.of(ALICE, 'one', LATER);
  expect(ask).toHaveBeenCalledTimes(2);
});

test('forgetting is as narrow as it says', async () => {
  const { ask, credentials } = setUp(async () => await Promise.resolve(token('t')));
  for (const backend of ['one', 'two']) await credentials.of(ALICE, backend, LATER);
  credentials.forget((principal, backend) => principal.subject === 'alice' && backend === 'one');
  expect(credentials.of(ALICE, 'two', LATER)).not.toBeInstanceOf(Promise);
  await credentials.of(ALICE, 'one', LATER);
  expect(ask).toHaveBeenCalledTimes(3);
});

test('many calls refused with one token ask for one other, and the refused one is named', async () => {
  const { ask, credentials } = setUp(
    async (_principal, refused) => await Promise.resolve(token(refused === undefined ? 'old' : 'new')),
  );
  await credentials.of(ALICE, 'one', LATER);
  const old = { digest: sha256('old') };
  const others = await Promise.all(
    Array.from({ length: 10 }, async () => await credentials.instead(ALICE, 'one', old, LATER)),
  );
  expect(new Set(others.map(revealed))).toEqual(new Set(['Bearer new']));
  expect(ask).toHaveBeenCalledTimes(2);
  expect(ask.mock.calls[1]?.[1]).toEqual(old);
  // A late call, refused with the old token, gets the credential that is here already.
  expect(revealed(await credentials.instead(ALICE, 'one', old, LATER))).toBe('Bearer new');
  expect(ask).toHaveBeenCalledTimes(2);
});

test('the same token again is no other token', async () => {
  const { credentials } = setUp(async () => await Promise.resolve(token('same')));
  await credentials.of(ALICE, 'one', LATER);
  expect(await credentials.instead(ALICE, 'one', { digest: sha256('same') }, LATER)).toBeUndefined();
});

test('a token with too few scopes for one call stays good for others', async () => {
  const { ask, credentials } = setUp(
    async (_principal, refused) =>
      await (refused === undefined
        ? Promise.resolve(token('few'))
        : Promise.reject(new GatehouseError('insufficient_scope'))),
  );
  await credentials.of(ALICE, 'one', LATER);
  const lacking = (lackingScope: string) => ({ digest: sha256('few'), lackingScope });
  const refusals = await Promise.allSettled(
    ['write', 'write', 'delete'].map((scope) => credentials.instead(ALICE, 'one', lacking(scope), LATER)),
  );
  expect(refusals).toEqual(
    refusals.map(() => ({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'insufficient_scope' }),
    })),
  );
  // Each want of scopes is a question of its own.
  expect(ask).toHaveBeenCalledTimes(3);
  expect(credentials.of(ALICE, 'one', LATER)).not.toBeInstanceOf(Promise);
});

test('where the configuration sets the scopes, nobody is asked for others', async () => {
  const { ask, credentials } = setUp(async () => await Promise.resolve(token('few')), false);
  await credentials.of(ALICE, 'one', LATER);
  const refused = { digest: sha256('few'), lackingScope: 'write' };
  expect(await credentials.instead(ALICE, 'one', refused, LATER)).toBeUndefined();
  expect(ask).toHaveBeenCalledTimes(1);
});

test('attack: the credential of a tool with scopes of its own is given to no other tool, kept, refused or asked for at once', async () => {
  const asked: (string | undefined)[] = [];
  const strategy: OutgoingStrategy = {
    kind: 'perUser',
    providers: [],
    stepsUp: false,
    varietyFor: (tool) => (tool.startsWith('write') ? 'tickets:write' : ''),
    ask: async (_principal, refused, _deadlineAtMs, tool) => {
      asked.push(tool);
      return await Promise.resolve(token(`${tool ?? 'any'}${refused === undefined ? '' : ' again'}`));
    },
  };
  const shown = (one: BackendCredential | undefined) => revealed(one)?.replace('Bearer ', '');
  const credentials = new Credentials(new Map([['one', strategy]]), () => 0);
  const of = async (tool?: string, caller = ALICE) =>
    shown(await credentials.of(caller, 'one', LATER, { tool }));

  expect(await Promise.all([of('write_a'), of('read'), of(), of('write_b'), of('rewrite')])).toEqual([
    'write_a',
    'any',
    'any',
    'write_a',
    'any',
  ]);
  expect(await of('write_a', person('i', 'bob', 's1'))).toBe('write_a');
  // One question for each of Alice's, and one for Bob's. A tool without scopes of its own is not named.
  expect(asked).toEqual(['write_a', undefined, 'write_a']);

  const another = await credentials.instead(ALICE, 'one', { digest: sha256('write_a') }, LATER, {
    tool: 'write_b',
  });
  expect([shown(another), await of('write_a'), await of('read')]).toEqual([
    'write_b again',
    'write_b again',
    'any',
  ]);
  credentials.forget(({ subject }) => subject === 'alice');
  await Promise.all([of('write_a'), of()]);
  expect(asked.slice(-2)).toEqual(['write_a', undefined]);
});
