import { Injectable } from '@nestjs/common';
import type { Actor } from '@gatehouse/config/model/actor-token';
import type { ClientCredentials } from '@gatehouse/config/model/client-credentials';
import type { IssuedToken, TokenExchange } from '@gatehouse/config/model/outgoing-auth';
import type { credentialExchange } from '@gatehouse/contracts/token-vault/credential-exchange';
import { sha256 } from '@gatehouse/kernel/digest';
import type { Secret } from '@gatehouse/kernel/secret';
import type { z } from 'zod';
import { cacheEntry } from './cache-entry.js';
import { ExchangeSubjects, type ExchangeSubject, type RefusedSubject } from './exchange-subjects.flow.js';
import { ExchangedTokens } from './exchanged-tokens.flow.js';

type Request = Pick<z.output<typeof credentialExchange.request>, 'tsid' | 'backend'>;

/** Finds who acts for the person (RFC 8693 section 1.1): another provider's token of the same session, or the gateway. */
@Injectable()
export class ExchangeActors {
  constructor(
    private readonly subjects: ExchangeSubjects,
    private readonly exchanged: ExchangedTokens,
  ) {}

  /** @returns `undefined` where the person is shown alone */
  async of(request: Request, strategy: IssuedToken<Secret>): Promise<ExchangeSubject | undefined> {
    if (strategy.type !== 'tokenExchange' || strategy.actor === undefined) return undefined;
    const { actor } = strategy;
    return actor.from === 'provider'
      ? await this.subjects.of(request, { of: 'provider', ...actor })
      : await this.#gateway(request, ownToken(strategy, actor));
  }

  /**
   * The same with a newer token. The endpoint does not say whose it refused: nobody is asked to sign in because of what may be
   * the subject's.
   * @returns `undefined` when there is nothing newer
   */
  async renewed(
    request: Request,
    strategy: IssuedToken<Secret>,
    { actorDigest: digest }: RefusedSubject,
  ): Promise<ExchangeSubject | undefined> {
    if (strategy.type !== 'tokenExchange' || strategy.actor === undefined || digest === undefined)
      return undefined;
    const { actor } = strategy;
    if (actor.from === 'provider')
      return await this.subjects.renewed(request, { of: 'provider', ...actor }, { digest, unclear: true });
    const renewed = await this.#gateway(request, ownToken(strategy, actor), digest);
    const token = await renewed.token();
    return token?.digest === digest ? undefined : renewed;
  }

  /** Kept, and asked for once, like every token that an endpoint issued. */
  async #gateway(
    request: Request,
    strategy: ClientCredentials<Secret>,
    refused?: string,
  ): Promise<ExchangeSubject> {
    const subject = await this.subjects.of(request, { of: 'gateway' });
    const entry = cacheEntry(request.backend, strategy, subject);
    return {
      ...subject,
      token: async () => {
        const { accessToken } = await this.exchanged.token(entry, strategy, subject, refused);
        return { token: accessToken, digest: sha256(accessToken) };
      },
    };
  }
}

/** At the endpoint of the exchange, as its client (RFC 6749 section 4.4). */
function ownToken(
  { clientId = '', ...exchange }: TokenExchange<Secret>,
  { audience, scopes }: Extract<Actor, { from: 'clientCredentials' }>,
): ClientCredentials<Secret> {
  const { tokenUrl, clientSecret, clientKey, clientKeyId, clientAssertionAudience } = exchange;
  const { tokenEndpointAuthMethod, timeoutMs, allowPrivateIps, insecureAllowHttp, caBundle, wayOut } =
    exchange;
  return {
    type: 'clientCredentials',
    clientId,
    ...present({ audience, clientSecret, clientKey, clientKeyId, clientAssertionAudience, caBundle, wayOut }),
    ...{ tokenUrl, scopes, tokenEndpointAuthMethod, timeoutMs, allowPrivateIps, insecureAllowHttp },
  };
}

/** Without what has no value. */
const present = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
