import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import { until } from '@gatehouse/testing/until';
import { ANONYMOUS, type Principal } from '../incoming-auth/principal.js';
import { startOneBackend, type OneBackend } from './one-backend.fixture.js';
import { AnotherAccount } from './authorized-backend.flow.js';
import { Peers } from './peers.client.js';

let world: OneBackend;
beforeAll(async () => {
  world = await startOneBackend();
});
afterAll(() => world.close());

/** Those whose messages go this way. */
const peersWith = (send: OneBackend['authorized']['send']): Peers =>
  new Peers(
    Object.assign(Object.create(world.authorized) as OneBackend['authorized'], {
      send,
      hear: () => undefined,
      bind: () => undefined,
    }),
  );

const requestOf = (principal: Principal = ANONYMOUS) =>
  ({ backend: world.name, principal, era: 'legacy', owner: '', deadlineAtMs: Date.now() + 60_000 }) as const;

test('nobody who comes after a drop joins a backend session that was being begun before it', async () => {
  const { backend, authorized, name } = world;
  const peers = new Peers(authorized);
  let held: (() => void) | undefined;
  let initialized = 0;
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'initialize') return false;
    initialized += 1;
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: {} };
    const answer = (sessionId: string): void => {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': sessionId });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result }));
    };
    if (initialized === 1) held = () => answer('begun before');
    else answer('begun after');
    return true;
  });
  const request = {
    backend: name,
    principal: ANONYMOUS,
    era: 'modern',
    owner: '',
    deadlineAtMs: Date.now() + 60_000,
  } as const;
  const sessionOf = async (): Promise<string | undefined> => {
    const peer = await peers.of(request);
    return peer.era === 'legacy' ? peer.session?.id : undefined;
  };
  const before = sessionOf();
  await until(() => held !== undefined);
  peers.drop(() => true);
  const after = sessionOf();
  await until(() => backend.callsOf('initialize').length === 2);
  held?.();
  expect(await before).toBe('begun before');
  const session = await after;
  expect(session).not.toBe('begun before');
  expect(await sessionOf()).toBe(session);
});

test('a call with the next token that waits for a session begun with one that has ended begins its own', async () => {
  const { backend, authorized } = world;
  backend.setIntercept(undefined);
  const sentWith: unknown[] = [];
  const send: typeof authorized.send = async (sent) => {
    const token = sent.principal.token?.reveal();
    sentWith.push(token);
    if (token === 'ended') throw new GatehouseError('token_invalid');
    return await authorized.send(sent);
  };
  const peers = peersWith(send);
  const as = (token: string) => requestOf({ ...ANONYMOUS, token: new Secret(token) });
  const ended = peers.of(as('ended'));
  const next = peers.of(as('next'));
  await expect(ended).rejects.toMatchObject({ code: 'token_invalid' });
  expect(peers.keeps(await next)).toBe(true);
  expect(sentWith.slice(0, 2)).toEqual(['ended', 'next']);
});

test('a session that is being begun while somebody else signs out is kept', async () => {
  const { backend, authorized } = world;
  backend.setIntercept(undefined);
  const send: typeof authorized.send = async (sent) => {
    peers.drop(({ key }) => key === 'somebody else');
    return await authorized.send(sent);
  };
  const peers = peersWith(send);
  const request = requestOf();
  const peer = await peers.of(request);
  expect([peers.keeps(peer), peers.isLeft(peer)]).toEqual([true, false]);
  expect(await peers.of(request)).toBe(peer);
});

test('in a session that calls no longer go to, and whose account nobody has left, answers still arrive', async () => {
  const { backend, authorized, name } = world;
  backend.setIntercept(undefined);
  const peers = new Peers(authorized);
  const request = requestOf();
  const peer = await peers.of(request);
  peers.renew(() => true);
  expect([peers.keeps(peer), peers.isLeft(peer)]).toEqual([false, false]);
  peers.answerQuestion(name, ANONYMOUS, peer, '{"jsonrpc":"2.0","id":"renewed","result":{}}');
  await peers.told();
  expect(backend.received.filter(({ body }) => body['id'] === 'renewed')).toHaveLength(1);
  expect(await peers.of(request)).not.toBe(peer);
});

test.each([
  ['while nothing of it can have arrived', {}, 3],
  ['but not what may have arrived', { ran: 'maybe' }, 1],
])('an answer that a call waits for is sent again, %s', async (_when, details, times) => {
  const { authorized, name } = world;
  let sent = 0;
  const send: typeof authorized.send = async (request) => {
    if (request.purpose !== 'control') return await authorized.send(request);
    sent += 1;
    if (sent < 3) throw new GatehouseError('unavailable', 'the vault is away', { details });
    return await authorized.send(request);
  };
  world.backend.setIntercept(undefined);
  const peers = peersWith(send);
  const request = requestOf();
  const peer = await peers.of(request);
  const id = `answer-${times}`;
  peers.answerQuestion(name, ANONYMOUS, peer, JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
  const arrived = (): number => world.backend.received.filter(({ body }) => body['id'] === id).length;
  if (times === 3) await until(() => arrived() === 1);
  await peers.told();
  expect([sent, arrived()]).toEqual(times === 3 ? [3, 1] : [1, 0]);
});

test('an answer is not sent again to a session whose credentials are no longer to be used', async () => {
  const { authorized, name } = world;
  let sent = 0;
  const send: typeof authorized.send = async (request) => {
    if (request.purpose !== 'control') return await authorized.send(request);
    sent += 1;
    peers.drop(() => true);
    throw new GatehouseError('unavailable', 'the vault is away');
  };
  const peers = peersWith(send);
  const request = requestOf();
  const peer = await peers.of(request);
  const refused: unknown[] = [];
  peers.answerQuestion(name, ANONYMOUS, peer, '{}', (why) => refused.push(why));
  await until(() => refused.length > 0);
  peers.answerQuestion(name, ANONYMOUS, peer, '{}', (why) => refused.push(why));
  await until(() => refused.length > 1);
  await peers.told();
  expect(sent).toBe(1);
  expect(refused[1]).toBeInstanceOf(AnotherAccount);
});
