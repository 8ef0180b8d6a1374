import { keptStreams } from '@gatehouse/contracts/buckets';
import { mcpStreamHanded } from '@gatehouse/contracts/events/mcp-stream-handed';
import { bucketName, fullSubject } from '@gatehouse/messaging/subjects';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { connect } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startBackend, type Received, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type ProxySetup, type TestProxy } from '../proxy.fixture.js';

type Replica = Awaited<ReturnType<TestProxy['startReplica']>>;

/** Two replicas before a backend with sessions, whose calls a test answers by hand. */
export interface ResumptionWorld {
  readonly nats: TestNats;
  readonly backend: TestBackend;
  readonly proxy: TestProxy;
  readonly other: Replica;
  /** What crosses the bus about streams, and what is stored there. */
  readonly overheard: readonly string[];
  /** Resolves when a stream was stored the next time: its replica has noticed that nobody reads it. */
  nextStored(): Promise<void>;
  close(): Promise<void>;
}

export async function startResumptionWorld(
  setup: Partial<Pick<ProxySetup, 'resumption' | 'streamKeepAliveMs' | 'callPolicies'>> = {},
): Promise<ResumptionWorld> {
  const [nats, backend] = await Promise.all([startTestNats(), startBackend({ kind: 'sessions' })]);
  const proxy = await startProxy({
    nats,
    backends: [{ name: 'one', url: backend.url, timeoutMs: 120_000 }],
    ...setup,
  });
  const other = await proxy.startReplica();
  const spy = await connect({ servers: nats.url, ...nats.observerOf('vmcp-proxy') });
  const { gatewayName } = nats.optionsOf('vmcp-proxy');
  const overheard: string[] = [];
  const stored = `$KV.${bucketName(gatewayName, keptStreams)}.>`;
  for (const subject of [fullSubject(gatewayName, mcpStreamHanded.subject), stored])
    spy.subscribe(subject, { callback: (_error, message) => void overheard.push(message.string()) });
  await spy.flush();
  return {
    overheard,
    nextStored: async () => {
      const next: PromiseWithResolvers<void> = Promise.withResolvers();
      spy.subscribe(stored, { max: 1, callback: () => next.resolve() });
      await spy.flush();
      await next.promise;
    },
    nats,
    backend,
    proxy,
    other,
    close: async () => {
      await spy.close();
      await other.close();
      await proxy.close();
      await Promise.all([backend.close(), nats.close()]);
    },
  };
}

interface StreamEvent {
  readonly id: string | undefined;
  readonly retry: string | undefined;
  readonly data: string | undefined;
}

/** An event stream as it comes, byte for byte. */
export interface RawStream {
  readonly status: number;
  readonly text: () => string;
  readonly events: () => readonly StreamEvent[];
  /** The messages in it. */
  readonly messages: () => readonly JsonObject[];
  readonly lastId: () => string;
  readonly ended: Promise<void>;
  /** The connection breaks. */
  cut(): void;
}

async function rawStream(url: string, init: RequestInit): Promise<RawStream> {
  const abort = new AbortController();
  const response = await fetch(url, { ...init, signal: abort.signal });
  let text = '';
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>)
      text += decoder.decode(chunk, { stream: true });
  };
  const ended = read().catch(() => undefined);
  const events = (): readonly StreamEvent[] =>
    text
      .split('\n\n')
      .slice(0, -1)
      .map((event) => ({
        id: /^id: (.*)$/m.exec(event)?.[1],
        retry: /^retry: (.*)$/m.exec(event)?.[1],
        data: /^data: (.*)$/m.exec(event)?.[1],
      }))
      .filter(({ data }) => data !== undefined);
  return {
    status: response.status,
    text: () => text,
    events,
    messages: () =>
      events().flatMap(({ data = '' }) => (data === '' ? [] : [JSON.parse(data) as JsonObject])),
    lastId: () => events().findLast(({ id }) => id !== undefined)?.id ?? '',
    ended,
    cut: () => abort.abort(),
  };
}

/** One client with a session, which says itself to which replica each of its requests goes. */
export class ResumingClient {
  private constructor(
    readonly token: string,
    readonly sessionId: string,
    private readonly version: string,
  ) {}

  static async begin(
    { proxy }: Pick<ResumptionWorld, 'proxy'>,
    { token, version = '2025-11-25' }: { readonly token?: string; readonly version?: string } = {},
  ): Promise<ResumingClient> {
    const whose = token ?? (await proxy.token());
    const { sessionId } = await legacyClient(proxy.mcpUrl, whose, { version });
    return new ResumingClient(whose, sessionId, version);
  }

  get headers(): Record<string, string> {
    return {
      accept: 'application/json, text/event-stream',
      'mcp-session-id': this.sessionId,
      'mcp-protocol-version': this.version,
      ...authorization(this.token),
    };
  }

  async call(url: string, id: unknown = 'the-call'): Promise<RawStream> {
    const params = { name: 'one_echo', arguments: {}, _meta: { progressToken: 'p' } };
    return await this.post(url, JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }));
  }

  async post(url: string, body: string): Promise<RawStream> {
    const headers = { ...this.headers, 'content-type': 'application/json' };
    return await rawStream(url, { method: 'POST', headers, body });
  }

  /** `GET`; with an id, it goes on after that event. */
  async get(url: string, lastEventId?: string): Promise<RawStream> {
    const headers = {
      ...this.headers,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    return await rawStream(url, { headers });
  }

  async end(url: string): Promise<number> {
    return (await fetch(url, { method: 'DELETE', headers: this.headers })).status;
  }
}

/** A call at the backend, which says when it goes on. */
export interface HeldCall {
  progress(progress: number): void;
  finish(text: string): void;
  /** With a JSON-RPC error. */
  fail(message: string): void;
  readonly isGone: () => boolean;
}

/** From now on calls wait; each of them is given out once. */
export function holdCalls(backend: TestBackend): () => Promise<HeldCall> {
  const calls: { readonly one: Received; readonly response: ServerResponse }[] = [];
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    calls.push({ one, response });
    return true;
  });
  return async () => {
    await until(() => calls.length > 0);
    const call = calls.shift();
    if (call === undefined) throw new Error('no call');
    const { one, response } = call;
    const say = (message: JsonObject): void =>
      void response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
    const meta = (one.body['params'] as JsonObject | undefined)?.['_meta'] as JsonObject | undefined;
    return {
      progress: (progress) =>
        say({
          method: 'notifications/progress',
          params: { progressToken: meta?.['progressToken'], progress },
        }),
      finish: (text) => {
        say({ id: one.body['id'], result: { content: [{ type: 'text', text }] } });
        response.end();
      },
      fail: (message) => {
        say({ id: one.body['id'], error: { code: -32_602, message } });
        response.end();
      },
      isGone: () => response.closed && !response.writableFinished,
    };
  };
}

/** What of it is progress. */
export const progressIn = (stream: RawStream): readonly unknown[] =>
  stream
    .messages()
    .filter(({ method }) => method === 'notifications/progress')
    .map(({ params }) => (params as JsonObject)['progress']);

/** The text of the response. */
export function resultIn(stream: RawStream): string | undefined {
  const response = stream.messages().find((message) => 'result' in message || 'error' in message);
  return response === undefined ? undefined : JSON.stringify(response['result'] ?? response['error']);
}

export const NOBODYS_STREAM = randomUUID();
