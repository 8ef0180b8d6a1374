import type { Socket } from 'node:net';
import { CertificateAuthority, passedOn } from '@gatehouse/testing/certificate-authority';
import { describe, expect, test } from '@jest/globals';
import { certificateThumbprint, ClientCertificates, type CertifiedRequest } from './client-certificates.js';

/** Certificates that a reverse proxy passes on (RFC 8705, section 6.5; RFC 9440). */

const TRUSTED = '10.1.2.3';
const authority = CertificateAuthority.make('Clients');
const desk = authority.issue({ commonName: 'desk' });

const warned: unknown[] = [];
const log = { warn: (event: string, fields?: object) => void warned.push({ event, ...fields }) };
const reading = (encoding: 'rfc9440' | 'escapedPem' = 'rfc9440', nowMs?: () => number) =>
  new ClientCertificates({ header: 'client-cert', encoding }, ['10.1.0.0/16'], log, nowMs);

/** As Node gives a request: values of one name are joined. */
const requestFrom = (remoteAddress: string | undefined, ...values: readonly string[]): CertifiedRequest => ({
  headers: values.length === 0 ? {} : { 'client-cert': values.join(', ') },
  rawHeaders: values.flatMap((value) => ['Client-Cert', value]),
  socket: { remoteAddress } as Socket,
});

test('a certificate that a trusted proxy passes on is that of the client', () => {
  const found = reading().of(requestFrom(TRUSTED, passedOn(desk)));
  expect(found?.subject).toBe('CN=desk');
  expect(reading().thumbprintOf(requestFrom(`::ffff:${TRUSTED}`, passedOn(desk)))).toBe(
    found && certificateThumbprint(found),
  );
});

test('as nginx passes it on, escaped', () => {
  const escaped = encodeURIComponent(desk.cert);
  expect(reading('escapedPem').of(requestFrom(TRUSTED, escaped))?.subject).toBe('CN=desk');
  expect(reading().of(requestFrom(TRUSTED, escaped))).toBeUndefined();
  expect(reading('escapedPem').of(requestFrom(TRUSTED, passedOn(desk)))).toBeUndefined();
});

test('nothing is read where the configuration names no header', () => {
  const off = new ClientCertificates(undefined, ['10.1.0.0/16'], log);
  expect(off.of(requestFrom(TRUSTED, passedOn(desk)))).toBeUndefined();
});

test.each(['', '::'])('a proxy that writes "%s" has seen none, which is no fault', (nothing) => {
  warned.length = 0;
  expect(reading().of(requestFrom(TRUSTED, nothing))).toBeUndefined();
  expect(warned).toEqual([]);
});

describe('attack: a header that says nothing', () => {
  test.each([
    ['from an address next to the trusted ones', '10.2.0.1'],
    ['from this machine', '127.0.0.1'],
    ['from an address in IPv6', '2001:db8::1'],
    ['on a connection that was reset', undefined],
  ])('a forged one %s counts for nothing, and the log says so', (_from, address) => {
    warned.length = 0;
    expect(reading().of(requestFrom(address, passedOn(desk)))).toBeUndefined();
    expect(warned).toEqual([{ event: 'client-certificate-not-believed', reason: 'untrusted', count: 1 }]);
  });

  const der = Buffer.from(passedOn(desk).slice(1, -1), 'base64');
  test.each<[string, readonly string[]]>([
    ['two, one of which the caller may have sent', [passedOn(desk), passedOn(desk)]],
    ['one with another behind a comma', [`${passedOn(desk)}, ${passedOn(desk)}`]],
    ['one without its colons', [passedOn(desk).slice(1, -1)]],
    ['one with parameters', [`${passedOn(desk)};a=1`]],
    ['one that is cut', [`:${der.subarray(0, 200).toString('base64')}:`]],
    ['one that is no base64', [':%%%%:']],
    ['one that is no certificate', [`:${Buffer.from('no certificate').toString('base64')}:`]],
    ['one that is very long', [`:${'A'.repeat(8_192)}:`]],
    ['one in the name of another encoding', [encodeURIComponent(desk.cert)]],
  ])('%s', (_what, values) => {
    expect(reading().of(requestFrom(TRUSTED, ...values))).toBeUndefined();
  });

  test.each(['%', '%E0%A4%A', 'no certificate', encodeURIComponent(desk.cert + desk.cert)])(
    'escaped, and none: %.20s',
    (value) => {
      expect(reading('escapedPem').of(requestFrom(TRUSTED, value))).toBeUndefined();
    },
  );

  test('one that has ended, and one that has not begun', () => {
    const ended = authority.issue({ commonName: 'desk', endedMs: 60_000 });
    const early = authority.issue({ commonName: 'desk', begunMs: -3_600_000 });
    for (const certificate of [ended, early])
      expect(reading().of(requestFrom(TRUSTED, passedOn(certificate)))).toBeUndefined();
    const later = Date.now() + 2 * 86_400_000;
    expect(reading('rfc9440', () => later).of(requestFrom(TRUSTED, passedOn(desk)))).toBeUndefined();
  });
});

test('what stands behind a certificate is no other thumbprint of it', () => {
  const der = Buffer.from(passedOn(desk).slice(1, -1), 'base64');
  const longer = `:${Buffer.concat([der, Buffer.from('more')]).toString('base64')}:`;
  const found = reading().thumbprintOf(requestFrom(TRUSTED, longer));
  expect([undefined, reading().thumbprintOf(requestFrom(TRUSTED, passedOn(desk)))]).toContain(found);
});
