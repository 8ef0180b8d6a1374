import { expect, test } from '@jest/globals';
import { AllowedPeers } from './host-and-origin.js';

interface Settings {
  readonly publicUrl: string;
  readonly listenHost?: string;
  readonly trustedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
}

const peers = ({ publicUrl, listenHost = '0.0.0.0', trustedHosts = [], allowedOrigins = [] }: Settings) =>
  new AllowedPeers({ publicUrl, trustedHosts, allowedOrigins, listen: { host: listenHost } });

const local = peers({ publicUrl: 'http://localhost:4483', listenHost: '127.0.0.1' });
const open = peers({ publicUrl: 'https://mcp.example' });
const behind = peers({ publicUrl: 'https://mcp.example', listenHost: '127.0.0.1' });

test.each([
  'http://evil.example',
  'null',
  'http://localhost.evil.example',
  'http://127.0.0.1@evil.example',
  '',
])('a page of %p may not call a local gateway', (origin) => {
  expect(local.allowOrigin(origin)).toBe(false);
});

test('pages of this machine, at any port, may call a local gateway', () => {
  expect(local.allowOrigin('http://localhost:6274')).toBe(true);
  expect(local.allowOrigin('http://127.0.0.1:9')).toBe(true);
});

test('a public gateway answers to its own origin, and to pages that are listed', () => {
  expect(open.allowOrigin('https://mcp.example')).toBe(true);
  expect(open.allowOrigin('http://localhost:6274')).toBe(false);
  expect(open.allowOrigin('https://mcp.example.evil.example')).toBe(false);
  const listed = peers({ publicUrl: 'https://mcp.example', allowedOrigins: ['http://localhost:6274'] });
  expect(listed.allowOrigin('http://localhost:6274')).toBe(true);
  expect(listed.allowOrigin('http://localhost:6275')).toBe(false);
});

test.each(['evil.example', 'evil.example:4483', 'localhost.evil.example', undefined])(
  'DNS rebinding: Host %p does not reach a local gateway',
  (host) => {
    expect(local.allowHost(host)).toBe(false);
  },
);

test('a local gateway behind a proxy answers to its public name, and to the host that the proxy is trusted to send', () => {
  expect(behind.allowHost('mcp.example')).toBe(true);
  expect(behind.allowHost('localhost:4483')).toBe(true);
  expect(behind.allowHost('gateway.internal')).toBe(false);
  const trusting = peers({
    publicUrl: 'https://mcp.example',
    listenHost: '127.0.0.1',
    trustedHosts: ['gateway.internal'],
  });
  expect(trusting.allowHost('gateway.internal:4483')).toBe(true);
  expect(trusting.allowHost('evil.example')).toBe(false);
});

test('a public gateway answers to every host, unless trusted hosts are listed', () => {
  expect(open.allowHost('10.0.0.7')).toBe(true);
  const listed = peers({ publicUrl: 'https://mcp.example', trustedHosts: ['10.0.0.7'] });
  expect(listed.allowHost('10.0.0.7')).toBe(true);
  expect(listed.allowHost('mcp.example')).toBe(true);
  expect(listed.allowHost('10.0.0.8')).toBe(false);
  expect(listed.allowHost('localhost')).toBe(false);
});

test.each(['mcp.example', 'MCP.Example', 'mcp.example:443', 'mcp.example.', 'mcp.example.:443'])(
  'Host %p is the public host in another spelling',
  (host) => {
    expect(behind.allowHost(host)).toBe(true);
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
  expect(behind.allowHost(host)).toBe(false);
});

test('the port of a public URL with a port has to be there', () => {
  const ported = peers({ publicUrl: 'http://mcp.example:8080', listenHost: '127.0.0.1' });
  expect(ported.allowHost('mcp.example:8080')).toBe(true);
  expect(ported.allowHost('mcp.example')).toBe(false);
});

test('a host that was let in once lets no other one in (DNS rebinding)', () => {
  const local = peers({ publicUrl: 'http://localhost:4483', listenHost: '127.0.0.1' });
  for (let count = 0; count < 200; count += 1) {
    expect(local.allowHost(`localhost:${4_000 + count}`)).toBe(true);
    expect(local.allowHost('evil.example:4483')).toBe(false);
  }
});
