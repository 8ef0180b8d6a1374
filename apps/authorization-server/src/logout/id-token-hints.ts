import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { readIdentityToken } from '../signing-keys/identity-token.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';

export interface IdTokenHint {
  readonly accountId: string;
  readonly clientId: string;
  /** Absent in those of earlier releases. */
  readonly sid?: string;
}

/** Identity tokens that come back (OpenID Connect RP-Initiated Logout 1.0, section 4). */
@Injectable()
export class IdTokenHints {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'issuer'>,
  ) {}

  /** One that has expired counts as well: people sign out late. @returns `undefined` unless it is an identity token of ours. */
  async read(token: string): Promise<IdTokenHint | undefined> {
    const hint = await readIdentityToken(token, this.keys, this.config.issuer);
    if (hint === undefined) return undefined;
    const { sub, aud, sid } = hint;
    return { accountId: sub, clientId: aud, ...(sid === undefined ? {} : { sid }) };
  }
}
