import { Secret } from '@gatehouse/kernel/secret';
import { startTestNats } from '@gatehouse/testing/nats';
import { z } from 'zod';
import { startBackend, type BackendBehaviour, type Received, type TestBackend } from '../backend.fixture.js';
import { modern } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type ProxySetup, type TestProxy } from '../proxy.fixture.js';

const BACKENDS = {
  modern: { kind: 'modern', strategy: { type: 'unauthenticated' } },
  dual: { kind: 'dual', strategy: { type: 'unauthenticated' } },
  stateless: { kind: 'stateless', strategy: { type: 'unauthenticated' } },
  sessions: { kind: 'sessions', strategy: { type: 'unauthenticated' } },
  inject: { kind: 'modern', strategy: { type: 'upstreamInject', providerName: 'octo' } },
  header: {
    kind: 'modern',
    strategy: { type: 'headerInjection', headerName: 'X-Api-Key', headerValue: new Secret('the-key') },
  },
  /** Requests to it are signed as AWS wants them. */
  signed: {
    kind: 'modern',
    strategy: {
      type: 'issuedToken',
      subject: { of: 'provider', providerName: 'octo', token: 'id_token' },
      providers: ['octo'],
      signing: { region: 'eu-central-1', service: 'aws-mcp' },
    },
  },
  /** Whose calls have a time limit that a test can wait for. */
  impatient: { kind: 'modern', strategy: { type: 'unauthenticated' }, timeoutMs: 1_000 },
} as const;
/** What the backend lists beside its tool. */
const MORE = { prompts: [{ name: 'ask' }], resources: [{ uri: 'modern://asked', name: 'asked' }] };
/** No call of a test takes that long, however busy the machine is. */
const PATIENCE_MS = 120_000;
export type BackendName = keyof typeof BACKENDS;
export const BACKEND_NAMES = Object.keys(BACKENDS) as BackendName[];

/** The proxy before one backend of each kind, and one that cannot be reached. */
export interface CallWorld {
  readonly proxy: TestProxy;
  backend(name: BackendName): TestBackend;
  /** Takes back what backends were told to do, and gives the token of a new caller who has listed the tools. */
  newCaller(claims?: JsonObject): Promise<string>;
  close(): Promise<void>;
}

export async function startCallWorld(
  setup: Pick<ProxySetup, 'resumption' | 'log' | 'callPolicies'> = {},
): Promise<CallWorld> {
  const nats = await startTestNats();
  const backends = new Map<BackendName, TestBackend>();
  for (const name of BACKEND_NAMES)
    backends.set(name, await startBackend({ ...(name === 'modern' ? MORE : {}), kind: BACKENDS[name].kind }));
  const backend = (name: BackendName): TestBackend => {
    const found = backends.get(name);
    if (found === undefined) throw new Error(`no backend ${name}`);
    return found;
  };
  const proxy = await startProxy({
    ...setup,
    nats,
    backends: [
      ...BACKEND_NAMES.map((name) => ({
        name,
        url: backend(name).url,
        timeoutMs: PATIENCE_MS,
        ...BACKENDS[name],
      })),
      { name: 'gone', url: 'http://127.0.0.1:9/mcp' },
    ],
  });
  proxy.surroundings.signs.add('signed');
  return {
    proxy,
    backend,
    async newCaller(claims) {
      for (const one of backends.values()) one.setIntercept(undefined);
      const token = await proxy.token(claims);
      await modern(proxy.mcpUrl, 'tools/list', {}, { token });
      return token;
    },
    async close() {
      await proxy.close();
      await Promise.all([...backends.values()].map((one) => one.close()));
      await nats.close();
    },
  };
}

export const call = (name: BackendName, args: JsonObject = {}): JsonObject => ({
  name: `${name}_echo`,
  arguments: args,
});

const withProgressToken = z.object({
  params: z.object({ _meta: z.object({ progressToken: z.unknown() }) }),
});

export const isCall = ({ body }: Received): boolean => body['method'] === 'tools/call';

/** What a backend names progress by: not what the client said, where callers who cannot be told apart share a session. */
export const progressTokenOf = ({ body }: Received): unknown =>
  withProgressToken.parse(body).params._meta.progressToken;

/** Answers tool calls like this, and everything else as usual. */
export const onCall =
  (
    answer: (one: Received, response: Parameters<NonNullable<BackendBehaviour['intercept']>>[1]) => void,
  ): NonNullable<BackendBehaviour['intercept']> =>
  (one, response) => {
    if (!isCall(one)) return false;
    answer(one, response);
    return true;
  };
