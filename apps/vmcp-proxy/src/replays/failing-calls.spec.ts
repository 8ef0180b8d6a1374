import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { policiesOf } from '../authorization/authorization.fixture.js';
import { ResumingClient, startResumptionWorld, type ResumptionWorld } from './resumption-world.fixture.js';

let world: ResumptionWorld;
beforeAll(async () => {
  world = await startResumptionWorld({
    streamKeepAliveMs: 1_000,
    callPolicies: policiesOf(`
      permit(principal, action, resource);
      forbid(principal, action == Action::"call_tool", resource)
        when { context has arg_amount && context.arg_amount > 100 };
    `),
  });
});
afterAll(() => world.close());

test('arguments that mean two things, in a call whose stream could be resumed, do not end the replica: the call is answered, and others go on', async () => {
  const here = world.proxy.mcpUrl;
  const client = await ResumingClient.begin(world);
  const ambiguous = await client.post(
    here,
    '{"jsonrpc":"2.0","id":"twice","method":"tools/call","params":{"name":"one_echo","arguments":{"amount":1,"amount":2}}}',
  );
  await ambiguous.ended;
  expect(ambiguous.status).toBe(400);
  expect(JSON.parse(ambiguous.text())).toMatchObject({ id: 'twice', error: { code: -32_600 } });
  const held: PromiseWithResolvers<void> = Promise.withResolvers();
  world.backend.setIntercept(({ body }) => {
    if (body['method'] === 'tools/call') held.resolve();
    return body['method'] === 'tools/call';
  });
  // Its sign of life is due after that of the one before.
  const silent = await client.call(here);
  await held.promise;
  await until(() => silent.text().includes('\n: still running'));
  silent.cut();
});
