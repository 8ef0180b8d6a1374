import { Inject, Injectable } from '@nestjs/common';
import type { Introspection as Allowed } from '@gatehouse/config/model/client-registration';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { signedJwt } from '../signing-keys/signed-jwt.js';
import type { SigningKey } from '../signing-keys/signing-key.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { STRUCTURED_TOKEN } from './client-refusals.js';
import { answerOutage } from './outage-answer.js';
import { OwnAccessTokens } from './own-access-tokens.flow.js';
import { OwnRefreshTokens, type FoundToken } from './own-refresh-tokens.flow.js';

/** RFC 9701, section 4. */
const SIGNED_ANSWER = 'application/token-introspection+jwt';
const SIGNED_TYPE = 'token-introspection+jwt';

type Answer = Readonly<Record<string, unknown>>;

/** RFC 7662, section 2.2: nothing is said of a token that is not good, or that this client has no business with. */
const INACTIVE: Answer = { active: false };

/** Tells clients that the configuration allows to ask whether a token is good (RFC 7662). */
@Injectable()
export class Introspection {
  constructor(
    private readonly tokens: OwnAccessTokens,
    private readonly refreshTokens: OwnRefreshTokens,
    private readonly keys: SigningKeys,
    private readonly log: Log,
    @Inject(CONFIG)
    private readonly config: Pick<
      AuthorizationServerPart,
      'issuer' | 'clientRegistration' | 'requestProtection'
    >,
  ) {}

  /** Without anybody who may ask there is no such endpoint. */
  get isOffered(): boolean {
    return this.config.clientRegistration.clients.some(({ introspection }) => introspection !== undefined);
  }

  /** RFC 9701, section 6: who registers nothing else gets RS256, where there is a key for it; FAPI 2.0 (section 5.4.1) has no RS256. */
  get signingKey(): SigningKey {
    if (this.config.requestProtection.securityProfile === 'fapi2') return this.keys.signing;
    return this.keys.signerOf('RS256');
  }

  /** The library has found the token. Access tokens are JWTs, which it does not find. */
  readonly allowedPolicy = async (
    _ctx: KoaContextWithOIDC,
    { clientId }: Client,
    token: FoundToken,
  ): Promise<boolean> => {
    return this.#allowed(clientId) !== undefined && (await this.refreshTokens.isCurrent(token, clientId));
  };

  /** Runs when the library has made its response: the client has proven itself. */
  readonly afterLibrary: Parameters<Provider['use']>[0] = async (context, next) => {
    await next();
    if (context.path !== '/oauth/introspect') return;
    const ctx = context as unknown as KoaContextWithOIDC; // the library puts `oidc` there on each of its routes
    const body: unknown = ctx.body;
    const isAnswer = typeof body === 'object' && body !== null;
    const isJwt = isAnswer && Reflect.get(body, 'error') === STRUCTURED_TOKEN;
    if (!isAnswer || !(isJwt || ctx.status === 200)) return;
    try {
      await this.#answer(ctx, isJwt ? undefined : (body as Answer));
    } catch (error) {
      answerOutage(ctx, error);
      if (ctx.status !== 503) throw error;
    }
  };

  /** @param ofLibrary absent for a JWT */
  async #answer(ctx: KoaContextWithOIDC, ofLibrary: Answer | undefined): Promise<void> {
    const clientId = ctx.oidc.client?.clientId ?? '';
    const allowed = this.#allowed(clientId);
    if (allowed === undefined) {
      this.log.info('protocol-request-refused', {
        endpoint: 'introspect',
        errorCode: 'unauthorized_client',
        clientId,
      });
      ctx.status = 400;
      ctx.body = { error: 'unauthorized_client', error_description: 'this client may not ask about tokens' };
      return;
    }
    const answer = ofLibrary ?? (await this.#aboutAccessToken(ctx.oidc.params?.['token'], clientId, allowed));
    ctx.status = 200;
    if (ctx.accepts('json', SIGNED_ANSWER) === SIGNED_ANSWER) {
      ctx.body = await this.#signed(answer, clientId);
      ctx.type = SIGNED_ANSWER;
    } else ctx.body = answer;
  }

  async #aboutAccessToken(token: unknown, clientId: string, { resources }: Allowed): Promise<Answer> {
    // RFC 7662, section 2.2: whoever asks compares `exp` with their own clock; `active` beside a time that is over contradicts it.
    const current = await this.tokens.current(token, 0);
    if (current === undefined) return INACTIVE;
    // RFC 9701, section 5: nor of a token that is meant for somebody else.
    if (current.client_id !== clientId && !resources.includes(current.aud)) return INACTIVE;
    return { ...current, active: true, token_type: current.cnf?.['jkt'] === undefined ? 'Bearer' : 'DPoP' };
  }

  /** RFC 9701, section 5: `sub` and `exp` are inside alone, so that nobody takes the answer for a token. */
  async #signed(answer: Answer, clientId: string): Promise<string> {
    return await signedJwt(this.signingKey, SIGNED_TYPE, {
      token_introspection: answer,
      iss: this.config.issuer,
      aud: clientId,
      iat: Math.floor(Date.now() / SECOND_MS),
    });
  }

  /** The configuration alone says who may ask: whoever registers by themselves may not. */
  #allowed(clientId: string): Allowed | undefined {
    return this.config.clientRegistration.clients.find((client) => client.clientId === clientId)
      ?.introspection;
  }
}
