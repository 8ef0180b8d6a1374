import {
  type Bucket,
  dpopProofs,
  keptStreams,
  mcpSessions,
  refreshAnswers,
} from '@gatehouse/contracts/buckets';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { streamsOf } from '@gatehouse/messaging/nats-accounts';
import { bucketStream } from '@gatehouse/messaging/subjects';
import { printFigure } from '@gatehouse/testing/figures';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { BACKENDS, Callers, signedIn } from '../support/callers.js';
import { initialize, legacyWhoAmI } from '../support/legacy-session.js';
import { readinessOf } from '../support/readiness.js';

let world: World;
beforeAll(async () => {
  world = await startWorld({ replicas: 2 });
});
afterAll(() => world.close());

let callers: Callers | undefined;
afterEach(() => callers?.stop());

/** As when a JetStream cluster has lost its disks: the bus itself goes on. */
async function loseStreams(): Promise<void> {
  for (const service of SERVICES) {
    const owner = await connect({ servers: world.nats.url, ...world.nats.observerOf(service) });
    for (const stream of streamsOf(service, 'demo')) await owner.request(`$JS.API.STREAM.DELETE.${stream}`);
    await owner.close();
  }
}

const statuses = async () =>
  await Promise.all(SERVICES.map(async (service) => (await readinessOf(world, service)).status));
const failing = async (service: Service): Promise<Record<string, unknown>> => {
  const { jobs } = await readinessOf(world, service);
  return Object.fromEntries(
    Object.entries(jobs).flatMap(([name, job]) => (job.status === 'failing' ? [[name, job.without]] : [])),
  );
};

const advice = async () =>
  (
    await Promise.all(
      SERVICES.map(async (service) => Object.values((await readinessOf(world, service)).jobs)),
    )
  )
    .flat()
    .flatMap((job) => (job.status === 'failing' ? [job.advice] : []));

const ADVICE = 'run `gatehouse migrate`: it makes the streams and buckets';

test.each<[string, () => Promise<void>]>([
  ['deleted under running services', loseStreams],
  ['wiped with the server', () => world.nats.wipe()],
])(
  'the store of JetStream %s: sign-ins and calls go on, readiness says what cannot be done and who mends it, and all works again without a restart',
  async (how, lose) => {
    const person = await signedIn(world, 'alice');
    const before = (await initialize(world.mcpUrl, person.accessToken)).sessionId ?? '';
    await until(async () => (await statuses()).every((status) => status === 'ready'));
    await lose();
    await until(async () => (await statuses()).every((status) => status === 'degraded'));
    // While the server is away, a check only learns that nobody answers.
    await until(async () => (await advice()).every((one) => one === ADVICE));
    // Without the stream events are not stored, but subscribers still receive them.
    expect(await failing('authorization-server')).toEqual({ events: ['event_stream'] });
    expect(await failing('token-vault')).toEqual({
      events: ['event_stream'],
      answerCopies: [refreshAnswers.name],
    });
    expect(await failing('vmcp-proxy')).toEqual({
      legacySessions: [mcpSessions.name],
      resumption: [keptStreams.name],
    });
    for (const service of SERVICES) {
      const { httpStatus, jobs } = await readinessOf(world, service);
      expect(httpStatus).toBe(200);
      for (const job of Object.values(jobs)) if (job.status === 'failing') expect(job.advice).toBe(ADVICE);
    }
    const signInsBegunMs = performance.now();
    const people = await Promise.all(['bob', 'carol', 'dora'].map((login) => signedIn(world, login)));
    const signInsMs = performance.now() - signInsBegunMs;
    const leaving = await signedIn(world, 'erin');
    callers = new Callers(world, people);
    await callers.more('right', 2 * BACKENDS.length);
    expect((await initialize(world.mcpUrl, person.accessToken)).status).toBe(503);
    // A sign-out works, and takes no longer than usual.
    const revokedMs = performance.now();
    const revoked = await leaving.client.revoke(leaving.refreshToken);
    await until(async () => (await whoAmI(world.mcpUrl, leaving.accessToken, 'repos')).status === 401);
    const signOutMs = performance.now() - revokedMs;
    await callers.stop();
    const provisionedMs = performance.now();
    await world.nats.provision();
    await until(async () => (await initialize(world.mcpUrl, person.accessToken)).status === 200);
    const backMs = performance.now() - provisionedMs;
    const { sessionId } = await initialize(world.mcpUrl, person.accessToken);
    const who = await legacyWhoAmI(world.mcpUrl, person.accessToken, 'repos', sessionId ?? '');
    // A client whose session is gone is told to start a new one (MCP, 2025-06-18).
    await until(
      async () => (await legacyWhoAmI(world.mcpUrl, person.accessToken, 'repos', before)).status === 404,
    );
    await until(async () => (await statuses()).every((status) => status === 'ready'));
    printFigure(
      `JetStream ${how}: sign-ins ${people.length} in ${Math.round(signInsMs)} ms, calls right ${callers.right}, refused ${callers.refused.length}, sign-out everywhere after ${Math.round(signOutMs)} ms; legacy sessions again ${Math.round(backMs)} ms after provisioning`,
    );
    expect(callers.wrong).toBe(0);
    expect(callers.refused).toEqual([]);
    expect(revoked).toBe(200);
    expect(who.text).toContain('octo-alice');
  },
  180_000,
);

/** When the proxies' bucket was made; `undefined` where there is none. */
async function madeAt(bucket: Bucket): Promise<string | undefined> {
  const owner = await connect({ servers: world.nats.url, ...world.nats.observerOf(bucket.ownedBy) });
  try {
    const answer = await owner.request(`$JS.API.STREAM.INFO.${bucketStream('demo', bucket)}`);
    return answer.json<{ readonly created?: string }>().created;
  } finally {
    await owner.close();
  }
}

test('a NATS of one server that restarts has lost what it had in memory: the proxies make it again, and nobody provisions the bus', async () => {
  const inMemory = [keptStreams, dpopProofs];
  const person = await signedIn(world, 'frank');
  const { sessionId } = await initialize(world.mcpUrl, person.accessToken);
  await until(async () => (await statuses()).every((status) => status === 'ready'));
  const before = await Promise.all(inMemory.map(madeAt));
  await world.nats.kill();
  await world.nats.start();
  await until(async () => {
    const now = await Promise.all(inMemory.map(madeAt));
    return now.every((made, index) => made !== undefined && made !== before[index]);
  });
  await until(async () => (await statuses()).every((status) => status === 'ready'));
  // It finds nothing to make, and nothing that differs.
  expect(await world.nats.provision()).toEqual([]);
  const who = await legacyWhoAmI(world.mcpUrl, person.accessToken, 'repos', sessionId ?? '');
  expect(who.text).toContain('octo-frank');
}, 180_000);
