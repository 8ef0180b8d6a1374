import { expect, test } from '@jest/globals';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpAnswer } from './http-answer.js';

test('what is written after the end of an answer is no error: the client has its answer, and others get theirs', async () => {
  const errors: Error[] = [];
  const server = createServer((_request, response) => {
    response.on('error', (error) => errors.push(error));
    const answer = new HttpAnswer(response, {});
    answer.begin(200, 'text/event-stream');
    answer.write('data: 1\n\n');
    answer.end();
    expect(answer.write('data: 2\n\n')).toBe(true);
    answer.end();
    answer.whole(200, 'application/json', '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens on TCP.
  const { port } = server.address() as AddressInfo;
  for (let count = 0; count < 2; count += 1) {
    const got = await fetch(`http://127.0.0.1:${port}/`);
    expect(await got.text()).toBe('data: 1\n\n');
  }
  expect(errors).toEqual([]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each([20, 16_384, 16_385, 65_536, 65_537, 300_000])(
  'the bytes of an answer of about %i bytes arrive as they are, whatever characters they stand for',
  async (length) => {
    const begun = '{"id":"ü😀",';
    const sent = Buffer.from('é😀\u0000x'.repeat(length)).subarray(0, length);
    const pieces = [begun, sent.subarray(0, 7), sent.subarray(7), '}'];
    const server = createServer((_request, response) => {
      new HttpAnswer(response, { vary: 'Origin' }).pieces(200, 'application/json', pieces);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // It listens on TCP.
    const { port } = server.address() as AddressInfo;
    const got = await fetch(`http://127.0.0.1:${port}/`);
    const bytes = Buffer.from(await got.arrayBuffer());
    expect(bytes.equals(Buffer.concat([Buffer.from(begun), sent, Buffer.from('}')]))).toBe(true);
    expect(got.headers.get('content-length')).toBe(String(bytes.length));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  },
);

test('a client that left before anybody listened for it counts as gone: its call is not run to the end', async () => {
  let took!: (response: ServerResponse) => void;
  const taken = new Promise<ServerResponse>((resolve) => (took = resolve));
  const server = createServer((_request, response) => took(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sent = request({ port: (server.address() as AddressInfo).port, method: 'POST' });
  sent.on('error', () => undefined);
  sent.end();
  const response = await taken;
  const closed = new Promise((resolve) => response.once('close', resolve));
  sent.destroy();
  await closed;
  let gone = false;
  new HttpAnswer(response, {}).onGone(() => {
    gone = true;
  });
  expect(gone).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});
