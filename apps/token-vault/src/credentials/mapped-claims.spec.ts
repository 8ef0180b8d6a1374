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
