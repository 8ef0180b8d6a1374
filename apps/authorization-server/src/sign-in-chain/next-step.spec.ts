import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sha256 } from '@gatehouse/kernel/digest';
import { newSessionId } from '@gatehouse/kernel/ids';
import type { SignInState } from '../attempts/attempt.js';
import { PRIMARY, PROVIDERS, signInState } from '../testing/attempt-states.js';
import { nextLeg } from './next-leg.js';
import { nextStep, type StepFacts } from './next-step.js';
import { anotherAccount, approved, reuseConfirmed } from './sign-in-state.js';

const SHOWN = sha256('what was shown');
const facts: fc.Arbitrary<StepFacts> = fc.record({
  primaryProvider: fc.constant(PRIMARY),
  providers: fc.constant(PROVIDERS.map((name) => ({ name, requirement: 'required' as const }))),
  reuse: fc.constantFrom('always' as const, 'confirm' as const, 'never' as const),
  liveConnections: fc.subarray([...PROVIDERS]).map((names) => new Set<string>(names)),
  fingerprint: fc.constant(SHOWN),
  approvedBefore: fc.boolean(),
  clientAssured: fc.boolean(),
});

test('attack: a client that nobody approved sends the browser to a provider or gets a code (confused deputy)', () => {
  fc.assert(
    fc.property(signInState, facts, (state, now) => {
      fc.pre(state.approvedAs !== SHOWN && !now.approvedBefore);
      expect(nextStep(state, now)).toEqual({ kind: 'ask-approval' });
    }),
  );
});

test('attack: a program that pretends to be a client approved earlier gets a code without a word of its user', () => {
  fc.assert(
    fc.property(signInState, facts, (state, now) => {
      fc.pre(state.approvedAs !== SHOWN && !state.reuseConfirmed);
      const step = nextStep(state, { ...now, approvedBefore: true, clientAssured: false });
      expect(step).toEqual({ kind: 'confirm-client' });
    }),
  );
});

test('attack: an approval of what was shown counts after the client has changed', () => {
  fc.assert(
    fc.property(signInState, facts, (state, now) => {
      const changed = { ...now, approvedBefore: false, fingerprint: sha256('a changed client') };
      expect(nextStep(approved(state, SHOWN), changed)).toEqual({ kind: 'ask-approval' });
    }),
  );
});

test('attack: answers of one account count when the user has chosen another', () => {
  fc.assert(
    fc.property(signInState, facts, (state, now) => {
      const chosen = anotherAccount(reuseConfirmed(approved(state, SHOWN)), PRIMARY, newSessionId());
      expect(nextStep(chosen, { ...now, approvedBefore: false })).toEqual({ kind: 'ask-approval' });
      expect([chosen.person, chosen.legs, chosen.fresh.includes(PRIMARY)]).toEqual([undefined, {}, true]);
      expect(chosen.tsid).not.toBe(state.tsid);
    }),
  );
});

test('once the client is approved, the chain of legs decides', () => {
  fc.assert(
    fc.property(signInState, facts, (state, now) => {
      const yes: SignInState = approved(state, SHOWN);
      expect(nextStep(yes, now)).toEqual(
        nextLeg({
          primaryProvider: PRIMARY,
          providers: now.providers,
          outcomes: yes.legs,
          liveConnections: now.liveConnections,
          reuse: now.reuse,
          reuseConfirmed: true,
        }),
      );
    }),
  );
});
