import { expect, test } from '@jest/globals';
import { allowedHostProblem, isAllowedHost } from './allowed-hosts.js';

const HOSTS = ['api.acme.example', 'edge.acme.example:8443', '*.tools.example', '[fd00::7]', '10.0.0.7:8080'];

test.each([
  'https://api.acme.example/mcp',
  'https://API.acme.example.:444/mcp',
  'https://edge.acme.example:8443/mcp',
  'https://a.b.tools.example/mcp',
  'http://[fd00:0::7]:9/mcp',
  'http://10.0.0.7:8080/mcp',
])('a token may go to %s', (url) => {
  expect(isAllowedHost(HOSTS, new URL(url))).toBe(true);
});

test.each([
  'https://evil.example/api.acme.example',
  'https://api.acme.example.evil.example/',
  'https://api.acme.example@evil.example/',
  'https://eviltools.example/',
  'https://tools.example/',
  'https://edge.acme.example/',
  'http://10.0.0.7/',
  'http://[fd00::8]/',
])('attack: a token never goes to %s', (url) => {
  expect(isAllowedHost(HOSTS, new URL(url))).toBe(false);
});

test('an https URL without a port is at 443, an http one at 80', () => {
  expect(isAllowedHost(['a.example:443'], new URL('https://a.example/'))).toBe(true);
  expect(isAllowedHost(['a.example:443'], new URL('http://a.example/'))).toBe(false);
  expect(isAllowedHost(['a.example:80'], new URL('http://a.example/'))).toBe(true);
});

test.each(['*', '*.com', 'https://a.example', 'A.example', 'a.*.example', 'a.example/mcp', ''])(
  '%p is no entry',
  (pattern) => {
    expect(allowedHostProblem(pattern)).toBeDefined();
  },
);
