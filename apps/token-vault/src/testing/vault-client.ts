import { randomUUID } from 'node:crypto';
import type { BackendChallenge } from '@gatehouse/contracts/token-vault/backend-challenge';
import { callbackName } from '@gatehouse/config/urls/callbacks';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionComplete } from '@gatehouse/contracts/token-vault/connection-complete';
import { releasedCredential, type ReleasedCredential } from '@gatehouse/contracts/token-vault/credential';
import { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { credentialInject } from '@gatehouse/contracts/token-vault/credential-inject';
import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import type { RequestContract } from '@gatehouse/contracts/contract';
import { sha256 } from '@gatehouse/kernel/digest';
import { newAccountId, newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import {
  MessageOpener,
  newMessageKeyPair,
  sealMessage,
  type PublicMessageKey,
} from '@gatehouse/sealing/message-sealing';
import type { z } from 'zod';

/** How a request reaches a vault. */
export interface Asks {
  ask<Request extends z.ZodType, Reply extends z.ZodType>(
    contract: RequestContract<Request, Reply>,
    request: z.input<Request>,
  ): Promise<z.output<Reply>>;
}

/** Anything that turns an authorization URL into the callback's query, as a browser and its user do. */
export type SignsIn = (authorizationUrl: string) => Promise<string> | string;

export const BROWSER = sha256('the cookie of a browser');

/** The authorization server's and the proxy's half of the contracts, as short as tests want it. */
export class VaultClient {
  constructor(private readonly bus: Asks) {}

  ask: Asks['ask'] = async (contract, request) => await this.bus.ask(contract, request);

  async sealForVault(value: unknown): Promise<string> {
    return await sealMessage(value, (await this.bus.ask(busKeyCurrent, {})).key);
  }

  /** @param arrival by whose callback the browser came; left out: by the common one */
  async complete(
    query: string,
    {
      callback,
      browserBinding = BROWSER,
      asksWhen,
      asksHow,
    }: { callback?: string; browserBinding?: string; asksWhen?: true; asksHow?: true },
  ): Promise<z.output<typeof connectionComplete.reply>> {
    return await this.bus.ask(connectionComplete, {
      sealedQuery: await this.sealForVault({ query }),
      browserBinding,
      ...(callback === undefined ? {} : { callback }),
      ...(asksWhen === undefined ? {} : { asksWhen }),
      ...(asksHow === undefined ? {} : { asksHow }),
    });
  }

  /** One leg from the first redirect to the callback. */
  async leg(
    attemptId: string,
    provider: string,
    signIn: SignsIn,
  ): Promise<z.output<typeof connectionComplete.reply>> {
    const { authorizationUrl } = await this.bus.ask(connectionBegin, {
      attemptId,
      provider,
      browserBinding: BROWSER,
    });
    const callback = callbackName(new URL(authorizationUrl).searchParams.get('redirect_uri') ?? '');
    return await this.complete(await signIn(authorizationUrl), callback === undefined ? {} : { callback });
  }

  /** A whole sign-in. @returns the ids of the session that it opened */
  async signIn(
    legs: Readonly<Record<string, SignsIn>>,
    accountId: string = newAccountId(),
  ): Promise<{ tsid: string; accountId: string; attemptId: string }> {
    const attemptId = newAttemptId();
    const subjects: Record<string, string> = {};
    for (const [provider, signIn] of Object.entries(legs)) {
      const reply = await this.leg(attemptId, provider, signIn);
      if (reply.outcome !== 'completed') throw new Error(`${provider} refused: ${reply.reason}`);
      subjects[provider] = reply.identity.subject;
    }
    const tsid = newSessionId();
    await this.bus.ask(sessionOpen, {
      attemptId,
      tsid,
      accountId,
      providers: Object.keys(legs),
      subjects,
    });
    return { tsid, accountId, attemptId };
  }

  /** @param said with what a backend refused that token: `scope` of the 403, or a challenge */
  async inject(
    tsid: string,
    backend: string,
    refused?: string,
    said?: string | BackendChallenge,
  ): Promise<ReleasedCredential> {
    const request = {
      tsid,
      backend,
      ...(refused === undefined ? {} : { refused: sha256(refused) }),
      ...(typeof said === 'string' ? { lackingScope: said } : {}),
      ...(typeof said === 'object' ? { challenge: said } : {}),
    };
    return await opened(async (replyKey) => await this.bus.ask(credentialInject, { ...request, replyKey }));
  }

  /** @param whose a session, or a client that comes for itself; neither: whoever comes with a token of an external issuer */
  async exchange(
    whose: string | { readonly clientId?: string },
    backend: string,
    options: {
      subjectToken?: string;
      verified?: { readonly subject: string; readonly expiresAtMs: number };
      refused?: string;
      challenge?: BackendChallenge;
      tool?: string;
    } = {},
  ): Promise<ReleasedCredential> {
    const { subjectToken, verified, refused, challenge, tool } = options;
    const subject = { subjectToken, ...(verified === undefined ? {} : { verified }) };
    const request = {
      ...(typeof whose === 'string' ? { tsid: whose } : whose),
      backend,
      ...(tool === undefined ? {} : { tool }),
      ...(subjectToken === undefined ? {} : { sealedSubject: await this.sealForVault(subject) }),
      ...(refused === undefined ? {} : { refused: sha256(refused) }),
      ...(challenge === undefined ? {} : { challenge }),
    };
    return await opened(async (replyKey) => await this.bus.ask(credentialExchange, { ...request, replyKey }));
  }
}

async function opened(
  ask: (replyKey: PublicMessageKey) => Promise<{ readonly sealed: string }>,
): Promise<ReleasedCredential> {
  const pair = await newMessageKeyPair();
  const { sealed } = await ask(pair.publicKey);
  return releasedCredential.parse(await new MessageOpener([pair]).open(sealed));
}

export const someUuid = (): string => randomUUID();
