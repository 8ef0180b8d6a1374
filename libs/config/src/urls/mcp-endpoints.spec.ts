import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { mcpEndpoints, requestPathsOf } from './mcp-endpoints.js';

const named = (names: readonly string[]) => names.map((name) => ({ name }));
const label = fc.constantFrom('views', 'mcp', 'a', 'b', 'support');

test('a view named like a backend is another resource than the backend', () => {
  expect(mcpEndpoints('https://a.example/mcp', named(['views', 'x']), named(['x', 'views']))).toEqual([
    { place: '', resourceUrl: 'https://a.example/mcp' },
    { place: '/views', resourceUrl: 'https://a.example/mcp/views' },
    { place: '/x', resourceUrl: 'https://a.example/mcp/x' },
    { place: '/views/x', resourceUrl: 'https://a.example/mcp/views/x' },
    { place: '/views/views', resourceUrl: 'https://a.example/mcp/views/views' },
  ]);
});

test('no two endpoints of a gateway are one resource or share a path, whatever their names', () => {
  fc.assert(
    fc.property(fc.uniqueArray(label), fc.uniqueArray(label), (backends, views) => {
      const all = mcpEndpoints('https://a.example/mcp', named(backends), named(views));
      const paths = all.flatMap(({ place }) => requestPathsOf('/tools', place));
      expect(new Set(all.map(({ resourceUrl }) => resourceUrl)).size).toBe(all.length);
      expect(new Set(paths).size).toBe(paths.length);
    }),
  );
});
