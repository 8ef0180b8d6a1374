import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalResource, withConfiguredResource, type ResourceRules } from './resource-parameter.js';

const RESOURCE = 'https://mcp.acme.example/mcp';
const ONE = { resourceUrl: RESOURCE, resourceUrls: [RESOURCE] };
const REQUIRED = { ...ONE, resourceIndicator: 'required' } as const;
const OPTIONAL = { ...ONE, resourceIndicator: 'optional' } as const;
const seen = (resource: string, configured = RESOURCE, rules: ResourceRules = REQUIRED) =>
  withConfiguredResource(new URLSearchParams({ resource, scope: 'a b' }), {
    ...rules,
    resourceUrls: [configured],
    resourceUrl: configured,
  }).get('resource');

// RFC 8707, section 2.
describe('the resource is compared as a URL (RFC 3986, section 6.2)', () => {
  test.each([
    RESOURCE,
    'HTTPS://MCP.ACME.example/mcp',
    'https://mcp.acme.example:443/mcp',
    'https://mcp.acme.example/./mcp',
    'https://mcp.acme.example/x/../mcp',
    'https://mcp.acme.example/%6dcp',
    'https://mcp.acme.example/%6Dcp/',
    'https://mcp.acme.example/mcp/',
    'HTTPS://mcp.Acme.example:443/mcp/',
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
    'https://mcp.acme.example/mcp//',
    'https://mcp.acme.example//mcp',
    'https://mcp.acme.example',
    'https://mcp.acme.example/',
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

describe('where the parameter is optional (ADR 2)', () => {
  test.each(['https://mcp.acme.example', 'https://mcp.acme.example/', 'HTTPS://MCP.acme.example:443'])(
    'the bare origin says no more than nothing: %s',
    (written) => {
      expect(seen(written, RESOURCE, OPTIONAL)).toBe(RESOURCE);
    },
  );

  test.each(['http://mcp.acme.example', 'https://mcp.acme.example/other', 'https://acme.example'])(
    'another place stays another one: %s',
    (written) => {
      expect(seen(written, RESOURCE, OPTIONAL)).toBe(written);
    },
  );
});

test('no other resource is ever taken for ours, and none is changed on the way', () => {
  const anything = fc.tuple(
    fc.constantFrom('https://', 'HTTPS://', 'http://', 'https:/', 'https:\\\\'),
    fc.constantFrom('mcp.acme.example', 'MCP.acme.example', 'mallory@mcp.acme.example', 'evil.example'),
    fc.constantFrom('', ':443', ':80', ':'),
    fc.array(fc.constantFrom('/', '/mcp', '/./mcp', '/x/..', '/%6dcp', '%2f', '?', '#', '@', '\\'), {
      maxLength: 4,
    }),
  );
  // Chance finds few of them.
  const ours = fc.tuple(
    fc.constantFrom('https://', 'HTTPS://'),
    fc.constantFrom('mcp.acme.example', 'MCP.acme.example'),
    fc.constantFrom('', ':443', ':'),
    fc.tuple(fc.constantFrom('', '/x/..', '/.'), fc.constantFrom('/mcp', '/%6dcp'), fc.constantFrom('', '/')),
  );
  const written = fc
    .oneof(anything, ours)
    .map(([scheme, host, port, path]) => scheme + host + port + path.join(''));
  let same = 0;
  fc.assert(
    fc.property(written, (spelled) => {
      const resource = seen(spelled);
      if (resource !== RESOURCE) expect(resource).toBe(spelled);
      else {
        const { origin, pathname, search, hash, username } = new URL(spelled);
        const path = pathname.replace('%6d', 'm').replace(/\/$/, '');
        expect([origin, path, search, hash, username]).toEqual([
          'https://mcp.acme.example',
          '/mcp',
          '',
          '',
          '',
        ]);
        same += 1;
      }
    }),
    { numRuns: 5_000, examples: [['https://MCP.acme.example:443/x/../%6dcp/']] },
  );
  expect(same).toBeGreaterThan(500);
});

test('the other parameters stay, in their order, also those that come twice', () => {
  const parameters = new URLSearchParams(
    'a=1&resource=HTTPS://mcp.acme.example/mcp&a=2&resource=https://b.example',
  );
  expect([...withConfiguredResource(parameters, REQUIRED)]).toEqual([
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

const PARTS = [RESOURCE, `${RESOURCE}/octo`, `${RESOURCE}/views/octo`, `${RESOURCE}/views`];

test.each(PARTS)(
  'each part of the gateway is itself in every spelling, and none of the others: %s',
  (part) => {
    for (const spelled of [
      part,
      `${part}/`,
      part.replace('mcp.acme', 'MCP.acme'),
      part.replace('.example/mcp', '.example/x/../%6dcp'),
    ]) {
      const parameters = new URLSearchParams({ resource: spelled });
      const rules = { ...OPTIONAL, resourceUrls: PARTS };
      expect(withConfiguredResource(parameters, rules).get('resource')).toBe(part);
    }
  },
);
