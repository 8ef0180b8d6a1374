import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { callbackName } from '@gatehouse/config/urls/callbacks';
import { accessJudge } from '@gatehouse/contracts/token-vault/access-judge';
import { attemptDiscard } from '@gatehouse/contracts/token-vault/attempt-discard';
import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionClaims } from '@gatehouse/contracts/token-vault/connection-claims';
import { connectionComplete } from '@gatehouse/contracts/token-vault/connection-complete';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { providerHealth } from '@gatehouse/contracts/token-vault/provider-health';
import { providerLogout } from '@gatehouse/contracts/token-vault/provider-logout';
import { secretEnter } from '@gatehouse/contracts/token-vault/secret-enter';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { newConnectionId, randomToken } from '@gatehouse/kernel/ids';
import { Answers } from '@gatehouse/messaging/answers';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import { contractServer } from '@gatehouse/messaging/contract-server';
import { Log } from '@gatehouse/observability/log';
import { MessageOpener, newMessageKeyPair } from '@gatehouse/sealing/message-sealing';
import { z } from 'zod';

interface PendingLeg {
  readonly attemptId: z.output<typeof connectionBegin.request>['attemptId'];
  readonly provider: string;
  readonly browserBinding: string;
}

const firstPair = await newMessageKeyPair();
const enteredSecret = z.object({ secret: z.string() });
const logoutToken = z.object({ logoutToken: z.string() });
const callbackQuery = z.object({ query: z.string() });

/**
 * Speaks the vault's contracts on a real bus, for specs of this service alone. A provider's answer is written into the
 * callback: `code=<subject>` connects as that subject, `error=<reason>` is a refused leg.
 */
@Controller()
export class StandInVault {
  /** States that were handed over, in order; those that a leg was completed for. */
  readonly handedOver: string[] = [];
  readonly completed: string[] = [];
  /** What a provider keeps the vault waiting for. */
  held: Promise<void> = Promise.resolve();
  readonly begun: z.output<typeof connectionBegin.request>[] = [];
  readonly opened: z.output<typeof sessionOpen.request>[] = [];
  readonly closed: string[] = [];
  readonly discarded: string[] = [];
  readonly entered: { readonly accountId: string; readonly name: string; readonly secret: string }[] = [];
  readonly adopted: z.output<typeof connectionAdopt.request>[] = [];
  /** `<account> <provider>` */
  readonly connections = new Set<string>();
  readonly unavailable = new Set<string>();
  /** Providers on a callback that nobody may be sent to. */
  readonly unsafe = new Set<string>();
  /** Providers whose discovery document names another issuer. */
  readonly misconfigured = new Set<string>();
  /** Subjects whose leg was answered anew, as somebody else, after it was recorded. */
  readonly lost = new Set<string>();
  /** What the primary provider says of everybody, or why it says nothing; and who was asked about. */
  claims: z.input<typeof connectionClaims.reply>['claims'] | ErrorCode = {};
  readonly claimsAsked: string[] = [];
  /** What providers' logout tokens name, or why the vault fails; and the tokens that came, by provider. */
  logout: z.input<typeof providerLogout.reply> | ErrorCode = {
    outcome: 'refused',
    reason: 'wrong_signature',
  };
  /** How providers are. */
  health: z.input<typeof providerHealth.reply>['providers'] = [];
  readonly logoutTokens: { readonly provider: string; readonly token: string }[] = [];
  /** What the policies of `access` say of everybody, or why nobody can say; and who was asked about. */
  verdict: z.input<typeof accessJudge.reply> | ErrorCode = { verdict: 'admitted' };
  /** Of some of them, something else. */
  verdictOn: (who: z.output<typeof accessJudge.request>) => StandInVault['verdict'] = () => this.verdict;
  readonly judged: z.output<typeof accessJudge.request>[] = [];
  /** As each provider's id_token says. */
  authenticatedAtMs: number | undefined;
  /** It refuses a question with a member that the release before did not have. */
  isOfTheReleaseBefore = false;
  /** The same, of how the person did. */
  how: { readonly acr?: string; readonly amr?: string[] } = {};
  /** Where each provider sends the browser back to. */
  callbackOf = (provider: string): string => `/oauth/callback/${provider}`;
  readonly #legs = new Map<string, PendingLeg>();
  #pair = firstPair;

