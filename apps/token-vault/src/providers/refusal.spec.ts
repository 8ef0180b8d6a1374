import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEAD, OURS, PAGES, PASSING, UNCLEAR, type SaidByProvider } from '../testing/provider-answers.js';
import { GOOD } from '../testing/provider-answer-table.js';
import { carriesTokens } from './token-answer.js';
import { refusalOf } from './refusal.js';
import { verdictOf, type Verdict } from './upstream-verdict.js';

const verdictOn = ({ body, status }: Pick<SaidByProvider, 'body' | 'status'>): Verdict | 'no refusal' => {
  const refusal = refusalOf(body, status);
  if (refusal === undefined) return 'no refusal';
  return verdictOf({ kind: 'oauth_error', status: status === 200 ? 400 : status, ...refusal });
};

/** Answers whose meaning stands in their body. */
const inWords = (answers: readonly SaidByProvider[]) =>
  answers.filter(
    ({ status, headers, body }) =>
      status < 500 && status !== 429 && headers === undefined && body.startsWith('{'),
  );
const STANDARD: ReadonlySet<string> = new Set(['ok', 'error', 'error_description']);
const MEANT: readonly (readonly [Verdict, readonly SaidByProvider[]])[] = [
  ['final', inWords(DEAD)],
  ['unclear', inWords(UNCLEAR)],
  ['passing', inWords(PASSING)],
  ['ours', inWords(OURS)],
];
const meant = fc.constantFrom(
  ...MEANT.flatMap(([verdict, all]) => all.map((one) => [verdict, one] as const)),
);

/** Members that tell nothing, as frameworks add them. */
const NOISE = fc.dictionary(
  fc.constantFrom('trace_id', 'timestamp', 'request_id', 'documentation_url', 'error_uri', 'locale', 'extra'),
  fc.oneof(fc.constant(null), fc.constant(''), fc.integer(), fc.uuid()),
);

describe('a refusal', () => {
  test.each(['error_description', 'error'])(
    'with words without end holds nobody up: what stands in %s after two thousand characters is not read',
    (member) => {
      const said = (length: number) =>
        refusalOf(JSON.stringify({ [member]: `${'x'.repeat(length)} the token has expired` }), 400)?.hint;
      expect([said(1_000), said(2_000)]).toEqual(['gone', undefined]);
    },
  );

  test('means the same with members that tell nothing, in any order, and with blanks between them', () => {
    fc.assert(
      fc.property(
        meant,
        NOISE,
        fc.boolean(),
        fc.integer({ min: 0, max: 4 }),
        ([verdict, said], noise, first, blanks) => {
          const own = JSON.parse(said.body) as object;
          const body = JSON.stringify(first ? { ...noise, ...own } : { ...own, ...noise }, undefined, blanks);
          expect([said.name, verdictOn({ ...said, body })]).toEqual([said.name, verdict]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('means the same in capitals, and as a form', () => {
    const named = MEANT.flatMap(([verdict, all]) =>
      all.flatMap((said) => {
        const members = JSON.parse(said.body) as Record<string, unknown>;
        const { error, error_description: text = '' } = members;
        const isStandard = Object.keys(members).every((name) => STANDARD.has(name));
        return isStandard && typeof error === 'string' && typeof text === 'string'
          ? [{ verdict, status: said.status, error, text }]
          : [];
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...named), fc.boolean(), ({ verdict, status, error, text }, loud) => {
        const spelled = loud ? error.toUpperCase() : error;
        const asForm = new URLSearchParams({ error: spelled, error_description: text }).toString();
        expect(verdictOn({ status, body: asForm })).toBe(verdict);
        expect(verdictOn({ status, body: JSON.stringify({ error: spelled, error_description: text }) })).toBe(
          verdict,
        );
      }),
    );
  });

  test('with a passing status means nothing but that, whatever its body says', () => {
    const status = fc.oneof(fc.constantFrom(408, 425, 429), fc.integer({ min: 500, max: 599 }));
    fc.assert(
      fc.property(meant, status, ([, said], passing) => {
        expect(['passing', 'no refusal']).toContain(verdictOn({ body: said.body, status: passing }));
      }),
    );
  });

  test('is never seen in tokens, and nothing with tokens is taken for one', () => {
    for (const { body, status } of GOOD) expect(refusalOf(body, status)).toBeUndefined();
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string({ minLength: 1 }),
        (others, token) => {
          const body = JSON.stringify({ ...others, access_token: `t${token}` });
          expect(carriesTokens(body)).toBe(true);
          expect(refusalOf(body, 200)).toBeUndefined();
        },
      ),
    );
  });

  test('is no page, whatever the page says, and reading one throws for no text', () => {
    for (const { body, status } of PAGES) expect(refusalOf(body, status)).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 200, max: 599 }), (text, status) => {
        expect(refusalOf(`<html>${text} refresh token expired`, status)).toBeUndefined();
        expect(() => refusalOf(text, status)).not.toThrow();
        expect(() =>
          refusalOf(JSON.stringify({ error: text, errors: [text], message: { text } }), status),
        ).not.toThrow();
      }),
    );
  });
});
