import { describe, expect, test } from '@jest/globals';
import { AccessPolicies, type AccessVerdict, type Said } from './access-policies.js';

const ENGINEERS = 'permit(principal in Group::"engineering", action, resource);';
const OF_ACME =
  'permit(principal, action, resource) when { principal.verifiedEmailDomain == "acme.example" };';
const EVERYBODY = 'permit(principal, action, resource);';

const judge = (policies: readonly string[], said: Said, more: object = {}): AccessVerdict =>
  new AccessPolicies(
    {
      provider: 'acme',
      from: 'idToken',
      policies: policies.map((text) => ({ path: [], text })),
      groupClaims: ['groups'],
      groupEntityType: 'Group',
      ...more,
    },
    'gateway',
    'sign_in',
  ).judge('stub-alice', said);

const kindOf = (...asked: Parameters<typeof judge>): AccessVerdict['kind'] => judge(...asked).kind;

describe('a mail domain', () => {
  test.each([
    ['as it is written', { email: 'alice@acme.example', email_verified: true }],
    ['in another case', { email: 'Alice@ACME.Example', email_verified: true }],
    ['verified by a provider that writes texts', { email: 'alice@acme.example', email_verified: 'true' }],
  ])('%s lets in', (_how, said) => {
    expect(kindOf([OF_ACME], said)).toBe('admitted');
  });

  test.each<[string, Said]>([
    ['that nobody has verified', { email: 'mallory@acme.example' }],
    ['that is not verified', { email: 'mallory@acme.example', email_verified: false }],
    ['whose verification is the text “false”', { email: 'mallory@acme.example', email_verified: 'false' }],
    ['whose verification is a number', { email: 'mallory@acme.example', email_verified: 1 }],
    ['whose verification is a list', { email: 'mallory@acme.example', email_verified: [true] }],
    ['of another domain that ends with it', { email: 'm@evil-acme.example', email_verified: true }],
    ['of a domain below it', { email: 'm@sub.acme.example', email_verified: true }],
    ['with it before the domain', { email: 'm@acme.example@evil.example', email_verified: true }],
    [
      'with the domain after another address',
      { email: 'm@evil.example,x@acme.example', email_verified: true },
    ],
    ['with a line break before it', { email: 'm@evil.example\n@acme.example', email_verified: true }],
    ['with NUL at its end', { email: 'm@acme.example\u0000', email_verified: true }],
    ['with a letter that looks like another', { email: 'm@аcme.example', email_verified: true }],
    ['with a full-width period', { email: 'm@acme。example', email_verified: true }],
    ['with a quoted local part', { email: '"m@acme.example"@evil.example', email_verified: true }],
    ['with a display name', { email: 'X <m@acme.example>', email_verified: true }],
    ['that is a list of addresses', { email: ['m@acme.example'], email_verified: true }],
  ])('attack: an address %s does not', (_how, said) => {
    expect(kindOf([OF_ACME], said)).toBe('refused');
  });

  test('a whole address is compared in lower case', () => {
    const policy =
      'permit(principal, action, resource) when { principal.verifiedEmail == "ceo@acme.example" };';
    expect(kindOf([policy], { email: 'CEO@acme.example', email_verified: true })).toBe('admitted');
    expect(kindOf([policy], { email: 'ceo@acme.example', email_verified: false })).toBe('refused');
    const kelvin =
      'permit(principal, action, resource) when { principal.verifiedEmail == "k@acme.example" };';
    expect(kindOf([kelvin], { email: '\u212a@acme.example', email_verified: true })).toBe('refused');
  });
});

