import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import {
  brotliCompressSync,
  constants,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { modern, textOf } from '../client.fixture.js';
import { call, onCall, startCallWorld, type CallWorld } from './call-world.fixture.js';

let world: CallWorld;
let token: string;
beforeAll(async () => {
  world = await startCallWorld();
});
beforeEach(async () => {
  token = await world.newCaller();
});
afterAll(() => world.close());

const MAX_DECODED_BYTES = 67_108_864;
/** A line of an event stream that says nothing. */
const COMMENT = `:${'x'.repeat(65_534)}\n`;

const brotli = (text: string | Buffer): Buffer =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

const CODINGS: Readonly<Record<string, (text: string | Buffer) => Buffer>> = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  GZip: gzipSync,
  br: brotli,
  deflate: deflateSync,
  'deflate, gzip': (text) => gzipSync(deflateSync(text)),
  zstd: zstdCompressSync,
};

const responseTo = (id: unknown, text = 'decoded'): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id,
    result: { content: [{ type: 'text', text }], resultType: 'complete' },
  });

const answering = (
  coding: string,
  contentType: string,
  write: (response: ServerResponse, id: unknown) => void,
): void =>
  world.backend('modern').setIntercept(
    onCall((one, response) => {
      response.writeHead(200, { 'content-type': contentType, 'content-encoding': coding });
      write(response, one.body['id']);
    }),
  );

const asked = async () => await modern(world.proxy.mcpUrl, 'tools/call', call('modern'), { token });

describe.each(Object.entries(CODINGS))(
  'a backend that answers %s without being asked to',
  (coding, encode) => {
    test('is understood, as JSON and as a stream of events', async () => {
      answering(coding, 'application/json', (response, id) => response.end(encode(responseTo(id))));
      const whole = await asked();
      expect(textOf(whole)).toBe('decoded');
      expect(whole.headers.get('content-encoding')).toBeNull();
      answering(coding, 'text/event-stream', (response, id) =>
        response.end(encode(`data: ${responseTo(id)}\n\n`)),
      );
      expect(textOf(await asked())).toBe('decoded');
    });

    test('and in pieces of one byte', async () => {
      answering(coding, 'application/json', (response, id) => {
        for (const byte of encode(responseTo(id))) response.write(Buffer.of(byte));
        response.end();
      });
      expect(textOf(await asked())).toBe('decoded');
    });
  },
);

test('deflate without the header of zlib, as some servers send it, is read', async () => {
  answering('deflate', 'application/json', (response, id) => response.end(deflateRawSync(responseTo(id))));
  expect(textOf(await asked())).toBe('decoded');
});

test('an event in an encoded stream reaches the client before the stream goes on', async () => {
  let goOn: (() => void) | undefined;
  answering('gzip', 'text/event-stream', (response, id) => {
    const gzip = createGzip();
    gzip.pipe(response);
    const params = { progressToken: 'p', progress: 1 };
    gzip.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`);
    gzip.flush();
    goOn = () => gzip.end(`data: ${responseTo(id)}\n\n`);
  });
  const answer = await modern(
    world.proxy.mcpUrl,
    'tools/call',
    { ...call('modern'), _meta: { progressToken: 'p' } },
    {
      token,
      heard: (text) => {
        if (text.includes('notifications/progress')) goOn?.();
      },
    },
  );
  expect(answer.text).toContain('notifications/progress');
  expect(textOf(answer)).toBe('decoded');
});

test('an empty body has no coding', async () => {
  answering('gzip', 'application/json', (response) => response.end());
  expect(textOf(await asked())).toMatch(/backend_unavailable/);
});

describe('a hostile backend', () => {
  /** What a client would take for nothing, and then the response. */
  const comments = (length: number, id: unknown): Buffer =>
    Buffer.concat([Buffer.alloc(length, COMMENT), Buffer.from(`data: ${responseTo(id)}\n\n`)]);

  test.each(['gzip', 'br', 'deflate', 'zstd', 'deflate, gzip'])(
    'cannot have any number of bytes read in the name of a few (%s bomb)',
    async (coding) => {
      answering(coding, 'text/event-stream', (response, id) =>
        response.end(CODINGS[coding]?.(comments(MAX_DECODED_BYTES, id))),
      );
      const { error } = (await asked()).body;
      expect(error?.message).toMatch(/check before trying again.*backend_unavailable/);
    },
  );

  test('cannot have them read between two codings either, where none of them come out (endless name of a gzip file)', async () => {
    const named = (text: string, nameBytes: number): Buffer => {
      const file = gzipSync(text);
      const name = Buffer.alloc(nameBytes, 'n');
      const hasName = 8; // FLG.FNAME (RFC 1952, section 2.3.1)
      return Buffer.concat([
        file.subarray(0, 3),
        Buffer.of(hasName),
        file.subarray(4, 10),
        name,
        Buffer.of(0),
        file.subarray(10),
      ]);
    };
    const nameBytes = { now: 1_000 };
    answering('gzip, gzip', 'application/json', (response, id) =>
      response.end(gzipSync(named(responseTo(id), nameBytes.now))),
    );
    expect(textOf(await asked())).toBe('decoded');
    nameBytes.now = MAX_DECODED_BYTES;
    expect(textOf(await asked())).toMatch(/check before trying again.*backend_unavailable/);
  });

  test('may send as much as it may without a coding', async () => {
    answering('gzip', 'text/event-stream', (response, id) =>
      response.end(gzipSync(comments(MAX_DECODED_BYTES - 65_536, id))),
    );
    expect(textOf(await asked())).toBe('decoded');
  });

  test.each([
    ['what is not encoded', Buffer.from('{"jsonrpc":"2.0"}')],
    ['half of it', gzipSync(responseTo(1, 'x'.repeat(10_000))).subarray(0, 60)],
  ])('that calls %s gzip gets no answer through, and a following call is answered', async (_what, body) => {
    answering('gzip', 'application/json', (response) => response.end(body));
    expect(textOf(await asked())).toMatch(/check before trying again.*backend_unavailable/);
    answering('gzip', 'application/json', (response, id) => response.end(gzipSync(responseTo(id))));
    expect(textOf(await asked())).toBe('decoded');
  });

  test.each(['compress', 'gzip, gzip, gzip', 'x', '__proto__'])(
    'whose coding %p is not known gets no answer through',
    async (coding) => {
      answering(coding, 'application/json', (response, id) => response.end(responseTo(id)));
      expect(textOf(await asked())).toMatch(/backend_unavailable/);
    },
  );
});

test('a refusal that is encoded is read', async () => {
  world.backend('modern').setIntercept(
    onCall((one, response) => {
      response.writeHead(400, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      const error = { code: -32_602, message: 'the argument is wrong' };
      response.end(gzipSync(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], error })));
    }),
  );
  expect((await asked()).body.error).toMatchObject({ message: 'the argument is wrong' });
});
