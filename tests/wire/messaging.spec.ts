import 'reflect-metadata';
import { mcpSessions } from '@gatehouse/contracts/buckets';
import { sessionView } from '@gatehouse/contracts/authorization-server/session-view';
import { sessionClosed } from '@gatehouse/contracts/events/session-closed';
import { connectionComplete } from '@gatehouse/contracts/token-vault/connection-complete';
import { credentialInject } from '@gatehouse/contracts/token-vault/credential-inject';
import { presence } from '@gatehouse/contracts/token-vault/presence';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import type { Service } from '@gatehouse/kernel/services';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { newAccountId, newSessionId } from '@gatehouse/kernel/ids';
import { Answers } from '@gatehouse/messaging/answers';
import { ContractClient } from '@gatehouse/messaging/contract-client';
import { contractServer } from '@gatehouse/messaging/contract-server';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { KeyValueBuckets } from '@gatehouse/messaging/key-value';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import { ObservabilityModule } from '@gatehouse/observability/observability.module';
import { newMessageKeyPair } from '@gatehouse/sealing/message-sealing';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

const account = newAccountId();
const secret = 'internal-detail';
const log = new KeptLog();

@Controller()
class SessionHandlers {
  @Answers(sessionView)
  view(@Payload() request: { tsid: string }) {
    if (request.tsid.startsWith('0000')) throw new Error(secret);
    if (request.tsid.startsWith('3333')) throw Object.assign(new Error(secret), { code: '57P01' });
    if (request.tsid.startsWith('1111')) throw new GatehouseError('session_closed', secret);
    if (request.tsid.startsWith('2222'))
      throw new GatehouseError('request_invalid', secret, { details: { field: 'tsid' } });
    return { state: 'open', accountId: account, clientId: 'client' };
  }
}

async function service(nats: TestNats, name: Service, controllers: (typeof SessionHandlers)[] = []) {
  @Module({
    imports: [ObservabilityModule.forRoot(log), MessagingModule.forRoot(nats.optionsOf(name))],
    controllers,
  })
  class ServiceModule {}
  const app = await NestFactory.create<NestFastifyApplication>(ServiceModule, new FastifyAdapter(), {
    logger: false,
  });
  app.connectMicroservice({ strategy: contractServer(nats.optionsOf(name)) });
  await app.startAllMicroservices();
  await app.init();
  return app;
}

let nats: TestNats;
let server: Awaited<ReturnType<typeof service>>;
let proxy: Awaited<ReturnType<typeof service>>;

beforeAll(async () => {
  nats = await startTestNats();
  server = await service(nats, 'authorization-server', [SessionHandlers]);
  proxy = await service(nats, 'vmcp-proxy');
});
afterAll(async () => {
  await proxy.close();
  await server.close();
  await nats.close();
});

const ask = (tsid: string) => proxy.get(ContractClient).ask(sessionView, { tsid });

describe('requests', () => {
  test('a request gets its parsed reply', async () => {
    await expect(ask(newSessionId())).resolves.toEqual({
      state: 'open',
      accountId: account,
      clientId: 'client',
    });
  });

  test('a typed code crosses with its public details; internal text and foreign codes do not', async () => {
    await expect(ask('22222222-7a41-4c7e-9d53-0b8a4a6f1d11')).rejects.toMatchObject({
      code: 'request_invalid',
      details: { field: 'tsid' },
    });
    log.lines.length = 0;
    for (const tsid of ['00000000-7a41-4c7e-9d53-0b8a4a6f1d11', '11111111-7a41-4c7e-9d53-0b8a4a6f1d11']) {
      const failure = await ask(tsid).catch((error: unknown) => error);
      const [{ reference } = {}] = log.of('request-failed');
      log.lines.length = 0;
      expect(failure).toMatchObject({ code: 'internal', details: { reference } });
      expect(reference).toMatch(/^[\w-]{12}$/);
      expect(JSON.stringify(failure) + String(failure)).not.toContain(secret);
    }
  });

  test('an outage of what answers is unavailable at the asker, without a word of it', async () => {
    const failure = await ask('33333333-7a41-4c7e-9d53-0b8a4a6f1d11').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unavailable', facts: { retry: 'safe' } });
    expect(JSON.stringify(failure) + String(failure)).not.toContain(secret);
  });

  test('a request of another shape is refused before the handler runs', async () => {
    await expect(ask("' or 1=1")).rejects.toMatchObject({ code: 'request_invalid' });
  });

  test('a request that nobody answers is unavailable within its own time limit, a long one within a short one', async () => {
    const client = server.get(ContractClient);
    const long = { sealedQuery: 'a.b.c.d.e', browserBinding: 'x'.repeat(43) };
    const replyKey = (await newMessageKeyPair()).publicKey;
    const answers = await Promise.allSettled([
      client.ask(sessionClose, { tsid: newSessionId() }),
      // This request has a limit of 45 s and must not be sent twice.
      client.ask(connectionComplete, long),
      // This request has a limit of 20 s and may be sent again.
      proxy.get(ContractClient).ask(credentialInject, { tsid: newSessionId(), backend: 'repos', replyKey }),
    ]);
    expect(answers).toMatchObject(Array(3).fill({ reason: { code: 'unavailable' } }));
    const absence = { message: expect.stringContaining(presence.subject) as unknown as string };
    expect(answers.slice(1)).toMatchObject([{ reason: absence }, { reason: { cause: absence } }]);
  });

  test('a deadline that has passed is not sent', async () => {
    const client = proxy.get(ContractClient);
    await expect(
      client.ask(sessionView, { tsid: newSessionId() }, { deadlineAtMs: Date.now() - 1 }),
    ).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });
});

test('an event reaches every listener and stays in the stream', async () => {
  const heard = new Promise((resolve) => proxy.get(EventBus).subscribe(sessionClosed, resolve));
  await proxy.get(ContractClient).ask(sessionView, { tsid: newSessionId() });
  const payload = { tsid: newSessionId(), accountId: account, reason: 'revoked' as const, atMs: 1 };
  await server.get(EventBus).publish(sessionClosed, payload);
  await expect(heard).resolves.toEqual(payload);
});

test('a bucket stores, refuses stale writers, and forgets', async () => {
  const bucket = await proxy.get(KeyValueBuckets).open(mcpSessions);
  await expect(bucket.create('k', 'one')).resolves.toBe(true);
  await expect(bucket.create('k', 'two')).resolves.toBe(false);
  const stored = await bucket.get('k');
  expect(stored?.value).toBe('one');
  await expect(bucket.update('k', 'two', stored?.revision ?? 0)).resolves.toBe(true);
  await expect(bucket.update('k', 'three', stored?.revision ?? 0)).resolves.toBe(false);
  await bucket.delete('k');
  await expect(bucket.get('k')).resolves.toBeUndefined();
});

test('the bus comes back by itself after its server was killed', async () => {
  const lost = new Promise<void>((resolve) => proxy.get(EventBus).onReconnect(resolve));
  await nats.kill();
  await expect(ask(newSessionId())).rejects.toMatchObject({ code: 'unavailable' });
  await nats.start();
  await lost;
  await until(() =>
    ask(newSessionId()).then(
      () => true,
      () => false,
    ),
  );
});