  @Answers(busKeyCurrent)
  key(): Promise<z.input<typeof busKeyCurrent.reply>> {
    return Promise.resolve({ key: this.#pair.publicKey, useUntilMs: Date.now() + 60_000 });
  }

  /** What is sealed for the bus key of before does not open any more. */
  async loseBusKey(): Promise<void> {
    this.#pair = await newMessageKeyPair();
  }

  @Answers(connectionBegin)
  begin(
    @Payload() request: z.output<typeof connectionBegin.request>,
  ): Promise<z.input<typeof connectionBegin.reply>> {
    if (this.unavailable.has(request.provider)) throw new GatehouseError('provider_unavailable');
    if (this.misconfigured.has(request.provider))
      throw new GatehouseError('provider_misconfigured', 'as it is set up', {
        details: { provider: request.provider, reference: 'told-by-the-vault' },
      });
    if (this.unsafe.has(request.provider)) throw new GatehouseError('callback_unsafe');
    const state = `${request.attemptId}.${randomToken()}`;
    this.begun.push(request);
    this.#legs.set(state, request);
    return Promise.resolve({
      authorizationUrl: `http://${request.provider}.example/authorize?state=${state}&redirect_uri=${encodeURIComponent(this.callbackOf(request.provider))}`,
      expiresAtMs: Date.now() + 60_000,
    });
  }

  @Answers(connectionComplete)
  async complete(
    @Payload() request: z.output<typeof connectionComplete.request>,
  ): Promise<z.input<typeof connectionComplete.reply>> {
    if (this.isOfTheReleaseBefore && request.asksHow === true) throw new GatehouseError('request_invalid');
    const query = new URLSearchParams(await this.#query(request.sealedQuery));
    const state = query.get('state') ?? '';
    this.handedOver.push(state);
    const leg = this.#legs.get(state);
    if (leg === undefined) throw new GatehouseError('callback_unknown');
    if (leg.browserBinding !== request.browserBinding) throw new GatehouseError('callback_wrong_browser');
    if (callbackName(this.callbackOf(leg.provider)) !== request.callback)
      throw new GatehouseError('callback_wrong_provider');
    this.#legs.delete(state);
    await this.held;
    this.completed.push(state);
    const { attemptId, provider } = leg;
    const reason = query.get('error');
    if (reason !== null)
      return {
        outcome: 'refused',
        attemptId,
        provider,
        reason: reason === 'access_denied' ? 'denied' : 'invalid_response',
      };
    const subject = query.get('code') ?? '';
    return {
      outcome: 'completed',
      attemptId,
      provider,
      identity: { subject, name: `Name of ${subject}` },
      scopes: [],
      ...(request.asksWhen === true &&
        this.authenticatedAtMs !== undefined && { authenticatedAtMs: this.authenticatedAtMs }),
      ...(request.asksHow === true ? this.how : {}),
    };
  }

  async #query(sealed: string): Promise<string> {
    try {
      return callbackQuery.parse(await new MessageOpener([this.#pair]).open(sealed)).query;
    } catch {
      throw new GatehouseError('request_invalid', 'a sealed part does not open');
    }
  }

  @Answers(sessionOpen)
  open(@Payload() request: z.output<typeof sessionOpen.request>): Promise<z.input<typeof sessionOpen.reply>> {
    for (const [provider, subject] of Object.entries(request.subjects))
      if (this.lost.has(subject))
        throw new GatehouseError('connection_missing', 'another subject', { details: { provider } });
    this.opened.push(request);
    for (const provider of request.providers) this.connections.add(`${request.accountId} ${provider}`);
    return Promise.resolve({ bound: request.providers });
  }

  @Answers(sessionClose)
  close(
    @Payload() { tsid }: z.output<typeof sessionClose.request>,
  ): Promise<z.input<typeof sessionClose.reply>> {
    this.closed.push(tsid);
    return Promise.resolve({ closed: true });
  }

  @Answers(attemptDiscard)
  discard(
    @Payload() request: z.output<typeof attemptDiscard.request>,
  ): Promise<z.input<typeof attemptDiscard.reply>> {
    this.discarded.push(request.attemptId);
    return Promise.resolve({ discarded: 0 });
  }

  @Answers(connectionClaims)
  async claimsOf(
    @Payload() { tsid }: z.output<typeof connectionClaims.request>,
  ): Promise<z.input<typeof connectionClaims.reply>> {
    this.claimsAsked.push(tsid);
    await this.held;
    if (typeof this.claims === 'string') throw new GatehouseError(this.claims);
    return { claims: this.claims };
  }

  @Answers(accessJudge)
  judge(@Payload() who: z.output<typeof accessJudge.request>): Promise<z.input<typeof accessJudge.reply>> {
    this.judged.push(who);
    const verdict = this.verdictOn(who);
    if (typeof verdict === 'string') throw new GatehouseError(verdict);
    return Promise.resolve(verdict);
  }

  @Answers(connectionList)
  list(
    @Payload() { accountId }: z.output<typeof connectionList.request>,
  ): Promise<z.input<typeof connectionList.reply>> {
    const providers = [...this.connections].flatMap((one) =>
      one.startsWith(accountId) ? [one.split(' ')[1] ?? ''] : [],
    );
    const facts = { subject: 'subject', scopes: [], state: 'live' as const, connectedAtMs: 1 };
    return Promise.resolve({
      connections: providers.map((provider) => ({ connectionId: newConnectionId(), provider, ...facts })),
    });
  }

  @Answers(connectionRevoke)
  revoke(
    @Payload() { accountId, provider }: z.output<typeof connectionRevoke.request>,
  ): Promise<z.input<typeof connectionRevoke.reply>> {
    return Promise.resolve({ revoked: this.connections.delete(`${accountId} ${provider}`) });
  }

  @Answers(secretEnter)
  async enter(
    @Payload() { accountId, name, sealedSecret }: z.output<typeof secretEnter.request>,
  ): Promise<z.input<typeof secretEnter.reply>> {
    const { secret } = enteredSecret.parse(await new MessageOpener([this.#pair]).open(sealedSecret));
    this.entered.push({ accountId, name, secret });
    this.connections.add(`${accountId} ${name}`);
    return { entered: true };
  }

  @Answers(providerHealth)
  healthOf(): Promise<z.input<typeof providerHealth.reply>> {
    return Promise.resolve({ providers: this.health });
  }

  @Answers(providerLogout)
  async logoutOf(
    @Payload() { provider, sealedToken }: z.output<typeof providerLogout.request>,
  ): Promise<z.input<typeof providerLogout.reply>> {
    const opened = logoutToken.parse(await new MessageOpener([this.#pair]).open(sealedToken));
    this.logoutTokens.push({ provider, token: opened.logoutToken });
    if (typeof this.logout === 'string') throw new GatehouseError(this.logout);
    return this.logout;
  }

  @Answers(connectionAdopt)
  adopt(
    @Payload() request: z.output<typeof connectionAdopt.request>,
  ): Promise<z.input<typeof connectionAdopt.reply>> {
    if (this.lost.has(request.subject))
      throw new GatehouseError('connection_missing', 'lost', { details: { provider: request.provider } });
    this.adopted.push(request);
    this.connections.add(`${request.accountId} ${request.provider}`);
    return Promise.resolve({ adopted: true });
  }
}

export interface RunningVault {
  readonly vault: StandInVault;
  readonly app: INestMicroservice;
}

export async function startStandInVault(bus: BusOptions, log: Log): Promise<RunningVault> {
  @Module({ controllers: [StandInVault], providers: [{ provide: Log, useValue: log }] })
  class StandInModule {}
  const app = await NestFactory.createMicroservice(StandInModule, {
    strategy: contractServer(bus),
    logger: false,
  });
  await app.listen();
  return { vault: app.get(StandInVault), app };
}
