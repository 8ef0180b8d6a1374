import { expect, test } from '@jest/globals';
import type { ProviderRequirement } from '@gatehouse/config/model/upstream-provider';
import { boundProviders } from './bound-providers.js';

const provider = (name: string, requirement: ProviderRequirement) =>
  ({ name, requirement, type: 'oauth2', scopes: [], backends: [] }) as const;

const rules = (connectionReuse: 'always' | 'confirm' | 'never') => ({
  primaryUpstreamProvider: 'sso',
  connectionReuse,
  upstreamProviders: [
    provider('mail', 'onDemand'),
    provider('sso', 'required'),
    provider('wiki', 'optional'),
  ],
});

const ALL = [
  { provider: 'sso', state: 'reauth_required' },
  { provider: 'mail', state: 'live' },
  { provider: 'wiki', state: 'reauth_required' },
  { provider: 'of-before', state: 'live' },
] as const;

test('the issuer speaks for the primary provider alone; the others are used where nobody is asked about them', () => {
  expect(boundProviders(ALL, rules('confirm'))).toEqual(['sso']);
  expect(boundProviders(ALL, rules('never'))).toEqual(['sso']);
  expect(boundProviders(ALL, rules('always'))).toEqual(['mail', 'sso']);
  expect(boundProviders([], rules('always'))).toEqual([]);
});
