import { Secret } from '@gatehouse/kernel/secret';
import { freePort } from '@gatehouse/testing/free-port';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import { busTroubles } from '@gatehouse/messaging/bus-troubles';
import { streamsOf } from '@gatehouse/messaging/nats-accounts';
import { provisionBus } from '@gatehouse/messaging/provision';
import { busUnreachable } from '@gatehouse/messaging/reachable';

/** What is there answers at last, however busy the machine is. */
const PATIENCE_MS = 120_000;

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(() => nats.close());

const of = (
  service: Parameters<TestNats['optionsOf']>[0],
  changed: Partial<BusOptions> = {},
): BusOptions => ({
  ...nats.optionsOf(service),
  ...changed,
});
const away = async (): Promise<string[]> => [`nats://someone:hidden@127.0.0.1:${await freePort()}`];

describe('what keeps a service from using the bus', () => {
  test('nothing', async () => {
    for (const service of ['authorization-server', 'token-vault', 'vmcp-proxy'] as const)
      expect(await busTroubles(of(service), PATIENCE_MS)).toEqual([]);
    await until(async () => (await busUnreachable(of('token-vault'))) === undefined, PATIENCE_MS);
  });

  test('a password that was changed', async () => {
    const options = of('token-vault', { password: new Secret('another') });
    expect(await busTroubles(options, PATIENCE_MS)).toMatchObject([{ kind: 'refused' }]);
    const said = `NATS at ${nats.url} refuses the user token-vault or its password.`;
    await until(async () => (await busUnreachable(options)) === said, PATIENCE_MS);
  });

  test('a server that is away; what its URL holds is not said', async () => {
    const options = of('token-vault', { servers: await away() });
    expect(await busTroubles(options, PATIENCE_MS)).toMatchObject([{ kind: 'unreachable' }]);
    const why = await busUnreachable(options);
    expect(why).toMatch(/^NATS at nats:\/\/127\.0\.0\.1:\d+ cannot be reached \(\w+\)\.$/);
  });

  test('the user of another service: it may not hear at this one’s inbox', async () => {
    const { user, password } = of('vmcp-proxy');
    expect(await busTroubles(of('token-vault', { user, password }), PATIENCE_MS)).toEqual([
      { kind: 'permissions', evidence: expect.stringMatching(/^it may not subscribe to .*\.>$/) },
    ]);
  });

  test('streams that are missing, by their names, until the bus is provisioned', async () => {
    await nats.wipe();
    const [trouble, ...more] = await busTroubles(of('vmcp-proxy'), PATIENCE_MS);
    expect([trouble?.kind, more]).toEqual(['streams', []]);
    expect(trouble?.evidence.split(', ')).toEqual(streamsOf('vmcp-proxy', 'test'));
    expect(await nats.provision()).not.toEqual([]);
    expect(await nats.provision()).toEqual([]);
    expect(await busTroubles(of('vmcp-proxy'), PATIENCE_MS)).toEqual([]);
  });

  test('a bus that cannot be provisioned is an outage', async () => {
    const { user, pass } = nats.provisioning;
    const options = { gatewayName: 'test', user, password: new Secret(pass), streamReplicas: 1 };
    await expect(provisionBus({ ...options, servers: await away() })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
