import 'reflect-metadata';
import { sessionView } from '@gatehouse/contracts/authorization-server/session-view';
import { signingKeysCurrent } from '@gatehouse/contracts/authorization-server/signing-keys-current';
import type { BackendChallenge } from '@gatehouse/contracts/token-vault/backend-challenge';
import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { credentialInject } from '@gatehouse/contracts/token-vault/credential-inject';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError, type ErrorDetails } from '@gatehouse/kernel/gatehouse-error';
import { Answers } from '@gatehouse/messaging/answers';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import { contractServer } from '@gatehouse/messaging/contract-server';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import { ObservabilityModule } from '@gatehouse/observability/observability.module';
import {
  MessageOpener,
  newMessageKeyPair,
  sealMessage,
  type MessageKeyPair,
} from '@gatehouse/sealing/message-sealing';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { Controller, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';

/** What the services around the proxy answer in a spec, and what they were asked. */
export class Surroundings {
  readonly closedSessions = new Set<string>();
  /** Session -> account. */
  readonly accounts = new Map<string, string>();
  /** Backend name -> a code to fail with, or a token to hand out. */
  readonly credentials = new Map<
    string,
    string | { readonly code: ErrorCode; readonly details?: ErrorDetails }
  >();
  /** Backends whose credentials are keys that requests are signed with. */
  readonly signs = new Set<string>();
  /** What backends wanted sign-ins to show, as the vault heard it. */
  readonly challenges: BackendChallenge[] = [];
  /** Backends for whose challenges no provider can be asked. */
  readonly unasked = new Set<string>();
  /** Scopes that no token has until its person agrees. */
  readonly lacks = new Set<string>();
  useForMs = 60_000;
  /** No credential is released before it is over. */
  keptBack: Promise<unknown> = Promise.resolve();
  /** When the person connected the account that backends see. */
  connectedAtMs: number | undefined = 1_000;
  readonly asked: { readonly contract: string; readonly request: Record<string, unknown> }[] = [];
  /** What the vault found inside sealed subjects. */
  readonly openedSubjects: unknown[] = [];

  private constructor(
    readonly signingKey: CryptoKey,
    readonly publicJwk: JWK,
    readonly busKey: MessageKeyPair,
  ) {}

  static async create(): Promise<Surroundings> {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    return new Surroundings(privateKey, await exportJWK(publicKey), await newMessageKeyPair());
  }

  askedFor(contract: string): number {
    return this.asked.filter((one) => one.contract === contract).length;
  }
}

@Controller()
export class AuthorizationServerStandIn {
  constructor(private readonly surroundings: Surroundings) {}

  @Answers(signingKeysCurrent)
  async keys(): Promise<z.input<typeof signingKeysCurrent.reply>> {
    this.surroundings.asked.push({ contract: 'signing-keys.current', request: {} });
    return await Promise.resolve({
      keys: [{ ...this.surroundings.publicJwk, kty: 'EC', kid: 'test-key', alg: 'ES256' }],
    });
  }

  @Answers(sessionView)
  async view(
    @Payload() request: z.output<typeof sessionView.request>,
  ): Promise<z.input<typeof sessionView.reply>> {
    this.surroundings.asked.push({ contract: 'session.view', request });
    return await Promise.resolve(
      this.surroundings.closedSessions.has(request.tsid)
        ? { state: 'closed' }
        : {
            state: 'open',
            accountId: this.surroundings.accounts.get(request.tsid) ?? randomUUID(),
            clientId: 'client',
          },
    );
  }
}

@Controller()
export class VaultStandIn {
  constructor(private readonly surroundings: Surroundings) {}

  @Answers(busKeyCurrent)
  async key(): Promise<z.input<typeof busKeyCurrent.reply>> {
    return await Promise.resolve({
      key: this.surroundings.busKey.publicKey,
      useUntilMs: Date.now() + 60_000,
    });
  }

  @Answers(credentialInject)
  async inject(
    @Payload() request: z.output<typeof credentialInject.request>,
  ): Promise<z.input<typeof credentialInject.reply>> {
    this.surroundings.asked.push({ contract: 'credential.inject', request });
    const { lackingScope, refused, challenge, ...rest } = request;
    if (this.#hears(rest.backend, challenge)) return await release(this.surroundings, rest);
    if (lackingScope === undefined) return await release(this.surroundings, { ...rest, refused });
    if (lackingScope.split(' ').some((scope) => this.surroundings.lacks.has(scope)))
      throw new GatehouseError('insufficient_scope');
    // There is no other token with more scopes.
    return await release(this.surroundings, rest);
  }

  /** @returns whether there was one for which nobody can be asked: the token stays. */
  #hears(backend: string, challenge: BackendChallenge | undefined): boolean {
    if (challenge === undefined) return false;
    this.surroundings.challenges.push(challenge);
    if (this.surroundings.unasked.has(backend)) return true;
    throw new GatehouseError('reauth_required', undefined, { details: { provider: 'octo' } });
  }

  @Answers(credentialExchange)
  async exchange(
    @Payload() request: z.output<typeof credentialExchange.request>,
  ): Promise<z.input<typeof credentialExchange.reply>> {
    this.surroundings.asked.push({ contract: 'credential.exchange', request });
    if (this.#hears(request.backend, request.challenge))
      return await release(this.surroundings, { ...request, refused: undefined });
    if (request.sealedSubject === undefined) return await release(this.surroundings, request);
    const opened = await new MessageOpener([this.surroundings.busKey]).open(request.sealedSubject);
    this.surroundings.openedSubjects.push(opened);
    const { verified } = opened as { readonly verified?: { readonly subject: string } };
    // What comes of a token of an external issuer is named after its person.
    return await release(
      this.surroundings,
      verified === undefined ? request : { ...request, clientId: verified.subject },
    );
  }
}

async function release(
  surroundings: Surroundings,
  {
    tsid,
    clientId,
    backend,
    replyKey,
    refused,
  }: {
    readonly tsid?: string | undefined;
    readonly clientId?: string | undefined;
    readonly backend: string;
    readonly replyKey: z.output<typeof credentialInject.request>['replyKey'];
    readonly refused?: string | undefined;
  },
): Promise<z.input<typeof credentialInject.reply>> {
  await surroundings.keptBack;
  const configured = surroundings.credentials.get(backend) ?? `${backend}-token-of-${tsid ?? clientId ?? ''}`;
  if (typeof configured !== 'string') throw new GatehouseError(configured.code, undefined, configured);
  const accessToken = refused === undefined ? configured : `${configured}-renewed`;
  const useUntilMs = Date.now() + surroundings.useForMs;
  const connection = { id: '5b0c9d7e-7d0c-4a54-8f43-6e8d53cf0b11', version: 7 };
  const { connectedAtMs } = surroundings;
  const entry = '0e3c5b1a-6f0d-4f0a-8b7e-2d1f3c4b5a69:12';
  const signingKey = { id: 'ASIAEXAMPLE', secret: `${accessToken}-signing-secret` };
  const credential = {
    ...{ accessToken, useUntilMs, connection, connectedAtMs, release: entry },
    ...(surroundings.signs.has(backend) ? { signingKey } : {}),
  };
  return { sealed: await sealMessage(credential, replyKey), useUntilMs };
}

@Module({})
class StandInModule {}

/** One of the services around the proxy, on a real bus. */
export async function startStandIn(
  options: BusOptions,
  controller: Type,
  surroundings: Surroundings,
): Promise<INestApplicationContext> {
  const app = await NestFactory.create(
    {
      module: StandInModule,
      imports: [ObservabilityModule.forRoot(new SilentLog()), MessagingModule.forRoot(options)],
      controllers: [controller],
      providers: [{ provide: Surroundings, useValue: surroundings }],
    },
    new FastifyAdapter(),
    { logger: false },
  );
  app.connectMicroservice({ strategy: contractServer(options) });
  await app.startAllMicroservices();
  await app.init();
  return app;
}
