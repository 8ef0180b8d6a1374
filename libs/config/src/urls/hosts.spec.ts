import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { addressKind } from '@gatehouse/kernel/network-address';
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
])('%s is %s', (url, kind) => {
  expect(namedAddress(url)).toBe(kind);
});
