import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { randomToken } from '@gatehouse/kernel/ids';
import { CONFIG } from '@gatehouse/service-process/injected';
import { sidOf } from '../sessions/sid.js';
import { signedJwt } from '../signing-keys/signed-jwt.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import type { LogoutNotice } from './logout-notices.store.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** OpenID Connect Back-Channel Logout 1.0, section 2.4: two minutes at most. */
const LIFESPAN_SECONDS = (2 * MINUTE_MS) / SECOND_MS;

/** Logout tokens, signed as the client's identity tokens are. */
@Injectable()
export class LogoutTokens {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'issuer'>,
  ) {}

  /** @param wanted the algorithm of the client's identity tokens */
  async issue({ tsid, accountId, clientId }: LogoutNotice, wanted: string | undefined): Promise<string> {
    const iat = Math.floor(Date.now() / SECOND_MS);
    return await signedJwt(this.keys.signerOf(wanted), 'logout+jwt', {
      sid: sidOf(tsid),
      events: { [EVENT]: {} },
      iss: this.config.issuer,
      sub: accountId,
      aud: clientId,
      iat,
      exp: iat + LIFESPAN_SECONDS,
      jti: randomToken(),
    });
  }
}
