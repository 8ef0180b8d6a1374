import { expect, test } from '@jest/globals';
import { mappedClaims } from './mapped-claims.js';

const GROUPS = [{ claim: 'groups', as: 'groups' }];

test('texts, numbers, truth values and lists of texts are mapped, by name or path; what is absent is left out', () => {
  const said = {
    groups: ['eng', 'eng', 'ops'],
    realm_access: { roles: ['admin'] },
    'https://acme.example/level': 3,
    ratio: 0.5,
    staff: true,
    team: 'core',
    gone: null,
  };
  const mappings = [
    ...GROUPS,
    { claim: 'realm_access.roles', as: 'roles' },
    { claim: 'https://acme.example/level', as: 'level' },
    ...['ratio', 'staff', 'team', 'gone', 'never', 'toString'].map((claim) => ({ claim, as: claim })),
  ];
  expect(mappedClaims(said, mappings)).toEqual({
    ok: true,
    claims: { groups: ['eng', 'ops'], roles: ['admin'], level: 3, ratio: 0.5, staff: true, team: 'core' },
  });
});

test('`values` chooses among texts, so that many groups fit', () => {
  const groups = Array.from({ length: 5_000 }, (_, index) => `all-${index}`).concat(
    'mcp-admins',
    'mcp-users',
  );
  const [chosen] = [{ claim: 'groups', as: 'groups', values: ['mcp-*'] }];
  expect(mappedClaims({ groups }, [chosen])).toEqual({
    ok: true,
    claims: { groups: ['mcp-admins', 'mcp-users'] },
  });
  expect(mappedClaims({ groups: 'other' }, [chosen])).toEqual({ ok: true, claims: {} });
});

test.each<[string, unknown]>([
  ['an object', { eng: true }],
  ['a list of other things', ['eng', 1]],
  ['a list of lists', [['eng']]],
  ['201 groups', Array.from({ length: 201 }, (_, index) => `g${index}`)],
  ['a group of 257 characters', ['x'.repeat(257)]],
  ['a text of 257 characters', 'x'.repeat(257)],
  ['more than 4 KiB', Array.from({ length: 100 }, (_, index) => `${index}`.padStart(100, 'x'))],
  ['a number that JSON readers round', 2 ** 60],
])(
  '%s is no claim of a token, and is not left out in silence: a policy may forbid by it',
  (_what, groups) => {
    expect(mappedClaims({ groups }, GROUPS)).toMatchObject({ ok: false, claim: 'groups' });
  },
);

test.each<[string, Readonly<Record<string, unknown>>]>([
  [
    'by reference',
    { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://x.example' } } },
  ],
  ['by a source that is not there', { _claim_names: { groups: 'src1' } }],
  ['partly', { groups: ['eng'], _claim_names: { groups: 'src1' } }],
  ['with `hasgroups` alone', { hasgroups: true }],
])(
  'whoever gets into more groups than the provider says in a token does not get out of what a policy forbids: groups said %s are no absence',
  (_how, said) => {
    for (const values of [undefined, ['contractors']])
      expect(
        mappedClaims(said, [{ claim: 'groups', as: 'groups', ...(values && { values }) }]),
      ).toMatchObject({
        ok: false,
        claim: 'groups',
      });
  },
);

test('what is said elsewhere stops those claims alone', () => {
  const said = { team: 'core', hasgroups: true, _claim_names: { realm_access: 'src1', toString: 'src1' } };
  expect(mappedClaims(said, [{ claim: 'realm_access.roles', as: 'roles' }])).toMatchObject({ ok: false });
  expect(mappedClaims(said, [{ claim: 'team', as: 'team' }])).toEqual({ ok: true, claims: { team: 'core' } });
  for (const none of [null, 'groups', []])
    expect(mappedClaims({ _claim_names: none }, GROUPS)).toEqual({ ok: true, claims: {} });
});
