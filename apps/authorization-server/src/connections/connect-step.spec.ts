import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ConnectState } from '../attempts/attempt.js';
import { legDone } from '../attempts/decisions.js';
import { account, ACCOUNTS, connectState, identity, PRIMARY } from '../testing/attempt-states.js';
import { nextConnectStep, type ConnectStep } from './connect-step.js';

const [ALICE, BOB] = ACCOUNTS;
const DONE = { kind: 'done', identity: { subject: 'one' } } as const;
const state = (members: Partial<ConnectState>): ConnectState => ({
  kind: 'connect',
  legs: {},
  fresh: [],
  adopted: false,
  ...members,
});
const known = { accountId: ALICE, isNew: false };
/** In a browser whose account is the visit's person. */
const stepOf = (visit: ConnectState, browserAccountId = visit.person?.accountId): ConnectStep =>
  nextConnectStep(visit, { primaryProvider: PRIMARY, browserAccountId });

test.each<[string, Partial<ConnectState>, string]>([
  ['nobody is known yet', { provider: 'octo' }, 'visit'],
  ['a known person without the provider', { provider: 'octo', person: known }, 'visit'],
  ['a known person with the provider', { provider: 'octo', person: known, legs: { octo: DONE } }, 'adopt'],
  ['a known person who was only to be signed in', { person: known }, 'adopt'],
  [
    'the provider refused',
    { provider: 'octo', legs: { octo: { kind: 'failed', reason: 'denied' } } },
    'refuse',
  ],
  ['somebody without an account', { person: { ...known, isNew: true } }, 'no-account'],
  ['somebody else than the link is for', { person: known, expectedAccountId: BOB }, 'wrong-account'],
])('%s', (_case, members, kind) => {
  expect(stepOf(state(members)).kind).toBe(kind);
});

test('a browser that was signed out goes on when its person has proven who they are, and not otherwise', () => {
  const visit = { provider: 'octo', person: known, expectedAccountId: ALICE };
  const stepIn = (legs: ConnectState['legs']): ConnectStep =>
    nextConnectStep(state({ ...visit, legs }), { primaryProvider: PRIMARY, browserAccountId: undefined });
  expect(stepIn({ [PRIMARY]: DONE })).toEqual({ kind: 'visit', provider: 'octo' });
  expect(stepIn({ octo: DONE })).toEqual({ kind: 'wrong-account' });
});

describe('for every visit of the connect page', () => {
  test('attack: a link for one account connects a provider to another', () => {
    fc.assert(
      fc.property(connectState, (visit) => {
        const step = stepOf(visit);
        if (step.kind !== 'adopt' || visit.expectedAccountId === undefined) return;
        expect(step.accountId).toBe(visit.expectedAccountId);
      }),
    );
  });

  test('attack: somebody who never signed in from an application gets an account through the connect page', () => {
    fc.assert(
      fc.property(connectState, (visit) => {
        fc.pre(visit.person?.isNew === true);
        expect(['no-account', 'wrong-account', 'refuse']).toContain(stepOf(visit).kind);
      }),
    );
  });

  test('attack: a visit that somebody left behind signs the next person in as them, or connects their provider', () => {
    fc.assert(
      fc.property(connectState, account, (visit, browserAccountId) => {
        const { person, provider } = visit;
        fc.pre(person !== undefined && provider !== undefined && person.accountId !== browserAccountId);
        expect(stepOf(visit, browserAccountId).kind).toBe('wrong-account');
      }),
    );
  });

  test('nothing is adopted before the provider answered, and nothing while a leg has failed', () => {
    fc.assert(
      fc.property(connectState, (visit) => {
        const step = stepOf(visit);
        const outcomes = Object.values(visit.legs).map(({ kind }) => kind);
        expect(step.kind === 'refuse').toBe(outcomes.includes('failed'));
        if (step.kind === 'adopt' && visit.provider !== undefined)
          expect(visit.legs[visit.provider]?.kind).toBe('done');
      }),
    );
  });

  test('it ends after one visit of each provider at most', () => {
    fc.assert(
      fc.property(connectState, identity, (begun, who) => {
        let visit = begun;
        const visited: string[] = [];
        for (let step = stepOf(visit); step.kind === 'visit';) {
          visited.push(step.provider);
          expect(new Set(visited).size).toBe(visited.length);
          visit = legDone(visit, {
            provider: step.provider,
            identity: who,
            owner: ALICE,
            primaryProvider: PRIMARY,
            settledPerson: undefined,
            newAccount: BOB,
            nowMs: 1,
          });
          step = stepOf(visit);
        }
      }),
    );
  });
});
