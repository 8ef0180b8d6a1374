import { expect, test } from '@jest/globals';
import { TOKEN_EXCHANGE_GRANT } from '@gatehouse/kernel/token-types';
import { readExchangeRequest } from './exchange-request.js';
import { OAuthProblem } from './oauth-problem.js';

const GOOD = {
  grant_type: TOKEN_EXCHANGE_GRANT,
  subject_token: 'token',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  audience: 'tickets',
};
const RESOURCES = {
  'http://tickets.example/mcp': 'tickets',
  'http://tickets.example/self/mcp': 'tickets-self',
} as const;

const read = (change: Readonly<Record<string, string>>) =>
  readExchangeRequest(new URLSearchParams({ ...GOOD, ...change }), RESOURCES);

function problemOf(change: Readonly<Record<string, string>>): string {
  try {
    read(change);
    return 'none';
  } catch (error) {
    return error instanceof OAuthProblem ? error.code : 'another error';
  }
}

test.each([
  ['another grant type', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
  [
    'an ID token as subject',
    { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
    'invalid_request',
  ],
  ['no subject token', { subject_token: '' }, 'invalid_request'],
  ['an actor token', { actor_token: 'x' }, 'invalid_request'],
  ['an unknown audience', { audience: 'payroll' }, 'invalid_target'],
  ['an unknown resource beside a good audience', { resource: 'http://elsewhere.example' }, 'invalid_target'],
  ['audience and resource that disagree', { resource: 'http://tickets.example/self/mcp' }, 'invalid_target'],
  ['a scope with a quote in it', { scope: 'tickets:"read' }, 'invalid_scope'],
  [
    'a refresh token as result',
    { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
    'invalid_request',
  ],
])('%s is refused', (_case, change, code) => {
  expect(problemOf(change)).toBe(code);
});

test('a parameter that is given twice is refused, whichever of its values is good', () => {
  const form = new URLSearchParams(GOOD);
  form.append('audience', 'tickets-self');
  expect(() => readExchangeRequest(form, RESOURCES)).toThrow(OAuthProblem);
});

test('a resource names a service as well as an audience does', () => {
  const form = new URLSearchParams({ ...GOOD, resource: 'http://tickets.example/self/mcp' });
  form.delete('audience');
  expect(readExchangeRequest(form, RESOURCES).audience).toBe('tickets-self');
});
