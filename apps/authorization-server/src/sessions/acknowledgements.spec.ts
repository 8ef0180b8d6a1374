import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Acknowledgement,
  Acknowledgements,
  FORGOTTEN_AFTER_MS,
  HEARD_ALL_AFTER_MS,
  SILENT_FOR_MS,
} from './acknowledgements.js';

let nowMs: number;
let proxies: Acknowledgements;

beforeEach(() => {
  nowMs = 0;
  proxies = new Acknowledgements(() => nowMs);
});

const open: Acknowledgement[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.end();
});

function closing(tsid = 'session') {
  const waiting = proxies.of(tsid);
  open.push(waiting);
  let isDone = false;
  void waiting.all.then(() => {
    isDone = true;
  });
  return async () => {
    await Promise.resolve();
    return isDone;
  };
}

describe('a session that is closed', () => {
  test('waits for every living replica, and for each of them once', async () => {
    for (const replica of ['a', 'b']) proxies.present(replica);
    const isDone = closing();
    proxies.dropped('a', 'session');
    proxies.dropped('a', 'session');
    proxies.dropped('b', 'another session');
    expect(await isDone()).toBe(false);
    proxies.dropped('b', 'session');
    expect(await isDone()).toBe(true);
  });

  test('does not wait for a replica that is gone, as soon as others speak and it does not', async () => {
    for (const replica of ['a', 'b']) proxies.present(replica);
    nowMs = SILENT_FOR_MS + 1;
    proxies.present('b');
    const isDone = closing();
    proxies.dropped('b', 'session');
    expect(await isDone()).toBe(true);
  });

  test('waits for replicas that were not heard because this process stood still; not for longer than they remember', async () => {
    proxies.present('a');
    nowMs = FORGOTTEN_AFTER_MS - 1;
    expect(await closing()()).toBe(false);
    nowMs = FORGOTTEN_AFTER_MS + 1;
    expect(await closing('later')()).toBe(true);
  });

  test('waits while nobody knows yet who lives: after the start, and when the bus was lost', async () => {
    expect(await closing()()).toBe(false);
    nowMs = HEARD_ALL_AFTER_MS;
    expect(await closing()()).toBe(true);
    proxies.listenAnew();
    expect(await closing()()).toBe(false);
  });

  test('does not wait for a replica that begins meanwhile: it has asked for nothing before', async () => {
    proxies.present('a');
    const isDone = closing();
    proxies.present('b');
    proxies.dropped('a', 'session');
    expect(await isDone()).toBe(true);
  });

  test('twice at once is two waits, each with an end of its own', async () => {
    proxies.present('a');
    const [first, second] = [closing(), closing()];
    open[0]?.end();
    proxies.dropped('a', 'session');
    expect([await first(), await second()]).toEqual([false, true]);
  });
});

test('is done exactly when everybody who lived at the beginning has dropped it, in whatever order things are heard', async () => {
  const replica = fc.constantFrom('a', 'b', 'c', 'd');
  const heard = fc.array(fc.tuple(fc.constantFrom('present', 'dropped'), replica), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(replica), heard, async (living, messages) => {
      nowMs = 0;
      proxies = new Acknowledgements(() => nowMs);
      nowMs = HEARD_ALL_AFTER_MS;
      for (const one of living) proxies.present(one);
      const isDone = closing();
      const missing = new Set(living);
      for (const [kind, one] of messages) {
        if (kind === 'present') proxies.present(one);
        else {
          proxies.dropped(one, 'session');
          missing.delete(one);
        }
        expect(await isDone()).toBe(missing.size === 0);
      }
    }),
  );
});

describe('a service that forges acknowledgements', () => {
  test('gains nothing but a faster answer: what it says about other sessions, earlier or later, is worth nothing', async () => {
    proxies.present('a');
    proxies.dropped('a', 'session');
    proxies.dropped('made up', 'session');
    const isDone = closing();
    proxies.dropped('made up', 'session');
    expect(await isDone()).toBe(false);
    proxies.dropped('a', 'session');
    expect(await isDone()).toBe(true);
  });

  test('fills no memory with replicas that it makes up', () => {
    for (let count = 0; count < 5_000; count += 1) proxies.present(`made up ${count}`);
    const waiting = proxies.of('session');
    open.push(waiting);
    expect(waiting.missing()).toBe(1_000);
  });
});
