import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { StopRequest } from './stop-request.js';

const never = new Promise<string>(() => undefined);

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'unread'])('%s ends the waiting for work', async (signal) => {
  const source = new EventEmitter();
  const outcome = new StopRequest(source).orElse(never);
  source.emit(signal);
  await expect(outcome).resolves.toBeUndefined();
});

test('work that ends before it has its result, or its failure', async () => {
  const stop = new StopRequest(new EventEmitter());
  await expect(stop.orElse(Promise.resolve('done'))).resolves.toBe('done');
  await expect(stop.orElse(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

test('work that fails after the stop is nobody’s business any more', async () => {
  const source = new EventEmitter();
  const work = Promise.withResolvers<string>();
  const outcome = new StopRequest(source).orElse(work.promise);
  source.emit('SIGTERM');
  await expect(outcome).resolves.toBeUndefined();
  work.reject(new Error('its database was stopped'));
  // An unhandled rejection would end this process.
  await expect(work.promise).rejects.toThrow('its database was stopped');
});

test('the end of the program that started it is a request, and the channel alone keeps nothing running', async () => {
  let isKeptAlive = true;
  const channel = { unref: () => (isKeptAlive = false) };
  const source = Object.assign(new EventEmitter(), { channel });
  const outcome = new StopRequest(source).orElse(never);
  expect(isKeptAlive).toBe(false);
  source.emit('disconnect');
  await expect(outcome).resolves.toBeUndefined();
});

test('one Ctrl-C that arrives twice is one request; a later one means not to wait', () => {
  const source = new EventEmitter();
  let nowMs = 10_000;
  const stop = new StopRequest(source, () => nowMs);
  source.emit('SIGINT');
  nowMs += 1_000;
  // Nothing is there yet to hurry.
  source.emit('SIGINT');
  let hurried = 0;
  stop.onSecond(() => (hurried += 1));
  expect(hurried).toBe(0);
  nowMs -= 900;
  source.emit('SIGINT');
  expect(hurried).toBe(0);
  nowMs += 900;
  source.emit('SIGINT');
  expect(hurried).toBe(1);
});
