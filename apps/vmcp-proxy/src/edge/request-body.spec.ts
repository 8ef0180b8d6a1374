import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { hostileJson } from '@gatehouse/testing/hostile-json';
import { until } from '@gatehouse/testing/until';
import { createServer, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { RequestBodies, type Body } from './request-body.js';
import { Turns } from './turns.js';

const MIB = 1_048_576;
const LIMITS = { requestBytes: 4 * MIB, requestBytesPerPerson: 6 * MIB };

/** What was read of each request, and what is done with it. */
let bodies = new RequestBodies(LIMITS);
let reads: Body[] = [];
let receivedBytes = 0;
let use: (body: Body) => Promise<void> = async () => await Promise.resolve();

const server = createServer((incoming, response) => {
  const person = String(incoming.headers['x-person'] ?? 'alice');
  void bodies.read(incoming, person, async (body) => {
    reads.push(body);
    response.writeHead(200, { connection: 'close' }).end(body.kind);
    await use(body);
  });
  incoming.on('data', (chunk: Buffer) => (receivedBytes += chunk.length));
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
beforeEach(() => {
  bodies = new RequestBodies(LIMITS);
  reads = [];
  receivedBytes = 0;
  use = async () => await Promise.resolve();
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const begin = (headers: Record<string, string | number> = {}): ClientRequest => {
  const sent = request({ port, host: '127.0.0.1', method: 'POST', headers });
  // Whoever is refused before the end may find the connection closed.
  sent.on('error', () => undefined);
  return sent;
};

const answerTo = async (sent: ClientRequest): Promise<string> =>
  await new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
  });

const post = async (text: string, headers: Record<string, string | number> = {}): Promise<string> => {
  const sent = begin({ 'content-length': Buffer.byteLength(text), ...headers });
  const answer = answerTo(sent);
  sent.end(text);
  return await answer;
};

const LARGE = `"${'x'.repeat(4 * MIB - 2)}"`;

test('a body that is too large is refused by its announced length, before any of it is here', async () => {
  const sent = begin({ 'content-length': 4 * MIB + 1 });
  const answer = answerTo(sent);
  sent.flushHeaders();
  expect(await answer).toBe('too_large');
  sent.destroy();
});

test('a body that is too large is refused where it is, also when its length is not announced', async () => {
  const sent = begin();
  const answer = answerTo(sent);
  sent.write(LARGE);
  sent.write('xx');
  expect(await answer).toBe('too_large');
  sent.destroy();
});

test('a body in a million crumbs is refused after the first thousand: each costs as much as hundreds of bytes', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\n"\r\n');
  for (let count = 0; count < 200; count += 1) socket.write('1\r\nx\r\n'.repeat(100));
  await until(() => reads.length === 1);
  expect(reads).toEqual([{ kind: 'in_crumbs' }]);
  socket.destroy();
});

describe('bytes in flight of one person', () => {
  /** Keeps what was read until told to let go. */
  const holding = (): (() => void) => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    use = async () => await held;
    return letGo;
  };

  test('who has too much here already is told that it is busy; another person is not', async () => {
    const letGo = holding();
    expect(await post(LARGE)).toBe('json');
    expect(await post(LARGE)).toBe('busy');
    expect(await post('{}')).toBe('json');
    expect(await post(LARGE, { 'x-person': 'bob' })).toBe('json');
    letGo();
    await until(async () => (await post(LARGE)) === 'json');
  });

  test('lengths that are not announced count as they come', async () => {
    const letGo = holding();
    expect(await post(LARGE)).toBe('json');
    const sent = begin();
    const answer = answerTo(sent);
    sent.write(LARGE.slice(0, 3 * MIB));
    expect(await answer).toBe('busy');
    sent.destroy();
    letGo();
  });

  test('a body whose sender goes away in the middle does not count any more', async () => {
    const sent = begin({ 'content-length': 4 * MIB });
    sent.write(LARGE.slice(0, 3 * MIB));
    await until(() => receivedBytes === 3 * MIB);
    expect(await post(LARGE)).toBe('busy');
    sent.destroy();
    await until(async () => (await post(LARGE)) === 'json');
    expect(reads).toContainEqual({ kind: 'gone' });
  });

  test('thousands of tiny bodies count for more than their bytes', async () => {
    const letGo = holding();
    bodies = new RequestBodies({ requestBytes: 1_024, requestBytesPerPerson: 5 * 512 });
    for (let count = 0; count < 5; count += 1) expect(await post('0')).toBe('json');
    expect(await post('0')).toBe('busy');
    letGo();
  });
});

describe('a body of 4 MiB of', () => {
  const shapes = [...hostileJson(4 * MIB - 16)].map(([name, text]) => ({ name, text }));

  test.each(shapes)(
    '$name is looked at in slices, with a turn for everybody else in between',
    async ({ name, text }) => {
      let turns = 0;
      const soon = (turn: () => void): void => {
        turns += 1;
        setImmediate(turn);
      };
      bodies = new RequestBodies(LIMITS, new Turns(soon));
      const isDeep = name.includes(' in ');
      expect(await post(text)).toBe(isDeep ? 'refused' : 'json');
      // Of 64 KiB each; the first comes at once.
      expect(turns).toBe(isDeep ? 0 : 63);
    },
  );
});

test('a body that turns out broken, or not UTF-8, after megabytes is refused and nobody else notices', async () => {
  expect(await post(`${LARGE.slice(0, -2)}"}`)).toBe('refused');
  const answer = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    body: Buffer.concat([Buffer.from('"'), Buffer.alloc(MIB, 'x'), Buffer.from([0xff, 0x22])]),
  });
  expect(await answer.text()).toBe('refused');
  expect(await post('{}')).toBe('json');
});
