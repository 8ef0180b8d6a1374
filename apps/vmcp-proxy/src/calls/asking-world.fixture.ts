import type { ServerResponse } from 'node:http';
import type { Received } from '../backend.fixture.js';
import { legacyClient, type LegacyClient } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import type { Says } from './asked-client.fixture.js';
import { call, onCall, startCallWorld, type CallWorld } from './call-world.fixture.js';

export const ABLE = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} };
export const CALL = ['tools/call', call('modern', { city: 'Bern' })] as const;

export const FORM = {
  method: 'elicitation/create',
  params: { mode: 'form', message: 'Sure?', requestedSchema: { type: 'object', properties: {} } },
};
export const URL_MODE = {
  method: 'elicitation/create',
  params: { mode: 'url', url: 'https://backend.example/connect', message: 'Open it.' },
};
export const SAMPLING = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1.0 } };
export const ROOTS = { method: 'roots/list' };
export const ANSWERS: Readonly<Record<string, JsonObject>> = {
  'elicitation/create': { action: 'accept', content: { sure: true } },
  'sampling/createMessage': { role: 'assistant', content: { type: 'text', text: 'yes' }, model: 'm' },
  'roots/list': { roots: [{ uri: 'file:///home' }] },
};
export const obliging: Says = ({ method }) => ({ result: ANSWERS[String(method)] });

export const ask = (inputRequests: JsonObject | undefined, requestState?: string): JsonObject => ({
  resultType: 'input_required',
  ...(inputRequests === undefined ? {} : { inputRequests }),
  ...(requestState === undefined ? {} : { requestState }),
});
export const done = (text: string): JsonObject => ({
  resultType: 'complete',
  content: [{ type: 'text', text }],
});

export const paramsOf = ({ body }: Received): JsonObject => body['params'] as JsonObject;

export function nth(calls: () => readonly Received[], index: number): Received {
  const found = calls()[index];
  if (found === undefined) throw new Error('the backend was not called so often');
  return found;
}

export function send(response: ServerResponse, form: 'json' | 'stream', message: JsonObject): void {
  const text = JSON.stringify(message);
  response.writeHead(200, { 'content-type': form === 'json' ? 'application/json' : 'text/event-stream' });
  response.end(form === 'json' ? text : `data: ${text}\n\n`);
}

/** A proxy before a modern backend that asks, and clients with sessions. */
export interface AskingWorld {
  readonly world: CallWorld;
  /** A new one for each test. */
  token: string;
  callsOf(): readonly Received[];
  /** The backend answers the calls of a test with these results, one after the other, and goes on with the last one. */
  answerWith(results: readonly JsonObject[], form?: 'json' | 'stream'): () => readonly Received[];
  clientWith(capabilities?: JsonObject, version?: string): Promise<LegacyClient>;
}

export async function startAskingWorld(): Promise<AskingWorld> {
  // A client that goes away may come back; no test waits long for one that does not.
  const world = await startCallWorld({ resumption: { keepForMs: 1_000 } });
  const callsOf = (): readonly Received[] => world.backend('modern').callsOf('tools/call');
  const asking: AskingWorld = {
    world,
    token: '',
    callsOf,
    answerWith(results, form = 'json') {
      const before = callsOf().length;
      world.backend('modern').setIntercept(
        onCall((one, response) => {
          const result = results[Math.min(callsOf().length - before, results.length) - 1];
          send(response, form, { jsonrpc: '2.0', id: one.body['id'], result });
        }),
      );
      return () => callsOf().slice(before);
    },
    clientWith: async (capabilities = ABLE, version) =>
      await legacyClient(world.proxy.mcpUrl, asking.token, {
        capabilities,
        ...(version === undefined ? {} : { version }),
      }),
  };
  return asking;
}
