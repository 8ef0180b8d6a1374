import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { BackendClient, type OutboundRequest } from './backend.client.js';
import type { ProbeOutcome } from './backend-health.js';
import { PLAIN_BACKEND } from './plain-backend.fixture.js';
import { Prober } from './prober.job.js';

const INTERVAL_MS = 30_000;
const handling = { ...PLAIN_BACKEND.failureHandling, healthCheckIntervalMs: INTERVAL_MS };

describe('when', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** What is sent never comes back, unless it is cancelled. */
  function probing(random: () => number, names = ['one']) {
    const sent: { readonly backend: string; readonly request: OutboundRequest }[] = [];
    let refuse = (): void => undefined;
    const way = {
      send: async (backend: string, request: OutboundRequest): Promise<never> => {
        sent.push({ backend, request });
        return await new Promise<never>((_resolve, reject) => {
          refuse = () => reject(new Error('refused'));
          request.cancellation?.attach(reject);
        });
      },
    };
    const prober = new Prober(
      names.map((name) => ({ name, failureHandling: handling })),
      way,
      new Map(),
      { nowMs: () => 0, random },
    );
    return { prober, sent, refuse: () => refuse() };
  }

  test('replicas that start together do not probe together, and none probes while a probe runs', async () => {
    const { prober, sent, refuse } = probing(() => 0.5);
    prober.start();
    await jest.advanceTimersByTimeAsync(INTERVAL_MS / 2 - 1);
    expect(sent).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(sent).toHaveLength(1);
    refuse();
    await jest.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(sent).toHaveLength(2);
  });

  test.each([
    [0, 0.9],
    [0.999_999, 1.1],
  ])('pauses are spread around the interval', async (random, factor) => {
    const { prober, sent, refuse } = probing(() => random);
    prober.start();
    await jest.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(sent).toHaveLength(1);
    refuse();
    await jest.advanceTimersByTimeAsync(INTERVAL_MS * factor - 100);
    expect(sent).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(200);
    expect(sent).toHaveLength(2);
  });

  test('a stop ends what runs, and nothing is sent after it', async () => {
    const { prober, sent } = probing(() => 0, ['one', 'two']);
    prober.start();
    await jest.advanceTimersByTimeAsync(0);
    expect(sent).toHaveLength(2);
    prober.stop();
    expect(sent.map(({ request }) => request.cancellation?.reason?.code)).toEqual([
      'unavailable',
      'unavailable',
    ]);
    await jest.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(sent).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a backend for which no interval is configured is not probed', async () => {
    const sent: string[] = [];
    const way = {
      send: async (backend: string): Promise<never> => {
        sent.push(backend);
        return await Promise.reject(new Error('refused'));
      },
    };
    new Prober([{ name: 'one', failureHandling: PLAIN_BACKEND.failureHandling }], way, new Map()).start();
    await jest.advanceTimersByTimeAsync(100 * INTERVAL_MS);
    expect(sent).toEqual([]);
  });
});

describe('what', () => {
  let backend: TestBackend;
  let outcomes: ProbeOutcome[];
  let stop: () => Promise<void>;

  beforeEach(async () => {
    backend = await startBackend({ kind: 'sessions' });
    outcomes = [];
  });
  afterEach(async () => {
    await stop();
    await backend.close();
  });

  /** Probes once, at once, within that time. */
  async function probed(url = backend.url, healthCheckTimeoutMs = 60_000): Promise<ProbeOutcome> {
    const failureHandling = { ...handling, healthCheckTimeoutMs };
    const configured = { ...PLAIN_BACKEND, name: 'one', url, failureHandling };
    const client = new BackendClient([configured]);
    const healths = new Map([['one', { probed: (outcome: ProbeOutcome) => void outcomes.push(outcome) }]]);
    const prober = new Prober([configured], client, healths, { nowMs: () => 0, random: () => 0 });
    stop = async () => {
      prober.stop();
      await client.close();
    };
    prober.start();
    await until(() => outcomes.length > 0);
    const [outcome] = outcomes;
    if (outcome === undefined) throw new Error('it was not probed');
    return outcome;
  }

  test.each([200, 202, 400, 401, 403, 404, 405, 429])('a backend that says %d is alive', async (status) => {
    backend.setIntercept((_one, response) => {
      response.writeHead(status).end();
      return true;
    });
    expect(await probed()).toEqual({ isAlive: true, status, beganAtMs: 0 });
  });

  test.each([
    [500, 'http_5xx'],
    [502, 'http_502'],
    [503, 'http_503'],
    [504, 'http_504'],
  ])('one that says %d is not', async (status, code) => {
    backend.setIntercept((_one, response) => {
      response.writeHead(status).end();
      return true;
    });
    expect(await probed()).toEqual({ isAlive: false, status, code, beganAtMs: 0 });
  });

  test('nor is one that takes no connections, or says nothing in time', async () => {
    expect(await probed('http://127.0.0.1:9/mcp')).toMatchObject({ isAlive: false, code: 'unreachable' });
    await stop();
    outcomes = [];
    backend.setIntercept(() => true);
    expect(await probed(backend.url, 100)).toMatchObject({ isAlive: false, code: 'timeout' });
  });

  test('a probe carries nobody’s credential and asks for nothing', async () => {
    await probed();
    const [{ headers, body } = { headers: {}, body: {} }] = backend.received;
    expect(body).toEqual({ jsonrpc: '2.0', id: 'gatehouse-probe', method: 'ping' });
    expect(Object.keys(headers).sort()).toEqual([
      'accept',
      'connection',
      'content-length',
      'content-type',
      'host',
    ]);
  });

  test('a probe does not follow a backend to another origin, as no call does', async () => {
    const other = await startBackend({ kind: 'modern' });
    backend.setIntercept((_one, response) => {
      response.writeHead(307, { location: other.url }).end();
      return true;
    });
    expect(await probed()).toEqual({ isAlive: true, beganAtMs: 0 });
    expect(other.received).toEqual([]);
    await other.close();
  });

  test('a session that a server begins for a probe is ended', async () => {
    backend.setIntercept(({ httpMethod }, response) => {
      response.writeHead(200, httpMethod === 'POST' ? { 'mcp-session-id': 'for-a-probe' } : {}).end();
      return true;
    });
    await probed();
    await until(() => backend.received.some(({ httpMethod }) => httpMethod === 'DELETE'));
    expect(backend.received.at(-1)?.headers['mcp-session-id']).toBe('for-a-probe');
  });
});
