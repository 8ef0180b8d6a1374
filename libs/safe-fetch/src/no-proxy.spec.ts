import { expect, test } from '@jest/globals';
import { exemptFromProxy } from './no-proxy.js';

test.each([
  ['example.org', 'example.org'],
  ['example.org', 'www.example.org'],
  ['.example.org', 'example.org'],
  ['.example.org', 'a.b.example.org'],
  ['EXAMPLE.org.', 'www.Example.ORG.'],
  ['*', 'anything.example'],
  ['*', '10.1.2.3'],
  ['localhost', 'localhost'],
  ['10.1.2.3', '10.1.2.3'],
  ['10.0.0.0/8', '10.1.2.3'],
  ['192.168.1.0/32', '192.168.1.0'],
  ['::1', '[::1]'],
  ['[::1]', '::1'],
  ['fd00::/8', '[fd12::7]'],
  ['0:0:0:0:0:0:0:1', '::1'],
])('%s: %s is reached directly', (entry, host) => {
  expect(exemptFromProxy([entry], host)).toBe(true);
  expect(exemptFromProxy(['other.example', entry], host)).toBe(true);
});

test.each([
  ['example.org', 'notexample.org'],
  ['example.org', 'example.org.evil.example'],
  ['www.example.org', 'example.org'],
  ['*.example.org', 'www.example.org'],
  ['example.*', 'example.org'],
  ['example.org:443', 'example.org'],
  ['10.0.0.0/8', '11.1.2.3'],
  ['10.0.0.0/33', '10.0.0.0'],
  ['10.0.0.0/-1', '10.0.0.0'],
  ['10.0.0.0/8', '10.example.org'],
  ['1', '127.0.0.1'],
  ['0.0.1', '127.0.0.1'],
  ['::1', '127.0.0.1'],
  ['fd00::/8', '[fe00::7]'],
  ['.', 'example.org'],
  ['', 'example.org'],
])('%p: %s goes through the proxy', (entry, host) => {
  expect(exemptFromProxy([entry], host)).toBe(false);
});

test('without entries everything goes through the proxy', () => {
  expect(exemptFromProxy([], 'localhost')).toBe(false);
});
