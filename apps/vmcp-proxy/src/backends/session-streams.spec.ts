import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Principal } from '../incoming-auth/principal.js';
import type { AuthorizedRequest } from './authorized-backend.flow.js';
import type { BackendResponse } from './backend-response.client.js';
import type { Peer } from './peer.js';
import type { StreamMember } from './session-stream.client.js';
import { SessionStreams } from './session-streams.client.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const PEER: Peer = { era: 'legacy', version: '2025-11-25', session: { id: 's', key: 'k' } };
const MEMBER: StreamMember = {
  take: () => false,
  joined: () => undefined,
  sessionAsks: () => undefined,
};
const principal = (key: string): Principal => ({
  issuer: 'i',
  subject: 's',
  clientId: 'c',
  scopes: new Set(),
  key,
});
const failure = (code: 'backend_unauthorized' | 'backend_unavailable'): GatehouseError =>
  new GatehouseError(code, 'it fails');

/** Streams of one session, before a backend that answers its requests by hand. */
function streamsBefore(answer: (asked: number, request: AuthorizedRequest) => Promise<BackendResponse>) {
  const asked: AuthorizedRequest[] = [];
  const left = { isLeft: false };
  const streams = new SessionStreams(
    {
      send: async (request) => {
        asked.push(request);
        return await answer(asked.length, request);
      },
    },
    { answerQuestion: () => undefined, isLeft: () => left.isLeft },
  );
  return {
    asked,
    left,
    hear: () => {
      const client = { isThere: true };
      streams.hear({ listens: () => client.isThere, take: () => false });
      return client;
    },
    join: async (peer = PEER, key = 'k') =>
      await streams.join({ backend: 'b', principal: principal(key), peer }, MEMBER),
  };
}

const refused = (status: number): BackendResponse =>
  ({ status, headers: {}, discard: async () => await Promise.resolve() }) as unknown as BackendResponse;
const silent = (): BackendResponse =>
  ({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    pipe: () => undefined,
  }) as unknown as BackendResponse;
/** A stream that ends when its server says so, or nobody listens any more. */
function endless(
  { cancellation }: AuthorizedRequest,
  ends: (() => void)[] = [],
  left = (): void => undefined,
): BackendResponse {
  const pipe = ({ end, fail }: { end: () => void; fail: (reason: GatehouseError) => void }): void => {
    ends.push(end);
    cancellation?.attach((reason) => {
      left();
      fail(reason);
    });
  };
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    pipe,
  } as unknown as BackendResponse;
}
const never = async (): Promise<never> => await new Promise(() => undefined);

test('a stream asks with the token of the newest call, and not of the first', async () => {
  const { asked, join } = streamsBefore(async () => await Promise.reject(failure('backend_unavailable')));
  const leave = await join(PEER, 'old');
  leave();
  await jest.advanceTimersByTimeAsync(5_000);
  await join(PEER, 'new');
  expect(asked.map(({ principal: { key } }) => key)).toEqual(['old', 'new']);
});

test('a server that has no such path is asked once for each session, whatever it calls that', async () => {
  for (const status of [404, 405, 400, 501]) {
    const { asked, join } = streamsBefore(async () => await Promise.resolve(refused(status)));
    const peer = { ...PEER, session: { id: 's', key: 'k' } };
    for (let calls = 0; calls < 10; calls += 1) {
      (await join(peer))();
      await jest.advanceTimersByTimeAsync(10_000);
    }
    expect({ status, asked: asked.length }).toEqual({ status, asked: 1 });
  }
});

test('attack: a server that refuses every credential for its stream is not asked before each call', async () => {
  const { asked, join } = streamsBefore(async () => await Promise.reject(failure('backend_unauthorized')));
  for (let calls = 0; calls < 100; calls += 1) {
    (await join())();
    await jest.advanceTimersByTimeAsync(10_000);
  }
  expect(asked).toHaveLength(2);
});

test('a server that is away is asked again while a call waits, ever less often, and no more when none does', async () => {
  const { asked, join } = streamsBefore(async () => await Promise.reject(failure('backend_unavailable')));
  const leave = await join();
  await jest.advanceTimersByTimeAsync(60_000);
  // After 1, 2, 4, 8, 16 and 32 seconds.
  expect(asked).toHaveLength(6);
  await jest.advanceTimersByTimeAsync(600_000);
  expect(asked.length).toBeLessThanOrEqual(17);
  leave();
  const before = asked.length;
  await jest.advanceTimersByTimeAsync(600_000);
  expect(asked).toHaveLength(before);
});

