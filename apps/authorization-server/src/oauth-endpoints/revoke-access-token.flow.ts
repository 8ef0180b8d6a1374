import { Injectable } from '@nestjs/common';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { CloseSession } from '../sessions/close-session.flow.js';
import { STRUCTURED_TOKEN } from './client-refusals.js';
import { OwnAccessTokens, type OwnAccessToken } from './own-access-tokens.flow.js';

/**
 * A client signs its person out by an access token as well (RFC 7009, section 2.1): not every client keeps a refresh token. An
 * access token is good as long as its session is open, so the session ends, with all its tokens, as by the refresh token.
 */
@Injectable()
export class RevokeAccessToken {
  constructor(
    private readonly closing: CloseSession,
    private readonly tokens: OwnAccessTokens,
  ) {}

  /** Runs when the library has made its response. */
  readonly afterLibrary: Parameters<Provider['use']>[0] = async (context, next) => {
    await next();
    if (context.path !== '/oauth/revoke') return;
    const ctx = context as unknown as KoaContextWithOIDC; // the library puts `oidc` there on each of its routes
    const body: unknown = ctx.body;
    if (typeof body !== 'object' || body === null || Reflect.get(body, 'error') !== STRUCTURED_TOKEN) return;
    const { client, params } = ctx.oidc;
    const ours = await this.#ofClient(params?.['token'], client?.clientId);
    // Section 2.2.1: nothing ends a client's own token before its time, and the library's error says so. Who acts for a person does
    // not sign them out.
    if (ours !== undefined && (ours.tsid === undefined || ours.act !== undefined)) return;
    if (ours?.tsid !== undefined) await this.closing.close(ours.tsid, 'revoked');
    // Section 2.2: what is no token of this client is answered in the same way.
    ctx.status = 200;
    ctx.body = '';
  };

  /** @returns `undefined` unless it is a token of ours that is still good, and this client's. */
  async #ofClient(token: unknown, clientId: string | undefined): Promise<OwnAccessToken | undefined> {
    const read = clientId === undefined ? undefined : await this.tokens.read(token);
    return read?.client_id === clientId ? read : undefined;
  }
}
