import { describe, expect, test } from '@jest/globals';
import { canonicalResource, withConfiguredResource } from './resource-parameter.js';

const RESOURCE = 'https://mcp.acme.example/mcp';
const seen = (resource: string, configured = RESOURCE) =>
  withConfiguredResource(new URLSearchParams({ resource, scope: 'a b' }), configured).get('resource');

describe('the resource is compared as a URL (RFC 3986, section 6.2)', () => {
  test.each([
    RESOURCE,
    'HTTPS://MCP.ACME.example/mcp',
    'https://mcp.acme.example:443/mcp',
    'https://mcp.acme.example/./mcp',
    'https://mcp.acme.example/x/../mcp',
    'https://mcp.acme.example/%6dcp',
  ])('%s is the same', (written) => {
    expect(seen(written)).toBe(RESOURCE);
  });

  test.each(['https://mcp.acme.example', 'https://mcp.acme.example/', 'https://MCP.acme.example:443'])(
    'an empty path and / are the same: %s',
    (written) => {
      expect(seen(written, 'https://mcp.acme.example')).toBe('https://mcp.acme.example');
    },
  );

  test.each([
    'http://mcp.acme.example/mcp',
    'https://mcp.acme.example/MCP',
    'https://mcp.acme.example:8443/mcp',
    'https://mcp.acme.example/mcp?x',
    'https://mcp.acme.example/mcp#x',
    'https://mcp.acme.example/mcp#',
    'https://mallory@mcp.acme.example/mcp',
    'https://mcp.acme.example.evil.example/mcp',
    'https://mcp.acme.example/%2e%2e/mcp/..',
    'https://mcp.acme.example/a%2fmcp',
    'https:\\\\mcp.acme.example\\mcp',
    'https://mcp.acme.example\\mcp',
    'https://mcp.acme.example/m\ncp',
    ' https://mcp.acme.example/mcp',
    'https://mcp.acme.example/mcp ',
    'https:mcp.acme.example/mcp',
    'https://%6dcp.acme.example/mcp',
    'https://\uff4dcp.acme.example/mcp',
    'https://mcp.acme.example@evil.example/mcp',
    '/mcp',
    '',
  ])('%s is another one, and stays as it was written', (written) => {
    expect(seen(written)).toBe(written);
  });
});

test('the other parameters stay, in their order, also those that come twice', () => {
  const parameters = new URLSearchParams(
    'a=1&resource=HTTPS://mcp.acme.example/mcp&a=2&resource=https://b.example',
  );
  expect([...withConfiguredResource(parameters, RESOURCE)]).toEqual([
    ['a', '1'],
    ['resource', RESOURCE],
    ['a', '2'],
    ['resource', 'https://b.example'],
  ]);
});

test.each(['http://0x7f.1/mcp', 'http://2130706433/mcp', 'http://127.1/mcp'])(
  'an address that only a browser takes for ours is another one: %s',
  (written) => {
    expect(seen(written, 'http://127.0.0.1/mcp')).toBe(written);
  },
);

test('what needs encoding stays encoded', () => {
  expect(canonicalResource('https://a.example/%2f%c3%a4')).toBe('https://a.example/%2F%C3%A4');
});
