import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { addressKind, hostKind } from '@gatehouse/kernel/network-address';
import { namedAddress } from './hosts.js';

test('validation judges an address as the connector does that will dial it, whatever the address', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(namedAddress(`https://${address}/mcp`)).toBe(addressKind(address));
    }),
  );
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      expect(namedAddress(`https://[${address}]/mcp`)).toBe(addressKind(address));
    }),
  );
});

test.each([
  ['https://localhost/mcp', 'private'],
  ['https://repos.localhost/mcp', 'private'],
  ['https://localhost.example/mcp', 'public'],
  ['https://0x7f.1/mcp', 'private'],
  ['https://2130706433/mcp', 'private'],
  ['https://169.254.169.254/latest', 'forbidden'],
  ['https://[fe80::1]/mcp', 'forbidden'],
  ['https://198.51.100.7/mcp', 'forbidden'],
  ['https://169.254.1.1/mcp', 'forbidden'],
  ['https://169.254.1.1./mcp', 'forbidden'],
  ['https://2851995649/mcp', 'forbidden'],
  ['https://0xa9fe0101/mcp', 'forbidden'],
  ['https://0251.0376.1.1/mcp', 'forbidden'],
  ['https://169.254.257/mcp', 'forbidden'],
  ['https://192.0.2.7/mcp', 'forbidden'],
  ['https://3221225991/mcp', 'forbidden'],
  ['https://203.0.113.7/mcp', 'forbidden'],
  ['https://0.0.0.0/mcp', 'forbidden'],
  ['https://255.255.255.255/mcp', 'forbidden'],
  ['https://224.0.0.1/mcp', 'forbidden'],
  ['https://[::ffff:169.254.1.1]/mcp', 'forbidden'],
  ['https://[::ffff:a9fe:101]/mcp', 'forbidden'],
  ['https://[64:ff9b::a9fe:101]/mcp', 'forbidden'],
  ['https://[::169.254.1.1]/mcp', 'forbidden'],
  ['https://[2001:db8::7]/mcp', 'forbidden'],
  ['https://[2002:a9fe:101::1]/mcp', 'forbidden'],
  ['https://[ff02::1]/mcp', 'forbidden'],
  ['https://[::]/mcp', 'forbidden'],
  ['https://localhost./mcp', 'private'],
])('%s is %s', (url, kind) => {
  expect(namedAddress(url)).toBe(kind);
});

test('an address has one verdict, in whatever spelling of it', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), (number) => {
      const bytes = [number >>> 24, (number >> 16) & 0xff, (number >> 8) & 0xff, number & 0xff];
      const kind = addressKind(bytes.join('.'));
      const spellings = [
        String(number),
        `0x${number.toString(16)}`,
        bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
        bytes.map((byte) => `0x${byte.toString(16)}`).join('.'),
        `${bytes[0] ?? 0}.${number & 0xff_ffff}`,
      ];
      for (const spelling of spellings) {
        expect(namedAddress(`https://${spelling}/mcp`)).toBe(kind);
        expect(hostKind(spelling)).toBe(kind);
      }
    }),
  );
});
