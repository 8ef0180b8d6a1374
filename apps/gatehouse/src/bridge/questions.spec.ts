import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fixtureBackend, saidIn, startBridgeWorld, type BridgeWorld } from './bridge-world.fixture.js';

let world: BridgeWorld;
beforeAll(async () => {
  world = await startBridgeWorld([
    fixtureBackend('files'),
    fixtureBackend('brisk', { callTimeoutMs: 3_000 }),
  ]);
});
afterAll(async () => await world.close());

async function begun(backend = 'files') {
  const client = world.client(backend);
  expect((await client.initialize()).status).toBe(200);
  return client;
}
type Client = Awaited<ReturnType<typeof begun>>;

/** Begins a call whose program asks the person. Resolves when it has asked. */
async function asking(client: Client, id: string) {
  const asked = Promise.withResolvers<undefined>();
  const answered = client.call('ask', {}, { id, heard: () => asked.resolve(undefined) });
  await asked.promise;
  return { answered };
}

test('a person takes longer for an answer than a call may: the call goes on, and has its time anew', async () => {
  const client = await begun('brisk');
  const { answered } = await asking(client, 'slow person');
  // Its whole time begins after the question, and is over before the answer.
  const other = await begun('brisk');
  const { messages } = await other.call('never');
  expect(messages.at(-1)?.error?.message).toContain('gave no response within 3 s');
  expect((await client.message({ id: 'q1', result: { action: 'accept' } })).status).toBe(202);
  expect(saidIn(await answered)).toEqual({ answer: { action: 'accept' } });
});

test('an answer to a question whose call was cancelled reaches no program: it was told that nobody answers', async () => {
  const client = await begun();
  const { answered } = await asking(client, 'given up');
  await client.message({ method: 'notifications/cancelled', params: { requestId: 'given up' } });
  expect((await answered).messages.at(-1)?.error).toMatchObject({ data: { ran: 'maybe' } });
  const late = await client.message({ id: 'q1', result: { action: 'accept' } });
  expect([late.status, late.messages[0]?.error?.message]).toEqual([400, 'Nobody asked that.']);
});
