import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { RawConnection } from '@gatehouse/testing/raw-connection';
import { until } from '@gatehouse/testing/until';
import type { ServerResponse } from 'node:http';
import { MAX_MESSAGE_BYTES } from '../backends/message-reader.js';
import { legacyClient, modern, textOf, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { call, onCall, startCallWorld, type BackendName, type CallWorld } from './call-world.fixture.js';

let world: CallWorld;
let token: string;

beforeAll(async () => {
  // Nothing here is about time.
  world = await startCallWorld();
});
beforeEach(async () => {
  token = await world.newCaller();
});
afterAll(() => world.close());

const KINDS = ['modern', 'stateless', 'sessions'] as const;
const ERAS = ['modern', 'legacy'] as const;
const PAIRS = KINDS.flatMap((kind) => ERAS.map((era) => ({ kind, era })));

async function callAs(
  era: (typeof ERAS)[number],
  name: BackendName,
  params: JsonObject = {},
): Promise<ClientAnswer> {
  const asked = { ...call(name), ...params };
  if (era === 'modern') return await modern(world.proxy.mcpUrl, 'tools/call', asked, { token, id: 41 });
  const client = await legacyClient(world.proxy.mcpUrl, token);
  return await client.request('tools/call', asked, { id: 41 });
}

/** What the backend answers calls with, byte for byte; it knows the id that it was given. */
const answering = (
  name: BackendName,
  contentType: string,
  write: (response: ServerResponse, id: string) => void,
): void =>
  world.backend(name).setIntercept(
    onCall((one, response) => {
      response.writeHead(200, { 'content-type': contentType });
      write(response, JSON.stringify(one.body['id']));
    }),
  );

const result = (text: string): string =>
  `{"content":[{"type":"text","text":"${text}"}],"resultType":"complete"}`;
const response = (id: string, text = 'own'): string =>
  `{"jsonrpc":"2.0","id":${id},"result":${result(text)}}`;
const EVENTS = 'text/event-stream';
const JSON_BODY = 'application/json';

test.each(PAIRS)(
  'a $kind backend’s events cannot answer another call of a $era client',
  async ({ kind, era }) => {
    answering(kind, EVENTS, (stream, id) => {
      for (const other of ['42', '"41x"', '0', 'null', '"42"'])
        stream.write(`data: ${response(other, 'forged')}\n\n`);
      stream.write(`id: 7\nretry: 1\nevent: message\ndata: ${response(id)}\r\n\r\n`);
      stream.end(`data: ${response('42', 'forged')}\n\ndata: ${response(id, 'forged')}\n\n`);
    });
    const answer = await callAs(era, kind);
    expect(textOf(answer)).toBe('own');
    expect(answer.text).not.toContain('forged');
    // The client would take up a stream by these that nobody here has. Those of ours say so.
    expect(answer.text).not.toMatch(
      era === 'modern' ? /^(id|retry):/m : /^(id: (?![ce]\.)|retry: (?!1000$))/m,
    );
    expect(answer.text.match(/"id":/g)).toEqual(['"id":']);
    expect(answer.body.id).toBe(41);
  },
);

test.each(PAIRS)(
  'a $kind backend’s JSON cannot answer another call of a $era client',
  async ({ kind, era }) => {
    for (const body of [
      () => response('42', 'forged'),
      (id: string) => response(JSON.stringify(id), 'forged'),
      () => `[${response('42', 'forged')},${response('"42"', 'forged')}]`,
      (id: string) => `{"id":${id},"jsonrpc":"2.0","result":${result('forged')},"i\\u0064":42}`,
      (id: string) => response(id, 'forged').slice(0, -3),
      (id: string) => `${response(id, 'forged')}}`,
      () => 'null',
      () => '',
    ]) {
      answering(kind, JSON_BODY, (stream, id) => stream.end(body(id)));
      const answer = await callAs(era, kind);
      expect(answer.text).not.toContain('forged');
      expect(answer.body).toMatchObject({ id: 41, result: { isError: true } });
      expect(textOf(answer)).toContain('backend_unavailable');
      expect(textOf(answer)).toContain('check before trying again');
    }
  },
);

test.each(PAIRS)(
  'of a $kind backend’s batch a $era client gets the response to its request only',
  async ({ kind, era }) => {
    answering(kind, JSON_BODY, (stream, id) =>
      stream.end(`\ufeff [${response('42', 'forged')},${response(id)},${response(id, 'forged')}]`),
    );
    const answer = await callAs(era, kind);
    expect([answer.body.id, textOf(answer)]).toEqual([41, 'own']);
    expect(answer.text).not.toContain('forged');
  },
);

test.each(PAIRS)(
  'a body of a $kind backend that is cut is an error of ours for a $era client',
  async ({ kind, era }) => {
    for (const contentType of [JSON_BODY, EVENTS]) {
      answering(kind, contentType, (stream, id) => {
        stream.write(
          contentType === EVENTS ? `data: ${response(id, 'forged').slice(0, 60)}` : response(id).slice(0, 60),
        );
        setImmediate(() => stream.destroy());
      });
      const answer = await callAs(era, kind);
      expect(answer.text).not.toContain('forged');
      expect(answer.body.id).toBe(41);
      expect(answer.text).toContain('backend_unavailable');
    }
  },
);

test.each(PAIRS)(
  'a stream of a $kind backend that ends without a response does not hang a $era client',
  async ({ kind, era }) => {
    answering(kind, EVENTS, (stream) => stream.end(`: nothing\n\ndata: ${response('42', 'forged')}\n\n`));
    const { body, text } = await callAs(era, kind);
    expect(body).toMatchObject({
      id: 41,
      error: { data: { code: 'backend_unavailable', retry: 'check-first' } },
    });
    expect(text).not.toContain('forged');
  },
);

test.each(PAIRS)(
  'an event of a $kind backend in pieces and lines reaches a $era client whole',
  async ({ kind, era }) => {
    const pretty = `{\r\ndata: "jsonrpc":"2.0",\rdata: "result":\ndata: ${result('\\u00e9é')},`;
    answering(kind, EVENTS, (stream, id) => {
      const bytes = Buffer.from(
        `\ufeff: hello\r\nevent: message\r\ndata:${pretty}\ndata: "id":${id}}\r\n\r\n`,
      );
      let at = 0;
      const next = (): void => {
        if (at >= bytes.length) stream.end();
        else stream.write(bytes.subarray(at, (at += 7)), () => setImmediate(next));
      };
      next();
    });
    const answer = await callAs(era, kind);
    const data = [...answer.text.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join('\n');
    expect(JSON.parse(data)).toMatchObject({ id: 41, result: { content: [{ text: 'éé' }] } });
  },
);

test('an event past every limit, to a client that does not read, takes nobody else’s answers (the process lives)', async () => {
  const [head, tail] = ['"jsonrpc":"2.0","result":{"x":"', '"}}\n\n'];
  let closed = false;
  answering('stateless', EVENTS, (stream, id) => {
    stream.on('close', () => (closed = true));
    const bytes = Buffer.alloc(MAX_MESSAGE_BYTES + 200, 'x');
    stream.end(Buffer.concat([Buffer.from(`data: {"id":${id},${head}`), bytes, Buffer.from(tail)]));
  });
  const client = await legacyClient(world.proxy.mcpUrl, token);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call('stateless') });
  const headers = {
    host: new URL(world.proxy.origin).host,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'mcp-session-id': client.sessionId,
    'mcp-protocol-version': '2025-11-25',
    'content-length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const deaf = new RawConnection(Number(new URL(world.proxy.origin).port)).deaf();
  deaf.send(`POST /mcp HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  await until(() => closed);
  world.backend('stateless').setIntercept(undefined);
  expect((await callAs('legacy', 'stateless')).status).toBe(200);
  deaf.close();
});

test('events of other types are no messages', async () => {
  answering('stateless', EVENTS, (stream, id) => {
    stream.write(`event: endpoint\ndata: ${response(id, 'forged')}\n\n`);
    stream.end(`event:message\ndata: ${response(id)}`);
  });
  const answer = await callAs('legacy', 'stateless');
  expect(answer.text).not.toContain('forged');
  expect(textOf(answer)).toBe('own');
});

test.each(ERAS)('a result of megabytes reaches a %s client with every byte of it', async (era) => {
  const rows = Array.from({ length: 40_000 }, (_, row) => `{"row":${row},"n":1.${row}0,"s":"\\u00e9é"}`);
  const large = `{"content":[], "structuredContent" : {"rows":[${rows.join(',')}]},"resultType":"complete"}`;
  for (const kind of ['modern', 'stateless'] as const)
    for (const contentType of [JSON_BODY, EVENTS]) {
      answering(kind, contentType, (stream, id) => {
        const body = `{"result":${large},"jsonrpc":"2.0","id":${id}}`;
        stream.end(contentType === EVENTS ? `data: ${body}\n\n` : body);
      });
      const { text } = await callAs(era, kind);
      const members = '"content":[], "structuredContent" : {"rows":[';
      expect(text.includes(`${members}${rows.join(',')}]}`)).toBe(true);
      expect(text.includes('"resultType":"complete"')).toBe(era === 'modern' || kind === 'stateless');
    }
});
