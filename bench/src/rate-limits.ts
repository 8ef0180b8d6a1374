import { performance } from 'node:perf_hooks';
import { rateLimits } from '@gatehouse/contracts/buckets';
import { BusConnection } from '@gatehouse/messaging/bus-connection';
import { KeyValueBuckets } from '@gatehouse/messaging/key-value';
import { Log } from '@gatehouse/observability/log';
import { ClockSkews } from '@gatehouse/observability/clock-skews';
import { Metrics } from '@gatehouse/observability/metrics';
import { Readiness } from '@gatehouse/observability/readiness';
import { startTestNats } from '@gatehouse/testing/nats';
import { SharedBuckets } from '@gatehouse/vmcp-proxy/dist/authorization/shared-buckets.store.js';
import { TokenLeases } from '@gatehouse/vmcp-proxy/dist/authorization/token-leases.flow.js';

/** How exactly two replicas keep a limit together on a real bus, and what a token costs a call. */
const CALLERS = 32;
const CALLS = 3_000;

const nats = await startTestNats();
const log = new Log('bench');
const connections = await Promise.all(
  [1, 2].map(async () => {
    const metrics = new Metrics();
    const bus = new BusConnection(
      nats.optionsOf('vmcp-proxy'),
      log,
      new Readiness(log, new ClockSkews(log, metrics), metrics),
    );
    await bus.onModuleInit();
    return bus;
  }),
);
const replicas = await Promise.all(
  connections.map(
    async (bus) =>
      new TokenLeases(
        new SharedBuckets(await new KeyValueBuckets(bus).open(rateLimits)),
        'refuse',
        () => undefined,
      ),
  ),
);

const rows = [];
for (const maxTokens of [10, 100, 1_000])
  for (const share of [0.5, 0.9]) rows.push(await limited(maxTokens, share));
console.table(rows);
for (const replica of replicas) replica.stop();
await Promise.all(connections.map(async (bus) => await bus.onApplicationShutdown()));
await nats.close();

/** @param share of the first replica. */
async function limited(maxTokens: number, share: number) {
  const facts = {
    key: `bench-${String(maxTokens)}-${String(share)}`,
    rate: { maxTokens, refillPeriodMs: 86_400_000 },
  };
  let [taken, waited, made] = [0, 0, 0];
  const micros: number[] = [];
  const caller = async (): Promise<void> => {
    while (made < CALLS) {
      made += 1;
      const startMs = performance.now();
      const wait = replicas[Math.random() < share ? 0 : 1]?.take(facts);
      if (wait instanceof Promise) waited += 1;
      if ((await wait) === undefined) taken += 1;
      micros.push((performance.now() - startMs) * 1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  micros.sort((a, b) => a - b);
  return {
    limit: maxTokens,
    'load at one replica': `${String(share * 100)} %`,
    'let through': taken,
    'of the limit': `${((taken / maxTokens) * 100).toFixed(1)} %`,
    'calls that waited for the bus': waited,
    'p50, µs': Math.round(micros[Math.floor(micros.length / 2)] ?? 0),
    'p99, µs': Math.round(micros[Math.floor(micros.length * 0.99)] ?? 0),
  };
}
