import { expect, test } from '@jest/globals';
import type { BackendCredential, TokenVaultPart } from '@gatehouse/config/parts';
import { exchangePart } from '@gatehouse/service-process/injected';
import { BackendStrategies } from './backend-strategies.js';

type Configured = Pick<TokenVaultPart, 'backendCredentials' | 'backendBindings'>;

const of = (providerName: string): BackendCredential => ({ type: 'upstreamInject', providerName });
const configured = (
  backends: Readonly<Record<string, readonly [binding: string, providerName: string]>>,
): Configured => ({
  backendBindings: new Map(Object.entries(backends).map(([name, [binding]]) => [name, binding])),
  backendCredentials: new Map(Object.entries(backends).map(([name, [, provider]]) => [name, of(provider)])),
});

function setUp(first: Configured) {
  const config = { ...first };
  const strategies = new BackendStrategies(config as TokenVaultPart);
  const exchange = (next: Configured, nowMs?: number): void => {
    strategies.keep(next, nowMs);
    exchangePart(config, next);
  };
  const providerOf = (backend: string, binding?: string): string => {
    try {
      return strategies.inject({ backend, binding }).providerName;
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
  };
  return { exchange, providerOf };
}

test('a proxy that takes a backend for another one gets no credential, neither ahead nor behind', () => {
  const { providerOf } = setUp(configured({ repos: ['now', 'octo'] }));
  expect(providerOf('repos', 'now')).toBe('octo');
  expect(providerOf('repos', 'later')).toBe('configuration_differs');
  // It is not known here yet: the proxy asks again.
  expect(providerOf('tickets', 'later')).toBe('configuration_differs');
});

test('for a minute a proxy that is behind gets what it means, and never what the new file says', () => {
  const { exchange, providerOf } = setUp(configured({ repos: ['now', 'octo'], gone: ['now', 'acme'] }));
  exchange(configured({ repos: ['later', 'other'] }));
  expect(providerOf('repos', 'now')).toBe('octo');
  expect(providerOf('repos', 'later')).toBe('other');
  expect(providerOf('gone', 'now')).toBe('acme');
});

test('after that minute it gets nothing', () => {
  const { exchange, providerOf } = setUp(configured({ repos: ['now', 'octo'] }));
  exchange(configured({ repos: ['later', 'other'] }), Date.now() - 61_000);
  expect(providerOf('repos', 'now')).toBe('configuration_differs');
});

test('a proxy of an earlier release, which says nothing of it, gets what is configured', () => {
  const { providerOf } = setUp(configured({ repos: ['now', 'octo'] }));
  expect(providerOf('repos')).toBe('octo');
  expect(providerOf('tickets')).toBe('unknown_backend');
});
