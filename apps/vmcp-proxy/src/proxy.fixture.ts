import { sessionView } from '@gatehouse/contracts/authorization-server/session-view';
import { signingKeysCurrent } from '@gatehouse/contracts/authorization-server/signing-keys-current';
import type { EventContract, Service } from '@gatehouse/contracts/contract';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { sessionClosed } from '@gatehouse/contracts/events/session-closed';
import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { credentialInject } from '@gatehouse/contracts/token-vault/credential-inject';
import type { ProxyBackend, ProxyStrategy, VmcpProxyPart } from '@gatehouse/config/parts';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Answers } from '@gatehouse/messaging/answers';
import { BusConnection } from '@gatehouse/messaging/bus-connection';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import { contractServer } from '@gatehouse/messaging/contract-server';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import { Log } from '@gatehouse/observability/log';
import { ObservabilityModule } from '@gatehouse/observability/observability.module';
import {
  MessageOpener,
  newMessageKeyPair,
  sealMessage,
  type MessageKeyPair,
} from '@gatehouse/sealing/message-sealing';
import { Controller, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import 'reflect-metadata';
import type { z } from 'zod';
import { makeProxy } from './proxy-server.js';

/** What the services around the proxy answer in a spec, and what they were asked. */
export class Surroundings {
  readonly closedSessions = new Set<string>();
  /** Backend name -> a code to fail with, or a token to hand out. */
  readonly credentials = new Map<string, string | { readonly code: ErrorCode }>();
  useForMs = 60_000;
  readonly asked: { readonly contract: string; readonly request: Record<string, unknown> }[] = [];
  /** What the vault found inside sealed subjects. */
  readonly openedSubjects: unknown[] = [];
  publicJwk: JWK = {};
  signingKey!: CryptoKey;
  busKey!: MessageKeyPair;

  askedFor(contract: string): number {
    return this.asked.filter((one) => one.contract === contract).length;
  }
}

let surroundings = new Surroundings();

@Controller()
class AuthorizationServerStandIn {
  @Answers(signingKeysCurrent)
  async keys(): Promise<z.input<typeof signingKeysCurrent.reply>> {
    surroundings.asked.push({ contract: 'signing-keys.current', request: {} });
    return await Promise.resolve({
      keys: [{ ...surroundings.publicJwk, kty: 'EC', kid: 'test-key', alg: 'ES256' }],
    });
  }

  @Answers(sessionView)
  async view(
    @Payload() request: z.output<typeof sessionView.request>,
  ): Promise<z.input<typeof sessionView.reply>> {
    surroundings.asked.push({ contract: 'session.view', request });
    return await Promise.resolve(
      surroundings.closedSessions.has(request.tsid)
        ? { state: 'closed' }
        : { state: 'open', accountId: randomUUID(), clientId: 'client' },
    );
  }
}

@Controller()
class VaultStandIn {
  @Answers(busKeyCurrent)
  async key(): Promise<z.input<typeof busKeyCurrent.reply>> {
    return await Promise.resolve({ key: surroundings.busKey.publicKey, useUntilMs: Date.now() + 60_000 });
  }

  @Answers(credentialInject)
  async inject(
    @Payload() request: z.output<typeof credentialInject.request>,
  ): Promise<z.input<typeof credentialInject.reply>> {
    surroundings.asked.push({ contract: 'credential.inject', request });
    return await release(request);
  }

  @Answers(credentialExchange)
  async exchange(
    @Payload() request: z.output<typeof credentialExchange.request>,
  ): Promise<z.input<typeof credentialExchange.reply>> {
    surroundings.asked.push({ contract: 'credential.exchange', request });
    if (request.sealedSubject !== undefined)
      surroundings.openedSubjects.push(
        await new MessageOpener([surroundings.busKey]).open(request.sealedSubject),
      );
    return await release(request);
  }
}

async function release({
  tsid,
  backend,
  replyKey,
  refused,
}: {
  readonly tsid: string;
  readonly backend: string;
  readonly replyKey: z.output<typeof credentialInject.request>['replyKey'];
  readonly refused?: string | undefined;
}): Promise<z.input<typeof credentialInject.reply>> {
  const configured = surroundings.credentials.get(backend) ?? `${backend}-token-of-${tsid}`;
  if (typeof configured !== 'string') throw new GatehouseError(configured.code);
  const accessToken = refused === undefined ? configured : `${configured}-renewed`;
  const useUntilMs = Date.now() + surroundings.useForMs;
  return { sealed: await sealMessage({ accessToken, useUntilMs }, replyKey), useUntilMs };
}

@Module({})
class StandInModule {}

async function startStandIn(options: BusOptions, controller: Type): Promise<INestApplicationContext> {
  const app = await NestFactory.create(
    {
      module: StandInModule,
      imports: [ObservabilityModule.forRoot(silentLog()), MessagingModule.forRoot(options)],
      controllers: [controller],
    },
    new FastifyAdapter(),
    { logger: false },
  );
  app.connectMicroservice({ strategy: contractServer(options) });
  await app.startAllMicroservices();
  await app.init();
  return app;
}

class SilentLog extends Log {
  override info(): void {
    return undefined;
  }
  override warn(): void {
    return undefined;
  }
  override error(): void {
    return undefined;
  }
}
const silentLog = (): Log => new SilentLog('test');

export interface BackendSetup {
  readonly name: string;
  readonly url: string;
  readonly strategy?: ProxyStrategy;
  readonly timeoutMs?: number;
}

export interface ProxySetup {
  readonly nats: { readonly url: string; optionsOf(service: Service): BusOptions };
  readonly backends: readonly BackendSetup[];
  readonly aggregation?: Partial<VmcpProxyPart['aggregation']>;
  readonly incomingAuth?: VmcpProxyPart['incomingAuth'];
  /** Default: `http://localhost:<port>` */
  readonly publicUrl?: string;
  readonly log?: Log;
}

export interface TestProxy {
  readonly origin: string;
  readonly mcpUrl: string;
  readonly surroundings: Surroundings;
  /** The vault says that a connection changed. Resolves when the proxy has heard it. */
  connectionChanged(
    accountId: string,
    provider: string,
    change: z.input<typeof connectionChanged.payload>['change'],
  ): Promise<void>;
  /** The authorization server says that a session ended. Resolves when the proxy has heard it. */
  sessionClosed(tsid: string): Promise<void>;
  readonly stopAuthorizationServer: () => Promise<void>;
  /** Another process of the proxy, as far as it can tell. */
  startReplica(): Promise<{ readonly mcpUrl: string; close(): Promise<void> }>;
  token(claims?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'https://gateway.example/mcp';

/** The proxy on a real bus, with stand-ins that answer the contracts of the other two services. */
export async function startProxy(setup: ProxySetup): Promise<TestProxy> {
  surroundings = new Surroundings();
  const mine = surroundings;
  const pair = await generateKeyPair('ES256', { extractable: true });
  mine.publicJwk = await exportJWK(pair.publicKey);
  mine.signingKey = pair.privateKey;
  mine.busKey = await newMessageKeyPair();
  const [authorizationServer, tokenVault] = await Promise.all([
    startStandIn(setup.nats.optionsOf('authorization-server'), AuthorizationServerStandIn),
    startStandIn(setup.nats.optionsOf('token-vault'), VaultStandIn),
  ]);
  const startReplica = async () => {
    const app = await makeProxy(proxyPart(setup), setup.log ?? silentLog());
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const origin = `http://127.0.0.1:${port}`;
    // What the bus delivered before this round trip has been heard after it.
    const hear = async () => await app.get(BusConnection).connection.flush();
    return { origin, mcpUrl: `${origin}/mcp`, hear, close: async () => await app.close() };
  };
  const first = await startReplica();
  const tell = async <Payload extends z.ZodType>(
    teller: INestApplicationContext,
    event: EventContract<Payload>,
    payload: z.input<Payload>,
  ): Promise<void> => {
    await teller.get(EventBus).publish(event, payload);
    await first.hear();
  };
  return {
    ...first,
    startReplica,
    surroundings: mine,
    connectionChanged: async (accountId, provider, change) => {
      const connectionId = randomUUID();
      await tell(tokenVault, connectionChanged, {
        connectionId,
        accountId,
        provider,
        change,
        atMs: Date.now(),
      });
    },
    sessionClosed: async (tsid) => {
      const accountId = randomUUID();
      await tell(authorizationServer, sessionClosed, {
        tsid,
        accountId,
        reason: 'signed_out',
        atMs: Date.now(),
      });
    },
    stopAuthorizationServer: async () => await authorizationServer.close(),
    token: async (claims) => await signedToken(mine.signingKey, claims),
    close: async () => {
      await first.close();
      await Promise.all([authorizationServer.close(), tokenVault.close()]);
    },
  };
}

export async function signedToken(key: CryptoKey, claims: Record<string, unknown> = {}): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return await new SignJWT({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: randomUUID(),
    iat: nowSeconds,
    exp: nowSeconds + 300,
    jti: randomUUID(),
    client_id: 'client',
    scope: 'openid',
    tsid: randomUUID(),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'test-key', typ: 'at+jwt' })
    .sign(key);
}

function proxyPart({ nats, backends, aggregation, incomingAuth, publicUrl }: ProxySetup): VmcpProxyPart {
  const { servers, user, password, gatewayName } = nats.optionsOf('vmcp-proxy');
  const egress = { allowPrivateIps: true, insecureAllowHttp: true };
  return {
    name: gatewayName,
    publicUrl: publicUrl ?? 'http://localhost:4483',
    resourceUrl: AUDIENCE,
    nats: { servers, user, password },
    listen: { host: '127.0.0.1', port: 0 },
    incomingAuth: incomingAuth ?? {
      type: 'oidc',
      oidc: { issuer: ISSUER, audience: AUDIENCE, resourceUrl: AUDIENCE, scopes: ['openid'], ...egress },
    },
    authServer: { issuer: ISSUER, upstreamProviders: [{ name: 'octo', requirement: 'optional' }] },
    backends: backends.map(({ name, url, strategy, timeoutMs }): ProxyBackend => ({
      name,
      url,
      transport: 'streamable-http',
      timeoutMs: timeoutMs ?? 10_000,
      strategy: strategy ?? { type: 'unauthenticated' },
      ...egress,
    })),
    aggregation: {
      conflictResolution: 'prefix',
      conflictResolutionConfig: { prefixFormat: '{workload}_', priorityOrder: [] },
      tools: [],
      ...aggregation,
    },
  };
}
