import { describe, expect, test } from '@jest/globals';
import type { ProxyBackend } from '@gatehouse/config/parts';
import { Secret } from '@gatehouse/kernel/secret';
import { PLAIN_BACKEND } from '../backends/plain-backend.fixture.js';
import { ANONYMOUS, principalKey, type Principal } from '../incoming-auth/principal.js';
import { bridgeHeaders } from './bridge-headers.js';

const SECRET = 'a-secret-of-the-bridge-and-the-proxy';

const backend = (name: string, bridge?: { readonly secret: Secret }): ProxyBackend => ({
  ...PLAIN_BACKEND,
  name,
  url: `http://127.0.0.1:1/${name}/mcp`,
  ...(bridge === undefined ? {} : { bridge: { program: `program of ${name}`, ...bridge } }),
});

const principal = (subject: string, tsid: string): Principal => ({
  issuer: 'https://issuer.example',
  subject,
  clientId: 'c',
  scopes: new Set(),
  key: principalKey('https://issuer.example', subject, tsid),
});

const headersOf = bridgeHeaders([
  backend('files', { secret: new Secret(SECRET) }),
  backend('notes', { secret: new Secret(SECRET) }),
  backend('web'),
]);
const personOf = (name: string, who: Principal) => headersOf(name, who)['gatehouse-person'];

describe('what the proxy says to the bridge', () => {
  test('the secret goes to the bridge alone, never to a backend at a URL', () => {
    expect(headersOf('files', principal('alice', '1'))['gatehouse-bridge-secret']).toBe(SECRET);
    expect(headersOf('web', principal('alice', '1'))).toEqual({});
  });

  test('each request says which program is meant, and a backend at a URL is told none', () => {
    expect(headersOf('notes', principal('alice', '1'))['gatehouse-program']).toBe('program of notes');
    expect(headersOf('web', principal('alice', '1'))['gatehouse-program']).toBeUndefined();
  });

  test('a person is one in all sign-ins, another one than everybody else, and another one at each backend', () => {
    const alice = personOf('files', principal('alice', '1'));
    expect(alice).toMatch(/^[\w-]{43}$/);
    expect(personOf('files', principal('alice', '2'))).toBe(alice);
    expect(personOf('files', principal('bob', '1'))).not.toBe(alice);
    expect(personOf('notes', principal('alice', '1'))).not.toBe(alice);
  });

  test('nobody without the secret can tell who a person is, or make another one', () => {
    const other = bridgeHeaders([backend('files', { secret: new Secret(`${SECRET}-changed`) })]);
    expect(other('files', principal('alice', '1'))['gatehouse-person']).not.toBe(
      personOf('files', principal('alice', '1')),
    );
  });

  test('anonymous callers are no person', () => {
    expect(headersOf('files', ANONYMOUS)).toEqual({
      'gatehouse-bridge-secret': SECRET,
      'gatehouse-program': 'program of files',
    });
  });
});
