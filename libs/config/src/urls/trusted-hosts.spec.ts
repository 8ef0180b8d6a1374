import { expect, test } from '@jest/globals';
import { isTrustedHostPattern, TrustedHosts } from './trusted-hosts.js';

const hosts = new TrustedHosts('https://mcp.example/gatehouse', [
  'gateway.internal',
  'edge:8443',
  '*.svc.cluster.local',
  '[fd00::7]',
  '[fd00::8]:4483',
]);

test.each([
  'mcp.example',
  'MCP.example.:443',
  'gateway.internal',
  'gateway.internal:4483',
  'Gateway.Internal.',
  'edge:8443',
  'proxy.svc.cluster.local:80',
  '[fd00::7]:9',
  '[FD00:0::8]:4483',
])('Host %s is trusted', (host) => {
  expect(hosts.trust(host)).toBe(true);
});

test.each([
  'mcp.example:8443',
  'edge',
  'edge:443',
  'svc.cluster.local',
  'evilsvc.cluster.local',
  'gateway.internal.evil.example',
  'gateway.internal@evil.example',
  'gateway.internal/evil.example',
  'evil.example, gateway.internal',
  '[fd00::8]',
  '[fd00::9]',
  '',
  undefined,
])('DNS rebinding: Host %p is not trusted', (host) => {
  expect(hosts.trust(host)).toBe(false);
});

test.each(['gateway', 'gateway:80', '*.example.org', '[fd00::7]', '[fd00::7]:80', '10.0.0.7:80'])(
  '%s can be trusted',
  (pattern) => {
    expect(isTrustedHostPattern(pattern)).toBe(true);
  },
);

test.each(['*', 'https://a.example', 'a.example/', 'A.example', 'a.*.example', 'a example', '', '[fd00::7'])(
  '%p is no host that could be trusted',
  (pattern) => {
    expect(isTrustedHostPattern(pattern)).toBe(false);
  },
);
