import { expect, test } from '@jest/globals';
import { modelOf, readConfiguration } from '../configuration.js';
import { everyStrategy } from '../every-strategy.fixture.js';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { describeStrategy, expectedArrival, toRow, whoamiTool } from './arrivals.js';

const model = modelOf(readConfiguration(DEMONSTRATION_CONFIGURATION), 'none', {});
const identities = {
  atProviders: new Map([
    ['acme-sso', 'acme-alice'],
    ['octo', 'octo-alice'],
  ]),
  atGatehouse: 'the-account',
};
const none = { issuer: undefined, subject: undefined, audience: undefined, unexpected: [] };

test.each([
  ['repos', { credential: 'opaque-token', issuer: 'http://localhost:4487', subject: 'octo-alice' }],
  ['status', { credential: 'none' }],
  [
    'directory',
    { credential: 'jwt', issuer: 'http://localhost:4486', subject: 'acme-alice', audience: 'urn:acme:api' },
  ],
  [
    'tickets',
    { credential: 'jwt', issuer: 'http://localhost:4488', subject: 'acme-alice', audience: 'tickets' },
  ],
  [
    'tickets-self',
    { credential: 'jwt', issuer: 'http://localhost:4488', subject: 'the-account', audience: 'tickets-self' },
  ],
  ['reports', { credential: 'api-key' }],
])('whose token must reach %s follows from its strategy', (backend, expected) => {
  expect(expectedArrival(model, backend, identities)).toEqual({ ...none, ...expected });
});

test('a token of the wrong person is not right, whatever else fits', () => {
  const arrived = { ...expectedArrival(model, 'tickets', identities), subject: 'acme-bob' };
  expect(toRow(model, 'tickets', identities, arrived).isRight).toBe(false);
});

test('the right token with another credential beside it is not right', () => {
  const arrived = { ...expectedArrival(model, 'tickets', identities), unexpected: ['cookie'] };
  expect(toRow(model, 'tickets', identities, arrived).isRight).toBe(false);
});

test('tools carry the name of their backend', () => {
  expect(whoamiTool(model, 'tickets-self')).toBe('tickets-self_whoami');
});

test('a strategy reads in a few words', () => {
  expect(describeStrategy({ type: 'headerInjection', headerName: 'X-Api-Key', headerValue: 'x' })).toBe(
    'headerInjection X-Api-Key',
  );
});

const every = everyStrategy();
const atSso = { ...identities, atProviders: new Map([['sso', 'sso-alice']]) };

test.each([
  ['entra', 'obo sso', { credential: 'jwt', issuer: 'https://login.example', subject: 'sso-alice' }],
  [
    'cross',
    'xaa sso',
    {
      credential: 'jwt',
      issuer: 'https://auth.cross.example',
      subject: 'sso-alice',
      audience: 'https://cross.example/mcp',
    },
  ],
  [
    'crossed',
    'xaa sso',
    {
      credential: 'jwt',
      issuer: 'https://auth.crossed.example',
      subject: 'sso-alice',
      audience: 'https://auth.crossed.example',
    },
  ],
  ['keyed', 'headerInjection X-Key (per user)', { credential: 'api-key' }],
  [
    'machine',
    'clientCredentials',
    { credential: 'jwt', issuer: 'https://sts.example', subject: 'machine', audience: 'm' },
  ],
  ['google', 'googleServiceAccount', { credential: 'none' }],
])('whose token must reach %s follows from %s', (backend, strategy, expected) => {
  expect(expectedArrival(every, backend, atSso)).toEqual({ ...none, ...expected });
  expect(toRow(every, backend, atSso, { failure: 'not asked' })).toMatchObject({ strategy, isRight: false });
});
