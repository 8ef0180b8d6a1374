import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pathsOf, problemsOf, SECRETS } from '../configuration.fixture.js';
import { program } from '../rules/stdio-rows.fixture.js';
import { checkSecret } from './secret-kinds.js';
import { describeReference, systemSecrets } from './secret-references.js';

const directory = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'));
mkdirSync(join(directory, 'mounted', 'sso'), { recursive: true });
writeFileSync(join(directory, 'beside'), '  from a file\n');
writeFileSync(join(directory, 'empty'), '\n');
writeFileSync(join(directory, 'large'), 'x'.repeat(1_100_000));
writeFileSync(join(directory, 'mounted', 'sso', 'client-secret'), 'from a mount\n');
const read = systemSecrets(directory, {
  SECRETS_DIR: join(directory, 'mounted'),
  SET: ' from the environment ',
  EMPTY: ' ',
});

test('a secret is read from the environment, a file beside the configuration, or a mount, without the space around it', () => {
  expect(read({ env: 'SET' })).toEqual({ ok: true, value: 'from the environment' });
  expect(read({ file: 'beside' })).toEqual({ ok: true, value: 'from a file' });
  expect(read({ secretRef: { name: 'sso', key: 'client-secret' } })).toEqual({
    ok: true,
    value: 'from a mount',
  });
});

test.each([
  [{ env: 'UNSET' }, 'is not set'],
  [{ env: 'EMPTY' }, 'is empty'],
  [{ env: 'constructor' }, 'is not set'],
  [{ env: '__proto__' }, 'is not set'],
  [{ file: 'empty' }, 'is empty'],
  [{ file: 'large' }, 'too large'],
  [{ file: 'mounted' }, 'is a folder'],
  [{ secretRef: { name: 'sso', key: 'other' } }, 'does not exist'],
])('%j cannot be read and says why', (reference, why) => {
  const reading = read(reference);
  expect(reading.ok ? '' : reading.message).toContain(why);
});

test('a reference that is wrong itself is reported once and never followed', () => {
  for (const reference of [{ env: 'NOT A NAME' }, { secretRef: { name: '..', key: 'passwd' } }])
    expect(problemsOf({ 'nats.credentials': reference }, 'all')).toHaveLength(1);
});

test('a mounted secret cannot be outside the folder of mounted secrets', () => {
  for (const name of ['..', '.', 'a/b', '../sso', ''])
    expect(pathsOf(problemsOf({ 'nats.credentials': { secretRef: { name, key: 'x' } } }, 'none'))).toEqual([
      'nats.credentials.secretRef.name',
    ]);
});

test('a reference to two places, or to none, is refused', () => {
  for (const reference of [{}, { env: 'A', file: '/b' }])
    expect(problemsOf({ 'nats.credentials': reference }, 'none')[0]?.message).toMatch(/exactly one of/);
});

test('a reference is named in messages by its place', () => {
  expect(describeReference({ env: 'A' })).toBe('env A');
  expect(describeReference({ file: '/a' })).toBe('file /a');
  expect(describeReference({ secretRef: { name: 'a', key: 'b' } })).toBe('secretRef a/b');
});

describe('a wrong value is refused and never repeated', () => {
  const weakRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const x25519 = generateKeyPairSync('x25519').privateKey;
  const pem = (key: typeof weakRsa): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  test.each([
    ['keyEncryptionKey', 'a-short-key'],
    ['keyEncryptionKey', Buffer.alloc(31, 'xy').toString('base64')],
    ['keyEncryptionKey', Buffer.alloc(33, 'xy').toString('base64')],
    ['keyEncryptionKey', Buffer.alloc(32).toString('base64')],
    ['keyEncryptionKey', `${Buffer.alloc(32, 'xy').toString('base64')} `],
    ['signingKey', 'not a key'],
    ['signingKey', pem(weakRsa)],
    ['signingKey', pem(x25519)],
    ['postgresUrl', 'mysql://user:very-secret@db/x'],
    ['natsCredentials', 'very-secret-without-a-user'],
    ['headerValue', 'very-secret\r\nX-Admin: 1'],
    ['clientSecret', 'very\nsecret'],
    ['sharedSecret', 'hunter2'],
    ['sharedHeaderSecret', 'hunter2'],
    ['sharedHeaderSecret', 'a pass phrase with blanks, and more than 32 characters'],
    ['sharedHeaderSecret', 'a-secret-worth-1000-€-and-more-than-32-characters'],
    ['sharedHeaderSecret', '“a-secret-in-typographic-quotation-marks”'],
    ['sharedHeaderSecret', 'a-secret-with-a-line-and-more-than-32\r\nX-Admin: 1'],
  ] as const)('%s %#', (kind, value) => {
    const checked = checkSecret(kind, value);
    expect(checked.ok).toBe(false);
    expect(checked.ok ? '' : checked.message).not.toContain(value.slice(0, 12));
  });

  test('a bridge secret that no header can carry is found before anybody calls', () => {
    const BRIDGE_SECRET = 'a-secret-worth-1000-€-and-more-than-32-characters';
    const problems = problemsOf(program(), 'all', { ...SECRETS, BRIDGE_SECRET });
    expect(pathsOf(problems)).toEqual(['bridge.secret']);
    expect(problems[0]?.message).toMatch(/not ASCII/);
    expect(JSON.stringify(problems)).not.toContain('worth-1000');
    expect(problemsOf(program(), 'all', { ...SECRETS, BRIDGE_SECRET: '~!'.repeat(16) })).toEqual([]);
  });

  test('in the list of problems too', () => {
    const problems = problemsOf({}, 'all', { ...SECRETS, VAULT_KEK: 'hunter2', AS_DATABASE_URL: 'hunter2' });
    expect(pathsOf(problems)).toEqual(['vault.keyEncryptionKeys[0]', 'postgres.authorizationServer.url']);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});

test('any 32 random bytes are a key in every encoding, and come out the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      fc.pre(new Set(bytes).size > 1);
      const buffer = Buffer.from(bytes);
      for (const encoding of ['hex', 'base64', 'base64url'] as const)
        expect(checkSecret('keyEncryptionKey', buffer.toString(encoding))).toEqual({
          ok: true,
          value: buffer.toString('base64url'),
        });
    }),
  );
});
