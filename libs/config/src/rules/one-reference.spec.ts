import { expect, test } from '@jest/globals';
import { load, pathsOf, problemsOf, type Changes } from '../configuration.fixture.js';

const BOTH = (reference: object): Changes => ({
  'authServer.keyEncryptionKeys': [{ id: 'a', ...reference }],
  'vault.keyEncryptionKeys': [{ id: 'v', ...reference }],
});

test.each([{ env: 'KEK' }, { secretRef: { name: 'gatehouse', key: 'kek' } }])(
  'one reference for the keys of both services is refused without looking at any value (%j)',
  (reference) => {
    expect(pathsOf(problemsOf(BOTH(reference), 'none'))).toEqual(['authServer.keyEncryptionKeys[0]']);
  },
);

test('one variable for the databases of both services is refused without looking at any value', () => {
  const changes = { 'postgres.tokenVault.url': { env: 'AS_DATABASE_URL' } };
  expect(pathsOf(problemsOf(changes, 'none'))).toEqual(['postgres.tokenVault.url']);
});

test('one path may be another file in each container', () => {
  expect(load(BOTH({ file: '/run/secrets/kek' }), 'none').ok).toBe(true);
});
