import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  account,
  attemptState,
  identity,
  outcome,
  PRIMARY,
  provider,
  signInState,
} from '../testing/attempt-states.js';
import { parseAttemptState, type AttemptState } from './attempt.js';
import { failed, legDone, retried, skipped, type LegProof } from './decisions.js';

const proof: fc.Arbitrary<LegProof> = fc.record({
  provider,
  identity,
  owner: fc.option(account, { nil: undefined }),
  primaryProvider: fc.constant(PRIMARY),
  settledPerson: fc.option(account, { nil: undefined }),
  newAccount: account,
  nowMs: fc.nat(),
});

const others = ({ legs }: AttemptState, than: string) =>
  Object.fromEntries(Object.entries(legs).filter(([name]) => name !== than));

/** The account that is linked to, once somebody new has been settled elsewhere. */
const personOf = ({ person }: AttemptState, { settledPerson }: LegProof) =>
  person?.isNew === true ? (settledPerson ?? person.accountId) : person?.accountId;

describe('a leg that came back with an identity', () => {
  test('attack: an identity of somebody else is linked to the account: the leg fails, and the account stays who it was', () => {
    fc.assert(
      fc.property(attemptState, proof, (state, facts) => {
        fc.pre(facts.provider !== PRIMARY && facts.owner !== undefined);
        fc.pre(facts.owner !== personOf(state, facts));
        const after = legDone(state, facts);
        expect(after.legs[facts.provider]).toEqual({ kind: 'failed', reason: 'identity_taken' });
        expect(after.person?.accountId).toBe(personOf(state, facts));
      }),
    );
  });

  test('attack: a provider that says no time lets a session of last week through, as if max_age were kept', () => {
    fc.assert(
      fc.property(signInState, proof, fc.nat(), fc.boolean(), (state, facts, maxAgeSeconds, isAskedAnew) => {
        const asked = { ...state, maxAgeSeconds, fresh: isAskedAnew ? [PRIMARY] : [] };
        const after = legDone(asked, { ...facts, provider: PRIMARY, authenticatedAtMs: undefined });
        expect('isTooOld' in after && after.isTooOld).toBe(!isAskedAnew);
      }),
    );
  });

  test('attack: on the connect page of one account somebody new signs in at the primary provider, to sign in as that account later', () => {
    fc.assert(
      fc.property(attemptState, proof, (state, facts) => {
        fc.pre(state.kind === 'connect' && state.person !== undefined);
        const after = legDone(state, { ...facts, provider: PRIMARY, owner: undefined });
        expect(after.legs[PRIMARY]).toEqual({ kind: 'failed', reason: 'identity_taken' });
        expect(after.person).toEqual(state.person);
      }),
    );
  });

  test('attack: what was approved in the name of one account counts for another', () => {
    fc.assert(
      fc.property(signInState, proof, (state, facts) => {
        fc.pre(state.person?.isNew === false && state.legs[PRIMARY]?.kind !== 'done');
        const after = legDone(state, { ...facts, provider: PRIMARY });
        fc.pre(after.person?.accountId !== state.person.accountId);
        expect([after.approvedAs, after.reuseConfirmed]).toEqual([undefined, false]);
      }),
    );
  });

  test('attack: legs of one account are kept when another person signs in', () => {
    fc.assert(
      fc.property(signInState, proof, (state, facts) => {
        const after = legDone(state, { ...facts, provider: PRIMARY });
        const isAnother = state.person !== undefined && after.person?.accountId !== state.person.accountId;
        expect(others(after, PRIMARY)).toEqual(isAnother ? {} : others(state, PRIMARY));
      }),
    );
  });

  test('the primary provider says who signs in: the owner of the identity, or somebody new', () => {
    fc.assert(
      fc.property(signInState, proof, (state, facts) => {
        const { person, legs } = legDone(state, { ...facts, provider: PRIMARY });
        expect(person).toEqual(
          facts.owner === undefined
            ? { accountId: facts.newAccount, isNew: true }
            : { accountId: facts.owner, isNew: false },
        );
        expect(legs[PRIMARY]).toEqual({ kind: 'done', identity: facts.identity });
      }),
    );
  });

  test('somebody new who finished in another browser meanwhile goes on as the account that they have by now', () => {
    fc.assert(
      fc.property(attemptState, proof, account, (state, facts, settledPerson) => {
        fc.pre(facts.provider !== PRIMARY && state.person?.isNew === true);
        expect(legDone(state, { ...facts, settledPerson }).person).toEqual({
          accountId: settledPerson,
          isNew: false,
        });
      }),
    );
  });

  test('a leg that is done is not asked for a fresh choice of account again', () => {
    fc.assert(
      fc.property(attemptState, proof, (state, facts) => {
        const after = legDone(state, facts);
        if (after.legs[facts.provider]?.kind === 'done') expect(after.fresh).not.toContain(facts.provider);
      }),
    );
  });
});

describe('every change', () => {
  const change = fc.oneof(
    proof.map((facts) => ({
      provider: facts.provider,
      apply: (state: AttemptState) => legDone(state, facts),
    })),
    provider.map((name) => ({
      provider: name,
      apply: (state: AttemptState) => failed(state, name, 'provider_error'),
    })),
    provider.map((name) => ({ provider: name, apply: (state: AttemptState) => retried(state, name) })),
  );

  test('is read back from the database as it was written', () => {
    fc.assert(
      fc.property(attemptState, change, (state, { apply }) => {
        const after = apply(state);
        const stored: unknown = JSON.parse(JSON.stringify(after));
        expect(parseAttemptState(stored)).toEqual(after);
      }),
    );
  });

  test('of one leg leaves the browser, the client and what the attempt is for alone', () => {
    fc.assert(
      fc.property(attemptState, change, (state, { apply }) => {
        const after = apply(state);
        const fixed = (one: AttemptState) => [
          one.kind,
          one.browserBinding,
          one.kind === 'sign-in'
            ? [one.clientId, one.tsid]
            : [one.provider, one.expectedAccountId, one.adopted],
        ];
        expect(fixed(after)).toEqual(fixed(state));
      }),
    );
  });
});

describe('the user decides about a leg', () => {
  test('only a failed leg can be tried again or skipped', () => {
    fc.assert(
      fc.property(signInState, provider, fc.option(outcome, { nil: undefined }), (state, name, before) => {
        const legs = { ...others(state, name), ...(before === undefined ? {} : { [name]: before }) };
        const now = { ...state, legs };
        const [again, without] = [retried(now, name), skipped(now, name)];
        if (before?.kind === 'failed') {
          expect([again.legs[name], without.legs[name]]).toEqual([undefined, { kind: 'skipped' }]);
          const choosesAgain = before.reason === 'denied' || before.reason === 'identity_taken';
          expect(again.fresh.includes(name)).toBe(choosesAgain || state.fresh.includes(name));
        } else expect([again, without]).toEqual([now, now]);
      }),
    );
  });
});
