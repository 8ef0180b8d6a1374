import { Inject, Injectable } from '@nestjs/common';
import { ADMINISTRATION_SCOPE } from '@gatehouse/config/model/administration';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { OwnAccessTokens } from '../oauth-endpoints/own-access-tokens.flow.js';
import type { PresentedToken } from '../oauth-endpoints/presented-token.js';
import { schemeFor, tokenChallenge } from '../oauth-endpoints/token-challenge.js';
import { TokenHolder, type ShownToken, type Unproven } from '../oauth-endpoints/token-holder.flow.js';
import { METADATA_PATH } from './requests.js';

export type Caller =
  | {
      readonly kind: 'administrator';
      readonly clientId: string;
      /** The account of a person; absent: a client for itself. */
      readonly account?: string;
    }
  | { readonly kind: 'no_token' }
  | { readonly kind: 'insufficient_scope'; readonly clientId: string }
  | Unproven;

export type Administrator = Extract<Caller, { readonly kind: 'administrator' }>;

/** Who calls the administrator's API: by a token of this server's for that API, or nobody. */
@Injectable()
export class Administrators {
  constructor(
    private readonly tokens: OwnAccessTokens,
    private readonly holder: TokenHolder,
    @Inject(CONFIG)
    private readonly config: Pick<AuthorizationServerPart, 'administration' | 'requestProtection'>,
  ) {}

  async callerOf(shown: ShownToken | undefined): Promise<Caller> {
    if (shown === undefined) return { kind: 'no_token' };
    const token = await this.tokens.ofAdministrator(shown.token);
    if (token === undefined) return { kind: 'invalid_token' };
    const unproven = await this.holder.unproven(token, shown);
    if (unproven !== undefined) return unproven;
    const { client_id: clientId, scope, sub, tsid } = token;
    if (!scope.split(' ').includes(ADMINISTRATION_SCOPE)) return { kind: 'insufficient_scope', clientId };
    return { kind: 'administrator', clientId, ...(tsid === undefined ? {} : { account: sub }) };
  }

  /** RFC 6750, section 3; RFC 9449, section 7.1; RFC 9728, section 5.1. @param error absent: no token came (RFC 6750, section 3.1) */
  challenge(shown: PresentedToken['kind'], error?: string): string {
    return tokenChallenge(schemeFor(shown, this.config), [
      ['resource_metadata', `${this.config.administration?.url ?? ''}${METADATA_PATH}`],
      ['scope', ADMINISTRATION_SCOPE],
      ...(error === undefined ? [] : [['error', error] as const]),
    ]);
  }
}
