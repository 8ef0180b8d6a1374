import { within, type ActiveSpan, type SpanAttributes } from '@gatehouse/kernel/active-span';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { safeFetch } from './safe-fetch.js';

class Provider extends HttpStub {
  readonly asked: StubRequest[] = [];

  protected override answer(request: StubRequest, response: ServerResponse): void {
    this.asked.push(request);
    sendJson(response, 401, { error: 'canary-of-a-response' });
  }
}

/** Writes down everything that a step is told. */
class Noted implements ActiveSpan {
  readonly traceId = '0af7651916cd43dd8448eb211c80319c';
  readonly traceparent = `00-${this.traceId}-b7ad6b7169203331-01`;
  readonly tracestate = undefined;

  constructor(readonly said: unknown[]) {}

  child(...told: readonly [string, string, SpanAttributes?]): ActiveSpan {
    this.said.push(...told);
    return new Noted(this.said);
  }

  set(attributes: SpanAttributes): void {
    this.said.push(attributes);
  }

  rename(name: string): void {
    this.said.push(name);
  }

  fail(kind: string): void {
    this.said.push(kind);
  }

  end(): void {
    this.said.push('ended');
  }
}

const provider = new Provider();
beforeAll(async () => await provider.start());
afterAll(async () => await provider.stop());

test('attack: a step tells a provider’s host and status alone, and the trace does not go there', async () => {
  const said: unknown[] = [];
  const { hostname, port } = new URL(provider.origin);
  const request = {
    url: `${provider.origin}/canary-of-a-path?code=canary-of-a-code`,
    method: 'POST',
    headers: { authorization: 'Bearer canary-of-a-token' },
    body: 'refresh_token=canary-of-a-secret',
  };
  await within(
    new Noted(said),
    async () =>
      await safeFetch(request, { timeoutMs: 60_000, allowPrivateIps: true, insecureAllowHttp: true }),
  );
  expect(said).toEqual([
    'POST',
    'client',
    { 'http.request.method': 'POST', 'server.address': hostname, 'server.port': Number(port) },
    { 'http.response.status_code': 401 },
    '401',
    'ended',
  ]);
  expect(provider.asked.map(({ headers }) => headers['traceparent'])).toEqual([undefined]);
});