describe('groups', () => {
  test.each<[string, unknown]>([
    ['in a list', ['everybody', 'engineering']],
    ['as one text', 'engineering'],
  ])('%s let in', (_how, groups) => {
    expect(kindOf([ENGINEERS], { groups })).toBe('admitted');
  });

  test.each<[string, unknown]>([
    ['several names in one text', 'engineering,others'],
    ['several names in one text, by spaces', 'others engineering'],
    ['a name in another case', ['Engineering']],
    ['a name with a space', ['engineering ']],
    ['none', []],
    ['nothing', undefined],
  ])('attack: %s are not taken apart', (_how, groups) => {
    expect(kindOf([ENGINEERS], { groups })).toBe('refused');
  });

  test.each<[string, Said]>([
    ['nested', { groups: [['contractors']] }],
    ['objects', { groups: [{ name: 'contractors' }] }],
    ['keys of an object', { groups: { contractors: true } }],
    ['partly no texts', { groups: ['engineering', 7] }],
    ['said elsewhere', { _claim_names: { groups: 'src1' } }],
    ['too many to be said', { hasgroups: true }],
    ['without end', { groups: Array.from({ length: 1_001 }, (_, index) => `g${index}`) }],
  ])('attack: groups that are %s do not lift what is forbidden to one of them', (_how, said) => {
    const forbid = 'forbid(principal in Group::"contractors", action, resource);';
    expect(kindOf([EVERYBODY, forbid], said)).toBe('unclear');
  });

  test('what is odd about groups matters to nobody whose policies do not look at them', () => {
    const said = { groups: [['x']], hasgroups: true, email: 'a@acme.example', email_verified: true };
    expect(kindOf([OF_ACME], said)).toBe('admitted');
  });

  test('at a path, of a second claim, and of another type', () => {
    const more = { groupClaims: ['realm_access.roles', 'teams'], groupEntityType: 'Team' };
    const policy = 'permit(principal in Team::"core", action, resource);';
    expect(kindOf([policy], { realm_access: { roles: ['core'] } }, more)).toBe('admitted');
    expect(kindOf([policy], { teams: 'core' }, more)).toBe('admitted');
    expect(kindOf([policy], { groups: ['core'] }, more)).toBe('refused');
  });

  test('in a condition', () => {
    const policy = 'permit(principal, action, resource) when { principal in Group::"engineering" };';
    expect(kindOf([policy], { groups: ['engineering'] })).toBe('admitted');
    expect(kindOf([policy], { groups: ['others'] })).toBe('refused');
  });
});

describe('any claim', () => {
  const policy = (condition: string): readonly string[] => [
    `permit(principal, action, resource) when { ${condition} };`,
  ];

  test.each<[string, string, Said]>([
    ['a text', 'principal.claim_hd == "acme.example"', { hd: 'acme.example' }],
    ['a number', 'principal.claim_level >= 3', { level: 3 }],
    ['a truth value', 'principal.claim_staff', { staff: true }],
    ['a list', 'principal.claim_roles.contains("user")', { roles: ['user'] }],
    [
      'a path',
      'principal["claim_realm_access.roles"].contains("user")',
      { realm_access: { roles: ['user'] } },
    ],
    ['a URL', 'principal["claim_https://a.example/d"] == "it"', { 'https://a.example/d': 'it' }],
  ])('%s', (_kind, condition, said) => {
    expect(kindOf(policy(condition), said)).toBe('admitted');
    expect(kindOf(policy(condition), {})).toBe('refused');
  });

  test.each<[string, string, Said]>([
    ['a text for a number', 'principal.claim_level >= 3', { level: '9' }],
    ['a text for a truth value', 'principal.claim_staff', { staff: 'true' }],
    ['a list for a text', 'principal.claim_hd == "acme.example"', { hd: ['acme.example'] }],
    ['an entity for a text', 'principal.claim_hd == "x"', { hd: { __entity: { type: 'Group', id: 'x' } } }],
    ['a fraction', 'principal.claim_level >= 3', { level: 3.5 }],
  ])('attack: a claim of another type, %s, lets nobody in', (_kind, condition, said) => {
    expect(kindOf(policy(condition), said)).toBe('unclear');
  });

  test('nothing of the prototype is a claim', () => {
    expect(kindOf(policy('principal has claim_constructor'), {})).toBe('refused');
    expect(kindOf(policy('principal.claim_toString like "*"'), {})).toBe('refused');
  });
});

test('a forbid beats every permit, and its words are told; the subject and the provider are known', () => {
  const forbid =
    '@id("left") @reason("Your account is closed.") forbid(principal == Person::"stub-alice", action, resource);';
  expect(judge([EVERYBODY, forbid], {})).toMatchObject({
    kind: 'refused',
    forbids: [{ id: 'left', reason: 'Your account is closed.' }],
  });
  const only =
    'permit(principal, action == Action::"sign_in", resource == MCP::"gateway") when { principal.provider == "acme" };';
  expect(kindOf([only], {})).toBe('admitted');
});

test('what policies look at and the provider did not say is named, without a value', () => {
  expect(judge([OF_ACME, ENGINEERS], { email: 'mallory@acme.example' })).toEqual({
    kind: 'refused',
    forbids: [],
    unsaid: ['verifiedEmailDomain', 'groups'],
  });
});
