import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from './backend.fixture.js';
import { legacyClient, modern, textOf } from './client.fixture.js';
import { startProxy, type TestProxy } from './proxy.fixture.js';

const KINDS = ['modern', 'stateless', 'sessions'] as const;
const STRATEGIES = {
  inject: { type: 'upstreamInject', providerName: 'octo' },
  exchange: {
    type: 'issuedToken',
    subject: { of: 'provider', providerName: 'octo', token: 'access_token' },
    providers: ['octo'],
  },
  self: { type: 'issuedToken', subject: { of: 'caller' }, providers: [] },
  gateway: { type: 'issuedToken', subject: { of: 'gateway' }, providers: [] },
  header: { type: 'headerInjection', headerName: 'X-Api-Key', headerValue: new Secret('the-key') },
  open: { type: 'unauthenticated' },
} as const;
type StrategyName = keyof typeof STRATEGIES;

let nats: TestNats;
let proxy: TestProxy;
const backends = new Map<string, TestBackend>();

beforeAll(async () => {
  nats = await startTestNats();
  const made = await Promise.all(
    KINDS.flatMap((kind) =>
      (Object.keys(STRATEGIES) as StrategyName[]).map(async (strategy) => {
        const backend = await startBackend({ kind });
        backends.set(`${kind}-${strategy}`, backend);
        return { name: `${kind}-${strategy}`, url: backend.url, strategy: STRATEGIES[strategy] };
      }),
    ),
  );
  proxy = await startProxy({ nats, backends: made });
});

afterAll(async () => {
  await proxy.close();
  await Promise.all([...backends.values()].map((backend) => backend.close()));
  await nats.close();
});

for (const kind of KINDS)
  for (const strategy of Object.keys(STRATEGIES) as StrategyName[])
    for (const era of ['modern', 'legacy'] as const)
      test(`a ${era} client calls a ${kind} backend with the ${strategy} credential, in one request once warm`, async () => {
        const name = `${kind}-${strategy}`;
        const backend = backends.get(name) as TestBackend;
        const [tsid, subject] = [randomUUID(), randomUUID()];
        const token = await proxy.token({ tsid, sub: subject });
        const client = era === 'legacy' ? await legacyClient(proxy.mcpUrl, token) : undefined;
        const request = async (method: string, params = {}) =>
          await (client === undefined
            ? modern(proxy.mcpUrl, method, params, { token })
            : client.request(method, params));
        // A list waits for slow backends for a while only, and the machine may be slow.
        await until(async () => (await request('tools/list')).text.includes(`"${name}_echo"`));
        const call = { name: `${name}_echo`, arguments: { text: 'hello' } };
        await request('tools/call', call);
        const before = backend.received.length;
        const answer = await request('tools/call', call);

        expect(answer.status).toBe(200);
        expect(JSON.parse(textOf(answer))).toMatchObject({ name: 'echo', arguments: { text: 'hello' } });
        expect(answer.body.result?.['resultType']).toBe(era === 'modern' ? 'complete' : undefined);
        const sent = backend.received.slice(before);
        expect(sent).toHaveLength(1);
        const expected: Record<StrategyName, Record<string, string | undefined>> = {
          inject: { authorization: `Bearer ${name}-token-of-${tsid}` },
          exchange: { authorization: `Bearer ${name}-token-of-${tsid}` },
          self: { authorization: `Bearer ${name}-token-of-${tsid}` },
          gateway: { authorization: `Bearer ${name}-token-of-${tsid}` },
          header: { authorization: undefined, 'x-api-key': 'the-key' },
          open: { authorization: undefined, 'x-api-key': undefined },
        };
        for (const [header, value] of Object.entries(expected[strategy]))
          expect(sent[0]?.headers[header]).toBe(value);
        if (strategy === 'self')
          expect(proxy.surroundings.openedSubjects).toContainEqual({ subjectToken: token });
      });

test("the caller's own token reaches no backend, whatever its strategy", () => {
  const all = [...backends.values()].flatMap(({ received }) => received);
  expect(all.length).toBeGreaterThan(100);
  for (const { headers, body } of all) expect(JSON.stringify([headers, body])).not.toContain('eyJ');
});
