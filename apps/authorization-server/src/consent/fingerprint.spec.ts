import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fingerprintOf, type Approvable } from './fingerprint.js';

const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 4 });
const approvables: fc.Arbitrary<Approvable> = fc.record({
  clientId: fc.constant('client'),
  clientName: fc.constant('Client'),
  redirectUri: fc.constant('https://app.example/callback'),
  redirectUris: words,
  scopes: words,
  providers: fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z]{1,4}$/), scopes: words }), {
    selector: ({ name }) => name,
    maxLength: 3,
  }),
  backends: words,
});

test('the order in which things are listed does not ask the user again', () => {
  fc.assert(
    fc.property(approvables, (one) => {
      const turned = {
        ...one,
        redirectUris: [...one.redirectUris].reverse(),
        scopes: [...one.scopes].reverse(),
        backends: [...(one.backends ?? [])].reverse(),
        providers: [...one.providers]
          .reverse()
          .map(({ name, scopes }) => ({ name, scopes: [...scopes].reverse() })),
      };
      expect(fingerprintOf(turned)).toBe(fingerprintOf(one));
    }),
  );
});

test('another name, another address, or a redirect URI, a scope, a provider or a backend more is another thing to approve', () => {
  fc.assert(
    fc.property(approvables, (one) => {
      const more: readonly Approvable[] = [
        { ...one, redirectUris: [...one.redirectUris, 'https://evil.example/'] },
        { ...one, redirectUri: 'https://evil.example/callback' },
        { ...one, redirectUri: 'https://app.example/callback2' },
        { ...one, redirectUri: 'https://app.example/callback?to=elsewhere' },
        { ...one, redirectUri: 'https://app.example:8443/callback' },
        { ...one, clientName: 'Your Bank' },
        { ...one, clientId: 'another' },
        { ...one, scopes: [...one.scopes, 'more!'] },
        { ...one, part: 'https://mcp.example/mcp/views/support' },
        { ...one, providers: [...one.providers, { name: 'another!', scopes: [] }] },
        { ...one, backends: [...(one.backends ?? []), 'another!'] },
        { ...one, secrets: [{ label: 'Your key', backends: ['another!'] }] },
        {
          ...one,
          providers: one.providers.map((provider) => ({
            ...provider,
            scopes: [...provider.scopes, 'more!'],
          })),
        },
        {
          ...one,
          providers: one.providers.map((provider) => ({ ...provider, backends: ['directory'] })),
        },
      ];
      for (const changed of one.providers.length === 0 ? more.slice(0, -2) : more)
        expect(fingerprintOf(changed)).not.toBe(fingerprintOf(one));
    }),
  );
});

test('the port of a loopback redirect is another one each time, and asks nobody again', () => {
  const one = {
    clientId: 'client',
    clientName: 'Client',
    redirectUris: ['http://127.0.0.1/cb'],
    scopes: [],
    providers: [],
  };
  expect(fingerprintOf({ ...one, redirectUri: 'http://127.0.0.1:1234/cb' })).toBe(
    fingerprintOf({ ...one, redirectUri: 'http://127.0.0.1:4321/cb' }),
  );
  // Nothing but the port.
  for (const other of [
    'http://127.0.0.1:1234/other',
    'http://localhost:1234/cb',
    'http://127.0.0.1:1234/cb?x',
  ])
    expect(fingerprintOf({ ...one, redirectUri: other })).not.toBe(
      fingerprintOf({ ...one, redirectUri: 'http://127.0.0.1:1234/cb' }),
    );
});
