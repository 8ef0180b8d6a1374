import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { OboEndpoint } from '@gatehouse/testing/obo-endpoint';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn } from '../support/callers.js';
import { ScopedBackend } from '../support/scoped-backend.js';

const READ = 'api://docs/Docs.Read';
const WRITE = 'api://docs/Docs.Write';

/** Two replicas of each service before a backend some of whose tools need a token with more scopes. */
let world: World;
let entra: OboEndpoint;
let docs: ScopedBackend;

beforeAll(async () => {
  entra = await new OboEndpoint().start();
  docs = await new ScopedBackend(['read', 'write', 'rewrite'], (token) => {
    const [subject, scope] = [entra.subjectOf(token), entra.scopeOf(token)];
    return subject === undefined || scope === undefined ? undefined : { subject, scope };
  }).start();
  world = await startWorld({
    replicas: 2,
    environment: { 'token-vault': { OBO_SECRET: 'obo-secret' } },
    configure: (yaml) =>
      yaml.replace('backends:\n', `backends:\n  - { name: docs, url: ${docs.mcpUrl} }\n`).replace(
        '  backends:\n',
        `  backends:
    docs:
      type: obo
      obo:
        tokenUrl: ${entra.tokenUrl}
        clientId: gatehouse-obo
        clientSecret: { env: OBO_SECRET }
        audience: api://docs
        scopes: [Docs.Read]
        toolScopes: [{ tools: [write], scopes: [Docs.Write] }]
        subjectTokenProviderName: acme-sso
`,
      ),
  });
  entra.userInfoUrl = `http://localhost:${world.portBase + 3}/userinfo`;
});

afterAll(async () => {
  await world.close();
  await Promise.all([entra.stop(), docs.stop()]);
});

test('attack: a token with scopes of a tool never reaches a call of another tool, nor another person’s', async () => {
  const people = [await signedIn(world, 'alice'), await signedIn(world, 'bob')];
  const calls = people.flatMap(({ login, accessToken }) =>
    Array.from({ length: 24 }, (_, index) => ({
      login,
      accessToken,
      tool: ['read', 'write', 'rewrite'][index % 3] ?? '',
    })),
  );
  const answers = await Promise.all(
    calls.map(async ({ login, accessToken, tool }) => {
      const params = { name: `docs_${tool}`, arguments: {} };
      const { body } = await modernRequest(world.mcpUrl, accessToken, 'tools/call', params);
      return [login, tool, body.error, body.result?.structuredContent] as const;
    }),
  );
  const wanted = (tool: string): string => (tool === 'write' ? `${READ} ${WRITE}` : READ);
  for (const [login, tool, error, content] of answers)
    expect([error, content]).toEqual([undefined, { subject: `acme-${login} ${wanted(tool)}` }]);

  // Introductions and lists count as well: whatever is no call of `write` came with what every call has.
  for (const { what, scope } of docs.arrived) expect([what, scope]).toEqual([what, wanted(what)]);
  const tokens = new Set(docs.arrived.map(({ subject, scope, token }) => `${subject} ${scope} ${token}`));
  // One for each of the two people and the two sets of scopes: more only where a machine stands still for longer than a lease.
  const kinds = new Set(docs.arrived.map(({ subject, scope }) => `${subject} ${scope}`));
  expect([kinds.size, new Set(docs.arrived.map(({ token }) => token)).size]).toEqual([4, tokens.size]);
  const written = docs.arrived.filter(({ what }) => what === 'write').length;
  expect(written).toBeGreaterThanOrEqual(16);
  printFigure(
    `scopes of tools: ${calls.length} calls of 2 people at 2 replicas, ${written} of them with scopes of their own, ${entra.requests.length} requests to Entra`,
  );
  for (const { token } of docs.arrived) expect(world.logs()).not.toContain(token);
});
