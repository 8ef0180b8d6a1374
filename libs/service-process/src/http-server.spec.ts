import { once } from 'node:events';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { RawConnection } from '@gatehouse/testing/raw-connection';
import { until } from '@gatehouse/testing/until';
import { HTTP_LIMITS, limitedServer, type HttpLimits } from './http-server.js';

const SHORT_MS = 200;
/** Where something has to arrive in time before something else is cut: a busy machine pauses, too. */
const PATIENT_MS = 1_500;
/** So long that another limit than the one that is tried cannot be what cut. */
const NEVER = 600_000;
const only = (limits: Partial<HttpLimits>): HttpLimits => ({
  ...HTTP_LIMITS,
  headerMs: NEVER,
  requestMs: NEVER,
  idleMs: NEVER,
  stalledMs: NEVER,
  checkEveryMs: 20,
  ...limits,
});
const slowHeader = (headerMs: number): HttpLimits => only({ headerMs });
const slowBody = (requestMs: number): HttpLimits => only({ headerMs: requestMs, requestMs });

const GET = 'GET / HTTP/1.1\r\nHost: gatehouse\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: gatehouse\r\n';
/** More than the buffers of two kernels hold. */
const LARGE = Buffer.alloc(64 * 1024 * 1024);

const warnings: string[] = [];
const log = { warn: (event: string) => void warnings.push(event) };
let server: Server;
const peers: RawConnection[] = [];

afterEach(() => {
  for (const one of peers.splice(0)) one.close();
  server.close();
  server.closeAllConnections();
  warnings.length = 0;
});

async function serve(
  limits: HttpLimits,
  listener: RequestListener = (_request, response) => response.end('answer'),
): Promise<void> {
  server = limitedServer(limits, log, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

function peer(): RawConnection {
  const one = new RawConnection((server.address() as AddressInfo).port);
  peers.push(one);
  return one;
}

describe('a connection is cut', () => {
  test('that is opened and says nothing (silent connections)', async () => {
    await serve(slowHeader(SHORT_MS));
    await peer().isCut();
  });

  test('whose header never ends, however many lines come (slowloris)', async () => {
    await serve(slowHeader(SHORT_MS));
    const slow = peer().send('GET / HTTP/1.1\r\nHost: gatehouse\r\n').drip('X-More: 1\r\n');
    await slow.isCut();
    expect(slow.heard).toMatch(/^HTTP\/1.1 408 /);
  });

  test('whose body never ends, however many bytes come (slow body)', async () => {
    await serve(slowBody(SHORT_MS), () => undefined);
    await peer().send(`${POST}Content-Length: 1000000\r\n\r\n`).drip('a').isCut();
  });

  test('whose chunked body never ends', async () => {
    await serve(slowBody(SHORT_MS), (request) => request.resume());
    await peer().send(`${POST}Transfer-Encoding: chunked\r\n\r\n`).drip('1\r\na\r\n').isCut();
  });

  test('whose body goes on after it was refused (401 before the body)', async () => {
    await serve(slowBody(PATIENT_MS), (_request, response) => response.writeHead(401).end());
    const slow = peer().send(`${POST}Content-Length: 1000000\r\n\r\n`).drip('a');
    await slow.isCut();
    expect(slow.heard).toMatch(/^HTTP\/1.1 401 /);
  });

  test('whose second request is the slow one (limits for the first only)', async () => {
    await serve(slowHeader(PATIENT_MS));
    const slow = peer().send(GET);
    await slow.hears('answer');
    await slow.send('GET / HTTP/1.1\r\n').isCut();
  });

  test('that is kept and not used again (idle connections)', async () => {
    await serve(only({ idleMs: SHORT_MS }));
    const idle = peer().send(GET);
    await idle.isCut();
    expect(idle.heard).toContain('answer');
  });

  test.each([
    ['whose peer never reads its answer (full buffers)', 1],
    ['whose peer sends requests and reads none of their answers (pipelining)', 100],
  ])('%s', async (_attack, requests) => {
    await serve(only({ stalledMs: SHORT_MS }), (_request, response) => response.end(LARGE));
    const accepted = once(server, 'connection');
    peer().deaf().send(GET.repeat(requests));
    const [held] = (await accepted) as [Socket];
    await until(() => held.destroyed);
  });

  test('whose header is larger than anybody needs', async () => {
    await serve(HTTP_LIMITS);
    const large = peer().send(`GET / HTTP/1.1\r\nHost: gatehouse\r\nX-Large: ${'a'.repeat(20_000)}\r\n\r\n`);
    await large.isCut();
    expect(large.heard).toMatch(/^HTTP\/1.1 431 /);
  });
});

test('what is written after the end of an answer ends no process: the next request is answered', async () => {
  await serve(HTTP_LIMITS, (_request, response) => {
    response.end('answer');
    response.write('more');
    response.end('more');
  });
  for (let count = 0; count < 2; count += 1) {
    const one = peer().send(GET);
    await one.hears('answer');
    expect(one.heard).not.toContain('more');
  }
  expect(warnings).toEqual(['response-failed']);
});

describe('a long answer is not cut', () => {
  const SHORT = only({
    headerMs: PATIENT_MS,
    requestMs: PATIENT_MS,
    idleMs: SHORT_MS,
    stalledMs: PATIENT_MS + SHORT_MS,
  });
  /** Every limit has passed when this is over: the answer's own timer is the longest of them. */
  const longSilence = (response: ServerResponse): Promise<unknown> => once(response, 'timeout');

  test('while an event stream has nothing to say', async () => {
    await serve(SHORT, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n');
      void longSilence(response).then(() => response.end('data: last\n\n'));
    });
    await peer().send(GET).hears('data: last');
  });

  test('while a call takes its time', async () => {
    await serve(SHORT, (_request, response) => {
      void longSilence(response).then(() => response.end('result'));
    });
    await peer().send(`${POST}Content-Length: 1\r\n\r\na`).hears('result');
  });

  test('while its peer reads, however much it is', async () => {
    await serve(HTTP_LIMITS, (_request, response) => response.write(LARGE, () => response.end('the end')));
    await peer().send(GET).hears('the end');
  });
});

describe('connections are counted', () => {
  test('all of them: what comes beyond the limit is refused, and may come again later', async () => {
    await serve(only({ maxConnections: 2 }));
    const [first, second] = [peer().send(GET), peer().send(GET)];
    await Promise.all([first.hears('answer'), second.hears('answer')]);
    await peer().isCut();
    expect(warnings).toEqual(['connections-refused']);
    first.close();
    await first.isCut();
    const later: RawConnection[] = [];
    await until(() => {
      later.push(peer().send(GET));
      return later.some(({ heard }) => heard.includes('answer'));
    });
  });

  test('and those of one peer, so that none takes all of them (hoarding)', async () => {
    let accepted = 0;
    await serve(only({ perPeer: { max: 2, peerOf: () => ((accepted += 1) <= 3 ? 'hoarder' : 'another') } }));
    const hoarded = [peer(), peer(), peer()];
    await until(() => hoarded.some(({ ended }) => ended));
    expect(hoarded.filter(({ ended }) => ended)).toHaveLength(1);
    await peer().send(GET).hears('answer');
    expect(warnings).toEqual(['connections-refused']);
  });

  test('but not those of a peer without a name: a trusted proxy speaks for many', async () => {
    await serve(only({ perPeer: { max: 1, peerOf: () => undefined } }));
    await Promise.all(Array.from({ length: 5 }, () => peer().send(GET).hears('answer')));
  });
});
