import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { randomToken } from '@gatehouse/kernel/ids';
import { CONFIG } from '@gatehouse/service-process/injected';
import { importJWK, SignJWT, type JWK } from 'jose';
import { sidOf } from '../sessions/sid.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import type { LogoutNotice } from './logout-notices.store.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** OpenID Connect Back-Channel Logout 1.0, section 2.4: two minutes at most. */
const LIFESPAN = '2m';

/** Logout tokens, signed as the client's identity tokens are. */
@Injectable()
export class LogoutTokens {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'issuer'>,
  ) {}

  /** @param wanted the algorithm of the client's identity tokens */
  async issue({ tsid, accountId, clientId }: LogoutNotice, wanted: string | undefined): Promise<string> {
    const key = this.keys.all.find(({ alg }) => alg === wanted) ?? this.keys.signing;
    const { alg, kid, privateJwk } = key;
    return await new SignJWT({ sid: sidOf(tsid), events: { [EVENT]: {} } })
      .setProtectedHeader({ alg, kid, typ: 'logout+jwt' })
      .setIssuer(this.config.issuer)
      .setSubject(accountId)
      .setAudience(clientId)
      .setIssuedAt()
      .setExpirationTime(LIFESPAN)
      .setJti(randomToken())
      .sign(await importJWK(JSON.parse(privateJwk.reveal()) as JWK, alg));
  }
}
