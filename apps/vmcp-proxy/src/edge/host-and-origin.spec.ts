import { expect, test } from '@jest/globals';
import { allowedPeers, hostAllowed, originAllowed } from './host-and-origin.js';

const local = allowedPeers('http://localhost:4483', '127.0.0.1');
const open = allowedPeers('https://mcp.example', '0.0.0.0');

test.each([
  'http://evil.example',
  'null',
  'http://localhost.evil.example',
  'http://127.0.0.1@evil.example',
  '',
])('a page of %p may not call a local gateway', (origin) => {
  expect(originAllowed(local, origin)).toBe(false);
});

test('pages of this machine, at any port, may call a local gateway', () => {
  expect(originAllowed(local, 'http://localhost:6274')).toBe(true);
  expect(originAllowed(local, 'http://127.0.0.1:9')).toBe(true);
});

test('a public gateway answers to its own origin only', () => {
  expect(originAllowed(open, 'https://mcp.example')).toBe(true);
  expect(originAllowed(open, 'http://localhost:6274')).toBe(false);
  expect(originAllowed(open, 'https://mcp.example.evil.example')).toBe(false);
});

test.each(['evil.example', 'evil.example:4483', 'localhost.evil.example', undefined])(
  'DNS rebinding: Host %p does not reach a local gateway',
  (host) => {
    expect(hostAllowed(local, host)).toBe(false);
  },
);

test('a local gateway behind a proxy answers to its public name', () => {
  const behind = allowedPeers('https://mcp.example', '127.0.0.1');
  expect(hostAllowed(behind, 'mcp.example')).toBe(true);
  expect(hostAllowed(behind, 'localhost:4483')).toBe(true);
  expect(hostAllowed(behind, 'evil.example')).toBe(false);
});

test.each(['mcp.example', 'MCP.Example', 'mcp.example:443', 'mcp.example.', 'mcp.example.:443'])(
  'Host %p is the public host in another spelling',
  (host) => {
    expect(hostAllowed(allowedPeers('https://mcp.example', '127.0.0.1'), host)).toBe(true);
  },
);

test.each([
  'mcp.example:80',
  'mcp.example:8443',
  'mcp.example..',
  'user@mcp.example',
  'mcp.example/',
  'mcp.example?',
  'mcp.example#',
  'mcp.example\\',
  'mcp.example:443:443',
  '',
])('Host %p is not the public host', (host) => {
  expect(hostAllowed(allowedPeers('https://mcp.example', '127.0.0.1'), host)).toBe(false);
});

test('the port of a public URL with a port has to be there', () => {
  const peers = allowedPeers('http://mcp.example:8080', '127.0.0.1');
  expect(hostAllowed(peers, 'mcp.example:8080')).toBe(true);
  expect(hostAllowed(peers, 'mcp.example')).toBe(false);
});
