import { createPublicKey, type KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import { ExternalSigningKey, type Client, type Provider } from 'oidc-provider';
import { z } from 'zod';
import { readIdentityToken } from '../signing-keys/identity-token.js';
import type { SigningKeys } from '../signing-keys/signing-keys.js';

/** The library's word for keys that somebody else holds. */
export const EXTERNAL_SIGNING = { enabled: true, ack: 'experimental-01' };

/** What the library signs with: for each algorithm the key that signs at the moment. */
export const librarySigningKeys = (keys: SigningKeys): readonly ExternalSigningKey[] =>
  keys.algorithms.map((alg) => new CurrentKey(keys, alg));

const header = z.object({ kid: z.string() });

/** The library reads its keys once. So each of these is whichever key signs when it is asked. */
class CurrentKey extends ExternalSigningKey {
  constructor(
    private readonly keys: SigningKeys,
    private readonly algorithm: SigningAlgorithm,
  ) {
    super();
  }

  override get alg(): string {
    return this.algorithm;
  }

  override get kid(): string {
    return this.keys.signerOf(this.algorithm).kid;
  }

  override keyObject(): KeyObject {
    return createPublicKey({ key: this.keys.signerOf(this.algorithm).jwk, format: 'jwk' });
  }

  /** The header names the key, and the next one may have come since it was written. */
  override async sign(data: Uint8Array): Promise<Uint8Array> {
    const [written = ''] = Buffer.from(data).toString('latin1').split('.', 1);
    const { kid } = header.parse(JSON.parse(Buffer.from(written, 'base64url').toString()));
    const key = this.keys.withId(kid);
    if (key?.alg !== this.algorithm) throw new Error('the key that was to sign is gone');
    return await key.sign(data);
  }
}

/**
 * Takes the place of the library's own check of `id_token_hint` (OpenID Connect Core, section 3.1.2.1): it knows the keys of today
 * alone, and a client keeps its identity token for as long as it is signed in.
 */
export function checkHintsWith(keys: SigningKeys, provider: Provider): void {
  const validate = async (token: string, { clientId }: Pick<Client, 'clientId'>) => {
    const payload = await readIdentityToken(token, keys, provider.issuer);
    if (payload?.aud !== clientId) throw new Error('it is no identity token of this client');
    return { payload };
  };
  Object.assign(provider.IdToken, { validate });
}
