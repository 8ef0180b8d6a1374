import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Metrics } from '@gatehouse/observability/metrics';
import { Readiness } from '@gatehouse/observability/readiness';
import { ClockSkews } from '@gatehouse/observability/clock-skews';
import { Log } from '@gatehouse/observability/log';
import { withInternalServer, type RunningService } from './internal-server.js';

class QuietLog extends Log {
  override warn(): void {
    return undefined;
  }
}
const [metrics, log] = [new Metrics(), new QuietLog('test')];
const readiness = new Readiness(log, new ClockSkews(log, metrics), metrics);
metrics.counter('calls_total', 'Calls.', []).inc();

/** An application that takes its time to stop. */
class SlowApplication {
  readonly #parts = new Map<unknown, unknown>([
    [Readiness, readiness],
    [Metrics, metrics],
  ]);
  finish: () => void = () => undefined;
  isClosed = false;

  get<T>(type: new (...given: never[]) => T): T {
    // The map holds an instance of each class that is asked for.
    return this.#parts.get(type) as T;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => (this.finish = resolve));
    this.isClosed = true;
  }
}

const quiet = { warn: () => undefined, failure: () => undefined };
let app: SlowApplication;
let running: RunningService<SlowApplication>;
let database: () => void;

beforeEach(async () => {
  app = new SlowApplication();
  database = () => undefined;
  readiness.part('database', () => database());
  running = await withInternalServer(app, { host: '127.0.0.1', port: 0 }, quiet);
});
afterEach(async () => {
  const closed = running.close();
  app.finish();
  await closed;
});

const ask = async (path: string, method = 'GET'): Promise<Response> =>
  await fetch(`http://127.0.0.1:${running.internalPort}${path}`, { method });

test('those who run the service hear what is wrong with it', async () => {
  readiness.job({ name: 'tokens', isMain: true, needs: ['database'] });
  expect(await (await ask('/readyz')).json()).toEqual({
    status: 'ready',
    jobs: { tokens: { status: 'ok' } },
    clocks: {},
  });
  database = () => {
    throw new Error('down');
  };
  const failing = await ask('/readyz');
  expect([failing.status, await failing.json()]).toEqual([
    503,
    {
      status: 'unready',
      jobs: {
        tokens: { status: 'failing', since: expect.any(String) as unknown, without: ['database'] },
      },
      clocks: {},
    },
  ]);
  expect((await ask('/healthz')).status).toBe(200);
});

test('and how much it does, in the text format of Prometheus', async () => {
  const answer = await ask('/metrics?unread');
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await answer.text()).toContain('gatehouse_calls_total 1');
});

test.each([
  ['/', 'GET', 404],
  ['/mcp', 'POST', 404],
  ['/status', 'GET', 404],
  ['/metrics/', 'GET', 404],
  ['/metrics', 'POST', 405],
  ['/readyz', 'HEAD', 200],
])('there is nothing else there: %s %s', async (path, method, status) => {
  const answer = await ask(path, method);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('a service that has more to tell has a page for it', async () => {
  const other = new SlowApplication();
  const status = { backends: { one: { circuit: 'closed' } } };
  const telling = await withInternalServer(other, { host: '127.0.0.1', port: 0 }, quiet, {
    status: () => status,
  });
  const url = `http://127.0.0.1:${telling.internalPort}/status`;
  const answer = await fetch(`${url}?unread`);
  expect([answer.status, answer.headers.get('cache-control'), await answer.json()]).toEqual([
    200,
    'no-store',
    status,
  ]);
  expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  const closed = telling.close();
  other.finish();
  await closed;
});

test('a service that finishes what it began says that it is not ready, until it has', async () => {
  const closed = running.close();
  const stopping = await ask('/readyz');
  expect([stopping.status, await stopping.json()]).toEqual([
    503,
    { status: 'unready', stopping: true, jobs: {}, clocks: {} },
  ]);
  expect((await ask('/healthz')).status).toBe(200);
  app.finish();
  await closed;
  await expect(ask('/readyz')).rejects.toThrow();
});

test('a connection to the internal listener on which nothing was ever asked does not hold up the stop, nor does half a request', async () => {
  const sockets = [undefined, 'GET /readyz HTTP/1.1\r\nhost: x'].map((begun) => {
    const socket = connect(running.internalPort, '127.0.0.1', () => {
      if (begun !== undefined) socket.write(begun);
    });
    return socket.on('error', () => undefined);
  });
  for (const socket of sockets) if (socket.connecting) await once(socket, 'connect');
  const gone = Promise.all(
    sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
  );
  const closed = running.close();
  app.finish();
  await Promise.all([closed, gone]);
});

test('a service whose internal port is taken does not go on without', async () => {
  const other = new SlowApplication();
  const starting = withInternalServer(other, { host: '127.0.0.1', port: running.internalPort }, quiet);
  const refused = expect(starting).rejects.toThrow('EADDRINUSE');
  while (!other.isClosed) {
    other.finish();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await refused;
});

test('a process that alone does not reach what it depends on says that it wants to be started anew', async () => {
  jest.spyOn(readiness, 'stuck').mockResolvedValueOnce(['database']);
  const stuck = await ask('/healthz');
  expect([stuck.status, await stuck.json()]).toEqual([503, { status: 'stuck', parts: ['database'] }]);
  expect((await ask('/healthz')).status).toBe(200);
});
