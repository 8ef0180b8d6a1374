import type { EventContract } from '@gatehouse/contracts/contract';
import { proxyPresent } from '@gatehouse/contracts/events/proxy-present';
import { sessionClosed } from '@gatehouse/contracts/events/session-closed';
import { sessionDropped } from '@gatehouse/contracts/events/session-dropped';
import { newAccountId, newSessionId } from '@gatehouse/kernel/ids';
import { Metrics } from '@gatehouse/observability/metrics';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { beforeEach, expect, test } from '@jest/globals';
import type { ClosedSession } from './session.store.js';
import { TellProxies, TOLD_WITHIN_MS } from './tell-proxies.flow.js';

const REPLICAS = ['0b7c9f0e-5d3c-4a51-9b6e-1d2f3a4b5c6d', '1b7c9f0e-5d3c-4a51-9b6e-1d2f3a4b5c6d'];

let metrics: Metrics;
let told: EventContract[];
let hear: Map<EventContract, (payload: never) => void>;
let timers: { readonly ms: number; readonly fire: () => void; cancelled: boolean }[];
let proxies: TellProxies;

beforeEach(() => {
  metrics = new Metrics();
  told = [];
  hear = new Map();
  timers = [];
  // What the bus does, without one: here it is about when somebody stops waiting.
  const events = {
    publish: async (event: EventContract) => {
      told.push(event);
      await Promise.resolve();
    },
    subscribe: (event: EventContract, listener: (payload: never) => void) => hear.set(event, listener),
    onReconnect: () => undefined,
  };
  const after = (ms: number, fire: () => void) => {
    const timer = { ms, fire, cancelled: false };
    timers.push(timer);
    return {
      cancel: () => {
        timer.cancelled = true;
      },
    };
  };
  proxies = new TellProxies(events as never, new SilentLog(), metrics, after);
  proxies.onApplicationBootstrap();
  for (const replicaId of REPLICAS) hear.get(proxyPresent)?.({ replicaId } as never);
});

const session = (): ClosedSession => ({
  tsid: newSessionId(),
  accountId: newAccountId(),
  reason: 'revoked',
  closedAtMs: 1,
});

function running(closed: ClosedSession) {
  let isOver = false;
  const over = proxies.run(closed).then(() => {
    isOver = true;
  });
  const settled = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    return isOver;
  };
  return { over, settled };
}

const drop = (replicaId: string | undefined, tsid: string) =>
  hear.get(sessionDropped)?.({ replicaId, tsid } as never);

const unacknowledged = async () =>
  /session_closings_unacknowledged_total (\d+)/.exec(await metrics.render())?.[1];

test('a closed session is answered when all proxies have dropped it, and nobody waits for the limit', async () => {
  const closed = session();
  const { over, settled } = running(closed);
  expect(told).toEqual([sessionClosed]);
  drop(REPLICAS[0], closed.tsid);
  expect(await settled()).toBe(false);
  drop(REPLICAS[1], closed.tsid);
  await over;
  expect(timers).toMatchObject([{ ms: TOLD_WITHIN_MS, cancelled: true }]);
  expect(await unacknowledged()).toBe('0');
});

test('with a proxy that says nothing it is answered at the limit of 500 ms, and counted', async () => {
  const closed = session();
  const { over, settled } = running(closed);
  drop(REPLICAS[0], closed.tsid);
  expect(await settled()).toBe(false);
  expect(timers).toMatchObject([{ ms: 500, cancelled: false }]);
  timers[0]?.fire();
  await over;
  expect(await unacknowledged()).toBe('1');
});

test('closings are counted by reason, and their time by how long the last proxy took', async () => {
  const closed = session();
  const { over } = running(closed);
  for (const replicaId of REPLICAS) drop(replicaId, closed.tsid);
  await over;
  await proxies.run({ ...session(), reason: 'expired' });
  const text = await metrics.render();
  expect(text).toContain('sessions_closed_total{reason="revoked"} 1');
  // Nobody waits for a session that ran out by itself.
  expect(text).not.toContain('reason="expired"');
  expect(text).toContain('session_closing_seconds_count 1');
});

test('a session that ran out by itself is no news for the proxies', async () => {
  await proxies.run({ ...session(), reason: 'expired' });
  expect([told, timers]).toEqual([[], []]);
});
