import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { ResourceIssuer } from '@gatehouse/testing/resource-issuer';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn } from '../support/callers.js';
import { TokenBackend } from '../support/token-backend.js';

const REPORTS = 'https://billing.example/';
const SECRET = 'secret-of-by-body';

/** Two replicas of each service before backends whose tokens other servers issue. */
let world: World;
let issuer: ResourceIssuer;
let billing: TokenBackend;

beforeAll(async () => {
  issuer = await new ResourceIssuer().start({ [REPORTS]: 'billing:read' });
  billing = await new TokenBackend(async (token) => {
    const { sub = '', scope } = await issuer.claimsOf(token, REPORTS);
    return `${sub} ${String(scope)}`;
  }).start();
  world = await startWorld({
    replicas: 2,
    environment: { 'token-vault': { BILLING_SECRET: SECRET } },
    configure: (yaml) =>
      yaml.replace('backends:\n', `backends:\n  - { name: billing, url: ${billing.mcpUrl} }\n`).replace(
        '  backends:\n',
        `  backends:
    billing:
      type: clientCredentials
      clientCredentials:
        tokenUrl: ${issuer.tokenUrl}
        clientId: by-body
        clientSecret: { env: BILLING_SECRET }
        tokenEndpointAuthMethod: client_secret_post
        resource: ${REPORTS}
        scopes: ['billing:read']
`,
      ),
  });
});

afterAll(async () => {
  await world.close();
  await Promise.all([issuer.stop(), billing.stop()]);
});

test('clientCredentials: both persons reach the backend as the gateway, with one token, and nothing of theirs', async () => {
  const people = [await signedIn(world, 'alice'), await signedIn(world, 'bob')];
  for (const { accessToken } of people)
    for (let call = 0; call < 3; call += 1) {
      const { who, body } = await whoAmI(world.mcpUrl, accessToken, 'billing');
      expect([who?.subject, body.error]).toEqual(['by-body billing:read', undefined]);
    }
  expect(issuer.requests).toHaveLength(1);
  expect(new Set(billing.seen.filter((header) => header !== '')).size).toBe(1);
  for (const { accessToken } of people) expect(billing.seen.join(' ')).not.toContain(accessToken);
  expect(world.logs()).not.toContain(SECRET);
  expect(world.logs()).not.toContain(billing.seen.at(-1)?.replace('Bearer ', ''));
});
