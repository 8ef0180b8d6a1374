import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { DeviceWorld } from '../testing/device-world.js';
import { shareWorld } from '../testing/service-world.js';
import { hiddenFields, pageName } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

/** Clients for devices that nobody here wrote. */

let world: DeviceWorld;
let service: TestService;
shareWorld(
  async () => await DeviceWorld.start(),
  (started) => {
    world = started;
    ({ service } = started);
  },
);

/** What a person does who has scanned the address. */
async function approve(address: string): Promise<void> {
  const browser = service.browser();
  const page = await browser.get(address);
  const asked = await browser.follow(await browser.post(page.url, hiddenFields(page.body)));
  expect(pageName(await world.finish(browser, asked, world.somebody()))).toBe('device-approved');
}

// RFC 8628, sections 3.1 to 3.5.
describe('openid-client', () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const insecure = { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] };
  const discovered = async (clientId: string): Promise<openid.Configuration> =>
    await openid.discovery(new URL(service.issuer), clientId, undefined, openid.None(), insecure);

  test('signs a person in, verifies everything, and refreshes', async () => {
    const client = await discovered(await world.registerDevice());
    const code = await openid.initiateDeviceAuthorization(client, {
      scope: 'openid offline_access',
      resource: service.config.resourceUrl,
    });
    await approve(code.verification_uri_complete ?? '');
    const tokens = await openid.pollDeviceAuthorizationGrant(client, { ...code, interval: 1 });
    expect(tokens.claims()?.sub).toBe(decodeJwt(tokens.access_token).sub);
    const again = await openid.refreshTokenGrant(client, tokens.refresh_token ?? '');
    expect(decodeJwt(again.access_token)['tsid']).toBe(decodeJwt(tokens.access_token)['tsid']);
  });

  test('hears access_denied', async () => {
    const client = await discovered(await world.registerDevice());
    const code = await openid.initiateDeviceAuthorization(client, { resource: service.config.resourceUrl });
    const browser = service.browser();
    await browser.decide(await world.enter(browser, code.user_code), 'cancel');
    await expect(openid.pollDeviceAuthorizationGrant(client, { ...code, interval: 1 })).rejects.toMatchObject(
      { error: 'access_denied' },
    );
  });
});

// RFC 8628, sections 3.1 to 3.5.
describe('oauth4webapi', () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const insecure = { [oauth.allowInsecureRequests]: true };

  test('signs a person in, and hears of each refusal', async () => {
    const issuer = new URL(service.issuer);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
    const client: oauth.Client = { client_id: await world.registerDevice() };
    const asked = await oauth.deviceAuthorizationRequest(
      as,
      client,
      oauth.None(),
      { scope: 'openid offline_access', resource: service.config.resourceUrl },
      insecure,
    );
    const code = await oauth.processDeviceAuthorizationResponse(as, client, asked);
    const poll = async (deviceCode = code.device_code): Promise<oauth.TokenEndpointResponse> =>
      await oauth.processDeviceCodeResponse(
        as,
        client,
        await oauth.deviceCodeGrantRequest(as, client, oauth.None(), deviceCode, insecure),
      );
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    await expect(poll()).rejects.toMatchObject({ error: 'slow_down' });
    await expect(poll('made-up')).rejects.toMatchObject({ error: 'invalid_grant' });
    await approve(code.verification_uri_complete ?? '');
    const tokens = await poll();
    expect(decodeJwt(tokens.access_token)['tsid']).toBeDefined();
    await expect(poll()).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});
