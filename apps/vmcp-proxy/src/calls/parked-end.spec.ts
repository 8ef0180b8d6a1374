import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Tracing } from '@gatehouse/observability/tracing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { modern, textOf } from '../client.fixture.js';
import { makeGateway } from '../gateway.js';
import type { JsonObject } from '../mcp/message.js';
import { proxyPart } from '../proxy.fixture.js';
import {
  ABLE,
  ask,
  CALL,
  parkOne,
  questionsIn,
  retry,
  startParkedWorld,
  type ParkedWorld,
} from './parked.fixture.js';
import { PARKING_LIMITS } from './parked-calls.flow.js';

let world: ParkedWorld;
let nats: TestNats;

beforeAll(async () => {
  [world, nats] = await Promise.all([startParkedWorld(), startTestNats()]);
});
afterAll(async () => {
  await world.close();
  await nats.close();
});

test('a replica that stops: the backend is told, and at another replica the state says that the call may have run', async () => {
  const replica = await world.proxy.startReplica();
  const token = await world.proxy.token();
  const sent = { token, capabilities: ABLE };
  const calling = modern(replica.mcpUrl, 'tools/call', CALL, sent);
  const held = await world.next();
  held.say(ask(0));
  const questions = questionsIn(await calling);
  const before = world.backend.callsOf('tools/call').length;
  // Nobody waits: the stop does not either.
  await replica.close();
  const elsewhere = await modern(world.proxy.mcpUrl, 'tools/call', retry(questions), sent);
  expect(textOf(elsewhere)).toMatch(/check before trying again\. \(unavailable\)/);
  expect([held.wasCancelled(), world.backend.callsOf('tools/call').length]).toEqual([true, before]);
  await until(() => held.isClosed());
});

/** A gateway for whose calls nobody has long to answer; everybody is the same caller there. */
async function impatientGateway(answerWithinMs: number) {
  const part = proxyPart({
    nats,
    backends: [{ name: 'legacy', url: world.backend.url, timeoutMs: 120_000 }],
    incomingAuth: { type: 'anonymous' },
  });
  const log = new KeptLog();
  const metrics = new Metrics();
  const never = (): never => {
    throw new Error('nobody is asked');
  };
  const gateway = await makeGateway(part, {
    contracts: { ask: never },
    buckets: { open: never },
    events: { publish: never },
    log,
    metrics,
    tracing: Tracing.OFF,
    audit: new AuditLog({ service: 'vmcp-proxy', isOn: false }, log, metrics),
    clocks: { note: () => undefined },
    parkingLimits: { ...PARKING_LIMITS, answerWithinMs },
  });
  const server = createServer((request, response) => void gateway.endpoint.handle(request, response, ''));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return {
    log,
    call: async (params: JsonObject = CALL) =>
      await modern(url, 'tools/call', params, { capabilities: ABLE }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await gateway.close();
    },
  };
}

test('a client that does not come back in time: the backend is told, and a late answer is refused', async () => {
  const gateway = await impatientGateway(300);
  const calling = gateway.call();
  const held = await world.next();
  held.say(ask(0));
  const questions = questionsIn(await calling);
  await until(() => held.wasCancelled() && held.isClosed());
  expect(gateway.log.of('parked-call-failed')).toMatchObject([
    { backend: 'legacy', errorCode: 'deadline_exceeded' },
  ]);
  const { status, body } = await gateway.call(retry(questions));
  expect({ status, error: body.error }).toMatchObject({
    status: 400,
    error: { code: -32_602, data: { retry: 'check-first' } },
  });
  // Its question is over, and that is all that it hears.
  await until(() => held.answers().length > 0);
  expect(held.answers()).toMatchObject([{ error: { message: 'the call is over: nobody answers any more' } }]);
  await gateway.close();
});

test('a response that nobody comes back for is not kept for ever', async () => {
  const gateway = await impatientGateway(300);
  const calling = gateway.call();
  const held = await world.next();
  held.say(ask(0));
  const questions = questionsIn(await calling);
  held.finish();
  await until(() => gateway.log.of('parked-call-failed').length === 1);
  expect((await gateway.call(retry(questions))).status).toBe(400);
  await gateway.close();
});

test('asking again does not prolong the time: a client that answers nothing does not hold its call', async () => {
  const gateway = await impatientGateway(1_000);
  const calling = gateway.call();
  const held = await world.next();
  held.say(ask(0));
  let questions = questionsIn(await calling);
  for (;;) {
    const answer = await gateway.call({ ...CALL, requestState: questions.state });
    if (answer.status === 400) break;
    questions = questionsIn(answer);
  }
  await until(() => held.wasCancelled());
  await gateway.close();
});

test('parked calls keep their places: those of one person leave room for others at a backend with few', async () => {
  const small = await startParkedWorld({ calls: 8, callsPerPerson: 4, streams: 4, streamsPerPerson: 2 });
  const token = await small.proxy.token();
  await parkOne(small, token);
  await parkOne(small, token);
  const calling = small.call(token);
  await small.next();
  expect((await calling).body.error).toMatchObject({ data: { code: 'busy' } });
  const { held, questions } = await parkOne(small, await small.proxy.token());
  expect([held.isClosed(), questions.keys.length]).toEqual([false, 1]);
  await small.close();
});
