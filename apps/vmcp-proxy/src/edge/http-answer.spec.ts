import { expect, test } from '@jest/globals';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpAnswer } from './http-answer.js';

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
