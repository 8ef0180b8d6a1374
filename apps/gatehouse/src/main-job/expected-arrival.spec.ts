import { expect, test } from '@jest/globals';
import { modelOf, readConfiguration } from '../configuration.js';
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
