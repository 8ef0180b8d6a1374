import { expect, test } from '@jest/globals';
import { addressKind, hostKind } from './network-address.js';

// IANA's registries of special-purpose addresses (RFC 6890).
test.each([
  ['8.8.8.8', 'public'],
  ['2606:4700::1111', 'public'],
  ['10.1.2.3', 'private'],
  ['100.64.0.1', 'private'],
  ['127.0.0.1', 'private'],
  ['::1', 'private'],
  ['fd12::1', 'private'],
  ['0.0.0.0', 'forbidden'],
  ['::', 'forbidden'],
  ['169.254.169.254', 'forbidden'],
  ['100.100.100.200', 'forbidden'],
  ['168.63.129.16', 'forbidden'],
  ['192.0.2.1', 'forbidden'],
  ['224.0.0.1', 'forbidden'],
  ['255.255.255.255', 'forbidden'],
  ['fe80::1', 'forbidden'],
  ['fe80::1%eth0', 'forbidden'],
  ['ff02::1', 'forbidden'],
  ['2001:db8::1', 'forbidden'],
  ['2002:7f00:1::', 'forbidden'],
  ['fd00:ec2::254', 'forbidden'],
  ['not an address', 'forbidden'],
  ['', 'forbidden'],
])('%s is %s', (address, kind) => {
  expect(addressKind(address)).toBe(kind);
});

test.each([
  ['::ffff:8.8.8.8', 'public'],
  ['::ffff:127.0.0.1', 'private'],
  ['::ffff:0:0', 'forbidden'],
  ['::ffff:a9fe:a9fe', 'forbidden'],
  ['64:ff9b::10.0.0.1', 'private'],
  ['64:ff9b::a9fe:a9fe', 'forbidden'],
])('attack: %s is what the address inside is: %s', (address, kind) => {
  expect(addressKind(address)).toBe(kind);
});

test.each([
  ['2130706433', 'private'],
  ['0x7f.1', 'private'],
  ['0251.0376.0251.0376', 'forbidden'],
  ['[::1]', 'private'],
  ['::1', 'private'],
  ['169.254.169.254.', 'forbidden'],
  ['localhost', 'private'],
  ['LOCALHOST.', 'private'],
  ['a.localhost', 'private'],
  ['gatehouse.example.com', undefined],
  ['notlocalhost', undefined],
  ['[::', 'forbidden'],
  ['a b', 'forbidden'],
])('attack: the host %s, however it is spelled, is %s', (host, kind) => {
  expect(hostKind(host)).toBe(kind);
});
