import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { signedIn } from '../support/callers.js';

/** A client that acts for a person (RFC 8693), through all of Gatehouse. */

const SECRET = 'a-secret-of-an-agent-that-acts-for-people';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const REPLICAS = 2;

let world: World;
let reposUrl: string;

beforeAll(async () => {
  world = await startWorld({
    replicas: REPLICAS,
    environment: { 'authorization-server': { AGENT_SECRET: SECRET } },
    configure: (yaml) => {
      const mcpUrl = `${/^publicUrl: (\S+)/m.exec(yaml)?.[1] ?? ''}/mcp`;
      return `${yaml.replace(
        'clientRegistration: { metadataDocuments: { enabled: false } }',
        `clientRegistration:
    metadataDocuments: { enabled: false }
    clients:
      - clientId: agent
        clientName: Agent
        clientSecret: { env: AGENT_SECRET }
        tokenExchange: { subjectClients: ['*'], resources: ['${mcpUrl}', '${mcpUrl}/repos'] }`,
      )}\ntelemetry: { audit: { enabled: true } }\n`;
    },
  });
  reposUrl = `${world.mcpUrl}/repos`;
});
afterAll(() => world.close());

test('gets the person’s own credential at the backend for which it asked, at two replicas of everything, is on record, and ends with the person', async () => {
  const alice = await signedIn(world, 'alice');
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const insecure = { execute: [openid.allowInsecureRequests] };
  const auth = openid.ClientSecretBasic(SECRET);
  const agent = await openid.discovery(new URL(world.issuer), 'agent', undefined, auth, insecure);
  const exchanged = async (resource: string): Promise<string> =>
    (
      await openid.genericGrantRequest(agent, EXCHANGE, {
        subject_token: alice.accessToken,
        subject_token_type: ACCESS_TOKEN,
        resource,
      })
    ).access_token;
  const token = await exchanged(reposUrl);
  expect(decodeJwt(token)).toMatchObject({ act: { sub: 'agent' }, client_id: 'agent', aud: reposUrl });
  // The balancer gives them to the replicas in turn.
  for (let count = 0; count < 2 * REPLICAS; count += 1) {
    const answer = await modernRequest(reposUrl, token, 'tools/call', { name: 'whoami', arguments: {} });
    expect(answer.body.result?.structuredContent).toMatchObject({ subject: 'octo-alice', unexpected: [] });
  }
  // For one backend, and not for the others.
  expect((await whoAmI(world.mcpUrl, token, 'tickets')).status).toBe(401);
  const whole = await exchanged(world.mcpUrl);
  expect((await whoAmI(world.mcpUrl, whole, 'tickets')).who?.subject).toBe('acme-alice');
  expect(world.logs()).toContain('"clientId":"agent","actors":"agent"');

  expect(await alice.client.revoke(alice.refreshToken)).toBe(200);
  for (let count = 0; count < 2 * REPLICAS; count += 1) {
    expect((await modernRequest(reposUrl, token, 'tools/list')).status).toBe(401);
    expect((await whoAmI(world.mcpUrl, whole, 'tickets')).status).toBe(401);
  }
  await expect(exchanged(reposUrl)).rejects.toMatchObject({ error: 'invalid_request' });
  for (const secret of [token, whole, SECRET]) expect(world.logs()).not.toContain(secret);
});
