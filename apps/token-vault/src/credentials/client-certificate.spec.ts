import { expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { rsaCertificate, selfSignedCertificate } from '@gatehouse/testing/self-signed';
import { ConfiguredSecret } from '@gatehouse/config/model/configured-secret';
import { certificateFindings } from '@gatehouse/config/rules/client-certificate';

const written = (value: string): ConfiguredSecret =>
  new ConfiguredSecret('file', ['token-vault'], new Secret(value));
const [rsa, another, curve] = [rsaCertificate('a'), rsaCertificate('a'), selfSignedCertificate('a')];

test.each([
  ['a key and its certificate', { clientKey: rsa.key, clientCertificate: rsa.cert }, undefined],
  ['neither', {}, undefined],
  ['a key alone', { clientKey: rsa.key }, /clientKey: .*needs the clientCertificate/],
  ['a certificate alone', { clientCertificate: rsa.cert }, /clientCertificate: .*no effect/],
  [
    'another key',
    { clientKey: another.key, clientCertificate: rsa.cert },
    /clientCertificate: .*not of the clientKey/,
  ],
  [
    'a key on a curve',
    { clientKey: curve.key, clientCertificate: curve.cert },
    /clientKey: .*RSA keys alone/,
  ],
])('%s', (_name, fields, expected) => {
  const client = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, written(value)]));
  const found = certificateFindings(client, ['obo']).map(({ path, message }) => `${path[1]}: ${message}`);
  if (expected === undefined) expect(found).toEqual([]);
  else expect(found.join()).toMatch(expected);
  expect(found.join()).not.toMatch(/BEGIN|MII/);
});

test('what another service reads is not looked at', () => {
  const unread = new ConfiguredSecret('file', ['token-vault']);
  expect(certificateFindings({ clientKey: unread, clientCertificate: unread }, ['obo'])).toEqual([]);
});
