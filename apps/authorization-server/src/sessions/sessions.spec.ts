import 'reflect-metadata';
import { afterAll, expect, test } from '@jest/globals';
import { sessionView } from '@gatehouse/contracts/authorization-server/session-view';
import { signingKeysCurrent } from '@gatehouse/contracts/authorization-server/signing-keys-current';
import { sessionClosed } from '@gatehouse/contracts/events/session-closed';
import type { RequestContract } from '@gatehouse/contracts/contract';
import { fullSubject } from '@gatehouse/messaging/subjects';
import { until } from '@gatehouse/testing/until';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { TestService, TokenAnswer } from '../testing/test-service.js';
import { Housekeeping } from '../housekeeping/housekeeping.job.js';

let world: ServiceWorld;
let service: TestService;
let bus: NatsConnection;
const events: z.output<typeof sessionClosed.payload>[] = [];

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  bus = await connect({
    servers: world.nats.url,
    ...world.nats.observerOf('authorization-server'),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });
  bus.subscribe(fullSubject(service.config.name, sessionClosed.subject), {
    callback: (_error, message) => void events.push(sessionClosed.payload.parse(message.json())),
  });
});

afterAll(async () => {
  await bus.close();
});

let people = 0;
const tsidOf = ({ access_token: token }: TokenAnswer): string => String(decodeJwt(token ?? '')['tsid']);

async function signedIn(): Promise<{ clientId: string; answer: TokenAnswer; tsid: string }> {
  const tokens = await service.tokens(`person-${(people += 1)}`);
  return { ...tokens, tsid: tsidOf(tokens.answer) };
}

async function revoke(clientId: string, answer: TokenAnswer): Promise<number> {
  const body = new URLSearchParams({ client_id: clientId, token: answer.refresh_token ?? '' });
  return (await fetch(`${service.issuer}/oauth/revoke`, { method: 'POST', body })).status;
}

/** As another service would ask. */
async function ask<Reply extends z.ZodType>(
  contract: RequestContract<z.ZodType, Reply>,
  request: unknown,
): Promise<z.output<Reply>> {
  const subject = fullSubject(service.config.name, contract.subject);
  const message = await bus.request(subject, JSON.stringify({ pattern: subject, data: request, id: 'spec' }));
  return contract.reply.parse(z.object({ response: z.unknown() }).parse(message.json()).response);
}

test('the proxy learns whose session is open, and with which keys tokens are signed', async () => {
  const { answer, clientId, tsid } = await signedIn();
  const { sub } = decodeJwt(answer.access_token ?? '');
  expect(await ask(sessionView, { tsid })).toEqual({ state: 'open', accountId: sub, clientId });
  expect(await ask(sessionView, { tsid: '6f3f1d4e-7a41-4c7e-9d53-0b8a4a6f1d11' })).toEqual({
    state: 'closed',
  });
  const { keys } = await ask(signingKeysCurrent, {});
  expect(keys.map(({ kid }) => kid)).toContain(decodeProtectedHeader(answer.access_token ?? '').kid);
  expect(JSON.stringify(keys)).not.toContain('"d"');
});

test('closing a session is told to the proxies and to the vault at once', async () => {
  const { clientId, answer, tsid } = await signedIn();
  await revoke(clientId, answer);
  expect(await ask(sessionView, { tsid })).toEqual({ state: 'closed' });
  await until(() => service.vault.closed.includes(tsid));
  await until(() => events.some((event) => event.tsid === tsid));
  expect(events.find((event) => event.tsid === tsid)).toMatchObject({ reason: 'revoked' });
});

test('while the bus is away a session closes all the same, and is told when the bus is back', async () => {
  const { clientId, answer, tsid } = await signedIn();
  await world.nats.kill();
  try {
    expect(await revoke(clientId, answer)).toBe(200);
    expect(await service.refresh(clientId, answer.refresh_token ?? '')).toMatchObject({
      error: 'invalid_grant',
    });
  } finally {
    await world.nats.start();
  }
  await until(() => service.vault.closed.includes(tsid));
});

test('a session whose tokens have run out is closed in the vault, without an event', async () => {
  const { tsid } = await signedIn();
  const interval = "interval '1 second'";
  await world.rows.query({
    name: 'age',
    text: `update sessions set expires_at = now() - ${interval} where tsid = $1`,
    values: [tsid],
  });
  expect(await ask(sessionView, { tsid })).toEqual({ state: 'closed' });
  await service.app.get(Housekeeping).sweep();
  await until(() => service.vault.closed.includes(tsid));
  expect(events.some((event) => event.tsid === tsid)).toBe(false);
});

test('housekeeping removes what nobody can use any more, and clients that nobody ever used', async () => {
  const [used, unused] = [(await signedIn()).clientId, await service.register()];
  await world.rows.query({
    name: 'age-clients',
    text: "update oidc_records set created_at = created_at - interval '60 days'",
  });
  const aged = async (interval: string) => {
    await world.rows.query({
      name: 'age-records',
      text: "update oidc_records set expires_at = now() - $1::interval where model = 'AuthorizationCode'",
      values: [interval],
    });
    await service.app.get(Housekeeping).sweep();
    const { rows } = await world.rows.query<{ model: string; client_id: string | null }>({
      name: 'left',
      text: "select model, payload->>'client_id' as client_id from oidc_records",
    });
    return rows;
  };
  const isCode = ({ model }: { model: string }): boolean => model === 'AuthorizationCode';
  // One that came in time may still be redeemed.
  expect((await aged('1 second')).some(isCode)).toBe(true);
  const left = await aged('61 seconds');
  expect(left.some(isCode)).toBe(false);
  const clients = left.flatMap((row) => (row.model === 'Client' ? [row.client_id] : []));
  expect(clients).toContain(used);
  expect(clients).not.toContain(unused);
});

test('of the sessions of one account beyond the limit, those that were used longest ago are closed, and no one else’s', async () => {
  const [other, clients] = [await signedIn(), [] as string[]];
  for (let count = 0; count < 4; count += 1) clients.push(tsidOf((await service.tokens('hoarder')).answer));
  const isOpen = async (tsid: string) => ((await ask(sessionView, { tsid })) as { state: string }).state;
  await service.app.get(Housekeeping).sweep(2);
  expect(await Promise.all(clients.map(isOpen))).toEqual(['closed', 'closed', 'open', 'open']);
  expect(await isOpen(other.tsid)).toBe('open');
  await until(() => events.some((event) => event.tsid === clients[0]));
});

test('a client that signs its person in again and again ends sessions of its own, and no other application’s', async () => {
  const oldest = tsidOf((await service.tokens('crowded')).answer);
  const clientId = await service.register();
  const again: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const { url, verifier } = service.authorizeUrl(clientId);
    const result = await service.signIn(service.browser(), url, 'crowded');
    again.push(tsidOf(await service.redeem(clientId, result.get('code') ?? '', verifier)));
  }
  const isOpen = async (tsid: string) => ((await ask(sessionView, { tsid })) as { state: string }).state;
  await service.app.get(Housekeeping).sweep(2);
  expect(await Promise.all([oldest, ...again].map(isOpen))).toEqual(['open', 'closed', 'closed', 'open']);
});
