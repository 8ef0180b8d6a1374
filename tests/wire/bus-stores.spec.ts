import 'reflect-metadata';
import { BUCKETS, mcpSessions } from '@gatehouse/contracts/buckets';
import { SERVICES } from '@gatehouse/kernel/services';
import { MIB } from '@gatehouse/kernel/sizes';
import { KeyValueBuckets, type KeyValueBucket } from '@gatehouse/messaging/key-value';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import { streamsOf } from '@gatehouse/messaging/nats-accounts';
import { bucketStream } from '@gatehouse/messaging/subjects';
import { Metrics } from '@gatehouse/observability/metrics';
import { ObservabilityModule } from '@gatehouse/observability/observability.module';
import { Readiness } from '@gatehouse/observability/readiness';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect, type NatsConnection } from '@nats-io/transport-node';

let nats: TestNats;
let proxy: INestApplicationContext;
let owner: NatsConnection;

beforeAll(async () => {
  nats = await startTestNats();
  const messaging = MessagingModule.forRoot(nats.optionsOf('vmcp-proxy'));
  const imports = [ObservabilityModule.forRoot(new SilentLog())];
  proxy = await NestFactory.createApplicationContext({ ...messaging, imports }, { logger: false });
  owner = await connect({ servers: nats.url, ...nats.observerOf('vmcp-proxy') });
});
afterAll(async () => {
  await owner.close();
  await proxy.close();
  await nats.close();
});

interface StreamInfo {
  readonly config: Readonly<Record<string, unknown>> & { readonly max_bytes: number };
}

const infoOf = async (connection: NatsConnection, stream: string): Promise<StreamInfo> =>
  (await connection.request(`$JS.API.STREAM.INFO.${stream}`)).json();

test('every stream and bucket has a limit in bytes, and all of them together fit on a small disk', async () => {
  let bytes = 0;
  for (const service of SERVICES) {
    const connection = await connect({ servers: nats.url, ...nats.observerOf(service) });
    for (const stream of streamsOf(service, 'test')) {
      const { config } = await infoOf(connection, stream);
      expect(config.max_bytes).toBeGreaterThan(0);
      // A full store refuses new state instead of dropping it; only history is dropped.
      const isBucket = BUCKETS.some((bucket) => bucketStream('test', bucket) === stream);
      expect(config).toMatchObject({
        discard: isBucket ? 'new' : 'old',
        max_age: expect.any(Number) as unknown,
      });
      bytes += config.max_bytes;
    }
    await connection.close();
  }
  expect(bytes).toBeLessThanOrEqual(1_024 * MIB);
});

test('a bucket that is full refuses what is new, keeps what is there, says so, and takes again when there is room', async () => {
  const stream = bucketStream('test', mcpSessions);
  const readiness = proxy.get(Readiness);
  readiness.job({ name: 'sessions', isMain: true, needs: [mcpSessions.name] });
  const { config } = await infoOf(owner, stream);
  const resize = async (maxBytes: number) =>
    await owner.request(
      `$JS.API.STREAM.UPDATE.${stream}`,
      JSON.stringify({ ...config, max_bytes: maxBytes }),
    );
  await resize(MIB);
  const bucket = await proxy.get(KeyValueBuckets).open(mcpSessions);
  const kept = await fill(bucket);
  expect(kept.length).toBeGreaterThan(10);
  for (const key of kept) expect(await bucket.get(key)).toBeDefined();
  expect((await readiness.report()).jobs['sessions']).toMatchObject({
    status: 'failing',
    without: [mcpSessions.name],
    advice: expect.stringContaining('takes no more') as unknown as string,
  });
  const metrics = await proxy.get(Metrics).render();
  expect(metrics).toContain(`gatehouse_bus_store_limit_bytes{store="mcp_sessions"} ${MIB}`);
  expect(metrics).toMatch(/gatehouse_bus_store_bytes{store="mcp_sessions"} \d{6,}/);
  // What `gatehouse migrate` does.
  expect(await nats.provision()).toEqual([`vmcp-proxy/${stream}`]);
  await bucket.put('one-more', 'x');
});

/** @returns the keys that it took, until it took no more. */
async function fill(bucket: KeyValueBucket): Promise<readonly string[]> {
  const kept: string[] = [];
  for (;;) {
    const key = `key-${kept.length}`;
    try {
      await bucket.create(key, 'x'.repeat(50_000));
    } catch (error) {
      expect(error).toMatchObject({ code: 'unavailable' });
      return kept;
    }
    kept.push(key);
  }
}
