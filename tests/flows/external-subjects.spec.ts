import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient } from '@gatehouse/testing/oauth-client';
import type { World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { startExample } from '../support/examples/example.js';
import { externalIssuer, type ExternalIssuer } from '../support/examples/external-issuer.js';

/** Callers of an issuer of somebody else, at two replicas of each service, before an endpoint that exchanges that issuer's tokens. */
const REPLICAS = 2;
const nightly = { clientId: 'nightly-report', clientSecret: 'nightly-report-secret' };

let issuer: ExternalIssuer;
let world: World;

beforeAll(async () => {
  issuer = await externalIssuer([nightly]);
  world = await startExample('external-issuer', {
    replicas: REPLICAS,
    // Whose tokens the endpoint exchanges.
    flags: [`--gateway-issuer=${issuer.issuer}`],
    further: [['https://login.acme.example', issuer.issuer]],
    environment: { 'vmcp-proxy': { REPORTS_API_KEY: 'reports-demo-key' } },
  });
});

afterAll(async () => {
  await world.close();
  await issuer.stop();
});

async function signedIn(login: string): Promise<string> {
  const client = await OAuthClient.register(world.mcpUrl);
  const request = client.authorizationRequest({ scope: 'mcp' });
  const answer = await client.authorize(login, newBrowser(), request);
  const { access_token: token } = await client.redeem(answer.get('code') ?? '', request.codeVerifier);
  if (token === undefined) throw new Error(`${login} got no token`);
  return token;
}

const exchanges = async (): Promise<number> =>
  (await world.demonstration.counts()).sts.tokenRequests['urn:ietf:params:oauth:grant-type:token-exchange'] ??
  0;

test("each person's own token of the external issuer is exchanged for one that the backend takes, and reaches no backend itself", async () => {
  const people = [
    { login: 'alice', token: await signedIn('alice') },
    { login: 'bob', token: await signedIn('bob') },
  ];
  const sts = `http://localhost:${world.portBase + 5}`;
  const before = await exchanges();
  // The balancer gives them to the replicas in turn.
  for (let count = 0; count < 3 * REPLICAS; count += 1)
    for (const { login, token } of people) {
      const { who, body } = await whoAmI(world.mcpUrl, token, 'tickets');
      expect([who, body.error]).toMatchObject([
        { issuer: sts, subject: login, audience: 'tickets', unexpected: [] },
        undefined,
      ]);
      expect(decodeJwt(token).sub).toBe(login);
    }
  // One for each of them, whichever replica was asked.
  expect((await exchanges()) - before).toBe(people.length);

  // A token of the same person with which another client came is another one.
  const again = await signedIn('alice');
  expect((await whoAmI(world.mcpUrl, again, 'tickets')).who?.subject).toBe('alice');
  expect((await exchanges()) - before).toBe(people.length + 1);

  // Where nothing is exchanged, nothing of it arrives.
  expect((await whoAmI(world.mcpUrl, again, 'status')).who).toMatchObject({
    credential: 'none',
    unexpected: [],
  });
  printFigure(
    `external subjects: 2 people and 3 tokens at ${REPLICAS} replicas, ${people.length + 1} exchanges, ${6 * REPLICAS + 1} calls right`,
  );
  for (const { token } of [...people, { token: again }]) expect(world.logs()).not.toContain(token);
});

test('a program that came for itself is exchanged as what it is, and a token for another resource is no token here', async () => {
  const own = await issuer.tokenOf(nightly, world.mcpUrl);
  expect((await whoAmI(world.mcpUrl, own, 'tickets')).who?.subject).toBe(nightly.clientId);
  const before = await exchanges();
  const elsewhere = await issuer.tokenOf(nightly, 'https://other.acme.example/mcp');
  expect(
    (await modernRequest(world.mcpUrl, elsewhere, 'tools/call', { name: 'tickets_whoami' })).status,
  ).toBe(401);
  expect(await exchanges()).toBe(before);
});
