import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ConnectState } from '../attempts/attempt.js';
import { legDone } from '../attempts/decisions.js';
import { ACCOUNTS, connectState, identity, PRIMARY } from '../testing/attempt-states.js';
import { nextConnectStep } from './connect-step.js';

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
  expect(nextConnectStep(state(members), PRIMARY).kind).toBe(kind);
});

describe('for every visit of the connect page', () => {
  test('attack: a link for one account connects a provider to another', () => {
    fc.assert(
      fc.property(connectState, (visit) => {
        const step = nextConnectStep(visit, PRIMARY);
        if (step.kind !== 'adopt' || visit.expectedAccountId === undefined) return;
        expect(step.accountId).toBe(visit.expectedAccountId);
      }),
    );
  });

  test('attack: somebody who never signed in from an application gets an account through the connect page', () => {
    fc.assert(
      fc.property(connectState, (visit) => {
        fc.pre(visit.person?.isNew === true);
        expect(['no-account', 'wrong-account', 'refuse']).toContain(nextConnectStep(visit, PRIMARY).kind);
      }),
    );
  });

  test('nothing is adopted before the provider answered, and nothing while a leg has failed', () => {
    fc.assert(
      fc.property(connectState, (visit) => {
        const step = nextConnectStep(visit, PRIMARY);
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
        for (let step = nextConnectStep(visit, PRIMARY); step.kind === 'visit';) {
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
          step = nextConnectStep(visit, PRIMARY);
        }
      }),
    );
  });
});
