import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { expect } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { startBackend, type Received, type TestBackend } from '../backend.fixture.js';
import { modern, type ClientAnswer, type Sent } from '../client.fixture.js';
import { isObject, type JsonObject } from '../mcp/message.js';
import { startProxy, type ProxySetup, type TestProxy } from '../proxy.fixture.js';

export const ABLE = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} };
export const CALL = { name: 'legacy_echo', arguments: { deep: { value: 1.0, list: ['a', null] } } };
const CALLED: ReadonlySet<unknown> = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
  'completion/complete',
]);

/** One call in the hands of a backend that asks in the middle of it. */
export interface HeldCall {
  readonly received: Received;
  readonly isClosed: () => boolean;
  /** Everything at once, on the stream of the call. */
  say(...messages: readonly JsonObject[]): void;
  finish(result?: JsonObject): void;
  fail(error: JsonObject): void;
  /** Ends the stream without a response. */
  breakOff(): void;
  /** Ends the stream so that it can be taken up (SEP-1699); what is said after {@link takenUp} goes to the new one. */
  letGo(): void;
  takenUp(by: ServerResponse): void;
  readonly eventId: string;
  readonly timesTakenUp: () => number;
  /** What its client answered, in the backend's session. */
  answers(): readonly JsonObject[];
  /** Which of these requests the gateway told that nobody waits. */
  wasCancelled(): boolean;
}

export interface ParkedWorld {
  readonly proxy: TestProxy;
  readonly backend: TestBackend;
  readonly log: KeptLog;
  /** Calls that a client makes: {@link CALL} with everything declared, if nothing else is said. */
  call(
    token: string,
    sent?: Sent & { readonly params?: JsonObject; readonly method?: string },
  ): Promise<ClientAnswer>;
  /** The next call that reaches the backend. */
  next(): Promise<HeldCall>;
  close(): Promise<void>;
}

/** The proxy before one backend with sessions, whose calls are held. */
export async function startParkedWorld(
  limits?: ProxySetup['backends'][number]['limits'],
  /** Left out: one of its own. */
  bus?: TestNats,
  more: Partial<Pick<ProxySetup, 'mtls' | 'trustedProxies'>> = {},
): Promise<ParkedWorld> {
  const nats = bus ?? (await startTestNats());
  const backend = await startBackend({
    kind: 'sessions',
    prompts: [{ name: 'poem' }],
    resources: [{ uri: 'file:///a', name: 'a' }],
  });
  const held: HeldCall[] = [];
  let taken = 0;
  backend.setIntercept((received, response) => {
    if (received.httpMethod === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      held.find(({ eventId }) => eventId === received.headers['last-event-id'])?.takenUp(response);
      return true;
    }
    if (!CALLED.has(received.body['method'])) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    held.push(heldCall(backend, received, response));
    return true;
  });
  const log = new KeptLog();
  // For what never comes.
  const backends = [
    { name: 'legacy', url: backend.url, timeoutMs: 120_000, ...(limits === undefined ? {} : { limits }) },
  ];
  const proxy = await startProxy({ nats, backends, log, ...more });
  return {
    proxy,
    backend,
    log,
    call: async (token, { params = CALL, method = 'tools/call', ...sent } = {}) =>
      await modern(proxy.mcpUrl, method, params, { token, capabilities: ABLE, ...sent }),
    next: async () => {
      taken += 1;
      const index = taken - 1;
      await until(() => held.length > index);
      const found = held[index];
      if (found === undefined) throw new Error('no call');
      return found;
    },
    close: async () => {
      await proxy.close();
      await backend.close();
      if (bus === undefined) await nats.close();
    },
  };
}

function heldCall(backend: TestBackend, received: Received, response: ServerResponse): HeldCall {
  let isClosed = false;
  let stream = response;
  let timesTakenUp = 0;
  response.on('close', () => (isClosed = true));
  const { id } = received.body;
  const eventId = `event-of-${String(id)}`;
  const session = received.headers['mcp-session-id'];
  const say = (...messages: readonly JsonObject[]): void =>
    void stream.write(
      messages.map((one) => `data: ${JSON.stringify({ jsonrpc: '2.0', ...one })}\n\n`).join(''),
    );
  return {
    received,
    isClosed: () => isClosed,
    say,
    finish: (result = { content: [{ type: 'text', text: 'done' }] }) => {
      say({ id, result });
      stream.end();
    },
    fail: (error) => {
      say({ id, error });
      stream.end();
    },
    breakOff: () => stream.end(),
    letGo: () => void stream.end(`id: ${eventId}\nretry: 100\ndata: \n\n`),
    takenUp: (by) => {
      stream = by;
      timesTakenUp += 1;
    },
    eventId,
    timesTakenUp: () => timesTakenUp,
    answers: () =>
      backend.received
        .filter(
          ({ httpMethod, headers, body }) =>
            httpMethod === 'POST' && headers['mcp-session-id'] === session && body['method'] === undefined,
        )
        .map(({ body }) => body),
    wasCancelled: () =>
      backend
        .callsOf('notifications/cancelled')
        .some(({ body }) => isObject(body['params']) && body['params']['requestId'] === id),
  };
}

export const ask = (id: number | string, method = 'elicitation/create', params?: JsonObject): JsonObject => ({
  id,
  method,
  ...(method === 'roots/list' && params === undefined
    ? {}
    : {
        params: params ?? { message: `Question ${id}?`, requestedSchema: { type: 'object', properties: {} } },
      }),
});

export interface Questions {
  readonly requests: Readonly<Record<string, JsonObject>>;
  readonly keys: readonly string[];
  readonly state: string;
}

/** What a result asks for. */
export function questionsIn({ status, body }: ClientAnswer): Questions {
  expect({ status, result: body.result }).toMatchObject({
    status: 200,
    result: { resultType: 'input_required' },
  });
  const requests = body.result?.['inputRequests'] as Readonly<Record<string, JsonObject>>;
  return { requests, keys: Object.keys(requests), state: String(body.result?.['requestState']) };
}

/** The parameters of a call, with answers. */
export const retry = (
  { state, keys }: Pick<Questions, 'state' | 'keys'>,
  answers: readonly JsonObject[] = keys.map(() => ({ action: 'accept', content: {} })),
  params: JsonObject = CALL,
): JsonObject => ({
  ...params,
  inputResponses: Object.fromEntries(
    answers.map((answer, index) => [keys[index] ?? `extra_${index}`, answer]),
  ),
  requestState: state,
});

/** A call that was asked one question. */
export async function parkOne(
  world: ParkedWorld,
  token: string,
  sent: Sent = {},
): Promise<{ readonly held: HeldCall; readonly questions: Questions }> {
  const calling = world.call(token, sent);
  const held = await world.next();
  held.say(ask(0));
  return { held, questions: questionsIn(await calling) };
}
