import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, PASSWORD } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';

/** A machine without a browser (RFC 8628), through all of Gatehouse. */

const SECRET = 'a-secret-of-a-build-agent-without-a-browser';
const REPLICAS = 2;

let world: World;
let agent: openid.Configuration;

beforeAll(async () => {
  world = await startWorld({
    replicas: REPLICAS,
    environment: { 'authorization-server': { AGENT_SECRET: SECRET } },
    configure: (yaml) =>
      yaml.replace(
        'clientRegistration: { metadataDocuments: { enabled: false } }',
        `deviceFlow: {}
  clientRegistration:
    metadataDocuments: { enabled: false }
    clients:
      - { clientId: agent, clientName: Build agent, clientSecret: { env: AGENT_SECRET }, deviceFlow: true }`,
      ),
  });
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const insecure = { execute: [openid.allowInsecureRequests] };
  const auth = openid.ClientSecretBasic(SECRET);
  agent = await openid.discovery(new URL(world.issuer), 'agent', undefined, auth, insecure);
});
afterAll(() => world.close());

const ask = async (): Promise<openid.DeviceAuthorizationResponse> =>
  await openid.initiateDeviceAuthorization(agent, {
    scope: 'openid offline_access',
    resource: world.mcpUrl,
  });

// RFC 8628, section 3.
test('somebody signs in elsewhere, and the machine calls each backend with their credential, at two replicas of everything', async () => {
  const code = await ask();
  const person = { login: 'alice', password: PASSWORD };
  const outcome = await signIn(newBrowser(), code.verification_uri_complete ?? '', person);
  if (outcome.kind !== 'ended') throw new Error(`the browser was sent to ${outcome.url}`);
  expect(outcome.page.text).toContain('The device is signed in');
  const tokens = await openid.pollDeviceAuthorizationGrant(agent, { ...code, interval: 1 });
  expect(decodeJwt(tokens.access_token)).toMatchObject({ client_id: 'agent', aud: world.mcpUrl });
  for (let count = 0; count < 2 * REPLICAS; count += 1) {
    expect((await whoAmI(world.mcpUrl, tokens.access_token, 'repos')).who?.subject).toBe('octo-alice');
    expect((await whoAmI(world.mcpUrl, tokens.access_token, 'tickets')).who?.subject).toBe('acme-alice');
  }
  const again = await openid.refreshTokenGrant(agent, tokens.refresh_token ?? '');
  expect((await whoAmI(world.mcpUrl, again.access_token, 'repos')).who?.subject).toBe('octo-alice');
  const secrets = [SECRET, code.device_code, code.user_code, tokens.access_token, tokens.refresh_token ?? ''];
  for (const secret of secrets) expect(world.logs()).not.toContain(secret);
});

// RFC 8628, section 3.5.
test('a person who says no is the end of it', async () => {
  const code = await ask();
  const person = { login: 'bob', password: PASSWORD, decision: 'cancel' } as const;
  const outcome = await signIn(newBrowser(), code.verification_uri_complete ?? '', person);
  if (outcome.kind !== 'ended') throw new Error(`the browser was sent to ${outcome.url}`);
  expect(outcome.page.text).toContain('The device is not signed in');
  await expect(openid.pollDeviceAuthorizationGrant(agent, { ...code, interval: 1 })).rejects.toMatchObject({
    error: 'access_denied',
  });
});