test('a stream is open again for a call that goes on while its server was restarted', async () => {
  const { asked, join } = streamsBefore(async (count) =>
    count < 3 ? await Promise.reject(failure('backend_unavailable')) : await Promise.resolve(silent()),
  );
  await join();
  await jest.advanceTimersByTimeAsync(600_000);
  expect(asked).toHaveLength(3);
});

test('a credential that takes long says nothing of the backend, and a slow backend is waited for again later', async () => {
  let isSent = false;
  const { join } = streamsBefore(async (_count, request) => {
    if (isSent) request.began?.({ expireAfter: () => undefined });
    return await never();
  });
  const waited = async (): Promise<number> => {
    const peer = { ...PEER, session: { id: 's', key: 'k' } };
    const beganAtMs = performance.now();
    const joining = join(peer).then(() => performance.now() - beganAtMs);
    await jest.advanceTimersByTimeAsync(10_000);
    return await joining;
  };
  expect(await waited()).toBe(5_000);
  isSent = true;
  // What a person's credential took has not made it a slow one.
  expect(await waited()).toBe(1_000);
  expect(await waited()).toBe(0);
  await jest.advanceTimersByTimeAsync(300_000);
  expect(await waited()).toBe(1_000);
});

test('attack: a stream that ends after its person has left the account is not opened anew with the credential of another one', async () => {
  const { asked, join, left } = streamsBefore(
    async () => await Promise.reject(failure('backend_unavailable')),
  );
  await join();
  left.isLeft = true;
  await jest.advanceTimersByTimeAsync(600_000);
  expect(asked).toHaveLength(1);
});

const isOver = ({ cancellation }: AuthorizedRequest): boolean => cancellation?.reason !== undefined;
const sessionPeer = (): Peer => ({ ...PEER, session: { id: 's', key: 'k' } });

test('attack: a stream that rests for its listener gives its place to a call that needs it, and takes none back', async () => {
  let free = 1;
  const { asked, hear, join } = streamsBefore(async (_count, request) => {
    if (free === 0) return await Promise.reject(new GatehouseError('busy', 'too many streams are open'));
    free -= 1;
    const left = (): void => void (free += 1);
    return await Promise.resolve(endless(request, [], left));
  });
  hear();
  (await join(sessionPeer()))();
  await join(sessionPeer());
  // The second one was refused a place, and then given that of the first one.
  expect(asked.map(isOver)).toEqual([true, false, false]);
  await jest.advanceTimersByTimeAsync(600_000);
  expect(asked).toHaveLength(3);
  expect(asked.map(isOver)).toEqual([true, false, false]);
});

test('a stream that its server ended while its client listened is let go of when that client is gone', async () => {
  const ends: (() => void)[] = [];
  const { asked, hear, join } = streamsBefore(
    async (_count, request) => await Promise.resolve(endless(request, ends)),
  );
  const client = hear();
  (await join())();
  // When its rest is looked at, it is not open.
  await jest.advanceTimersByTimeAsync(29_500);
  ends[0]?.();
  await jest.advanceTimersByTimeAsync(1_500);
  expect(asked.map(isOver)).toEqual([false, false]);
  client.isThere = false;
  await jest.advanceTimersByTimeAsync(60_000);
  expect(asked.map(isOver)).toEqual([false, true]);
});

test('a token that ended between calls makes no session deaf: the next call opens its stream', async () => {
  const ends: (() => void)[] = [];
  let isExpired = false;
  const { asked, hear, join } = streamsBefore(async (_count, request) =>
    isExpired
      ? await Promise.reject(failure('backend_unauthorized'))
      : await Promise.resolve(endless(request, ends)),
  );
  hear();
  (await join())();
  isExpired = true;
  ends[0]?.();
  await jest.advanceTimersByTimeAsync(600_000);
  const refusals = asked.length - 1;
  expect(refusals).toBeGreaterThan(2);
  // Ever less often.
  expect(refusals).toBeLessThanOrEqual(17);
  isExpired = false;
  const before = asked.length;
  await join();
  expect(asked).toHaveLength(before + 1);
  expect(ends).toHaveLength(2);
});

test('attack: a server that closes its stream at once is asked ever less often while no call needs it', async () => {
  const { asked, hear, join } = streamsBefore(async (_count, request) => {
    const pipe = ({ end }: { end: () => void }): void => end();
    return await Promise.resolve(Object.assign(endless(request), { pipe }));
  });
  hear();
  (await join())();
  await jest.advanceTimersByTimeAsync(600_000);
  expect(asked.length).toBeLessThanOrEqual(17);
});
