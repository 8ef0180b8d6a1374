import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LegOutcome } from '../attempts/attempt.js';
import { nextLeg, type Chain, type ChainProvider, type NextLeg } from './next-leg.js';

const NAMES = ['acme-sso', 'octo', 'wiki', 'mail'] as const;
const outcome = fc.oneof(
  fc.constant<LegOutcome>({ kind: 'done', identity: { subject: 's' } }),
  fc.constantFrom<LegOutcome>(
    { kind: 'failed', reason: 'denied' },
    { kind: 'failed', reason: 'identity_taken' },
  ),
  fc.constant<LegOutcome>({ kind: 'skipped' }),
);
const providers = fc.uniqueArray(
  fc.record<ChainProvider>({
    name: fc.constantFrom(...NAMES),
    requirement: fc.constantFrom('required' as const, 'optional' as const, 'onDemand' as const),
  }),
  { minLength: 1, selector: ({ name }) => name },
);
const chains: fc.Arbitrary<Chain> = providers.chain((list) =>
  fc.record<Chain>({
    primaryProvider: fc.constantFrom(...list.map(({ name }) => name)),
    providers: fc.constant(list),
    outcomes: fc.dictionary(fc.constantFrom(...list.map(({ name }) => name)), outcome),
    liveConnections: fc.subarray([...NAMES]).map((names) => new Set<string>(names)),
    reuse: fc.constantFrom('always' as const, 'confirm' as const, 'never' as const),
    reuseConfirmed: fc.boolean(),
  }),
);

const isNeeded = (chain: Chain, { name, requirement }: ChainProvider): boolean =>
  name === chain.primaryProvider || requirement === 'required';

/** Answers every question the way a patient user would, until the chain ends. */
function walk(chain: Chain): { readonly visited: readonly string[]; readonly end: NextLeg } {
  const visited: string[] = [];
  let current = chain;
  for (;;) {
    const step = nextLeg(current);
    if (step.kind === 'complete') return { visited, end: step };
    if (step.kind === 'confirm-reuse') current = { ...current, reuseConfirmed: true };
    else {
      if (step.kind === 'visit') visited.push(step.provider);
      current = {
        ...current,
        outcomes: { ...current.outcomes, [step.provider]: { kind: 'done', identity: { subject: 's' } } },
      };
    }
    expect(visited.length).toBeLessThanOrEqual(NAMES.length);
  }
}

describe('for every chain', () => {
  test('a code is given only when the primary and every required provider is connected', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const step = nextLeg(chain);
        if (step.kind !== 'complete') return;
        for (const provider of chain.providers.filter((one) => isNeeded(chain, one)))
          expect(step.providers).toContain(provider.name);
      }),
    );
  });

  test('a session never gets a provider that was neither connected now nor before', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const step = nextLeg(chain);
        if (step.kind !== 'complete') return;
        for (const name of step.providers)
          expect(chain.outcomes[name]?.kind === 'done' || chain.liveConnections.has(name)).toBe(true);
      }),
    );
  });

  test('a failed leg stops the chain until the user has decided; a needed one cannot be skipped', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const step = nextLeg(chain);
        if (step.kind === 'refuse') {
          expect(chain.outcomes[step.provider]?.kind).toBe('failed');
          const provider = chain.providers.find(({ name }) => name === step.provider);
          expect(provider !== undefined && step.optional === !isNeeded(chain, provider)).toBe(true);
        }
        if (step.kind === 'complete')
          expect(Object.entries(chain.outcomes).some(([, { kind }]) => kind === 'failed')).toBe(false);
      }),
    );
  });

  test('it ends, visits nobody twice, never an onDemand provider, and the primary first', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const { visited } = walk(chain);
        expect(new Set(visited).size).toBe(visited.length);
        for (const name of visited) {
          const requirement = chain.providers.find((one) => one.name === name)?.requirement;
          expect(requirement !== 'onDemand' || name === chain.primaryProvider).toBe(true);
        }
        if (visited.includes(chain.primaryProvider)) expect(visited[0]).toBe(chain.primaryProvider);
      }),
    );
  });

  test('with reuse "never" the primary and required providers are always visited; with "confirm" nothing is used unasked', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const step = nextLeg(chain);
        if (chain.reuse === 'never' && step.kind === 'complete')
          for (const provider of chain.providers.filter((one) => isNeeded(chain, one)))
            expect(chain.outcomes[provider.name]?.kind).toBe('done');
        if (chain.reuse === 'confirm' && !chain.reuseConfirmed && step.kind === 'complete')
          for (const name of step.providers) expect(chain.outcomes[name]?.kind).toBe('done');
      }),
    );
  });

  test("legs that are done stay done: another leg's retry does not ask for them again", () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const step = nextLeg(chain);
        if (step.kind !== 'refuse') return;
        const outcomes = Object.fromEntries(
          Object.entries(chain.outcomes).filter(([name]) => name !== step.provider),
        );
        const { visited } = walk({ ...chain, outcomes });
        for (const name of visited) expect(chain.outcomes[name]?.kind).not.toBe('done');
      }),
    );
  });
});
