import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { GoogleServiceAccount } from '@gatehouse/config/model/google-service-account';
import { readServiceAccountKey, type ServiceAccountKey } from '@gatehouse/config/secrets/service-account-key';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Secret } from '@gatehouse/kernel/secret';
import { SignJWT } from 'jose';

/** Google takes no assertion that lives longer. */
const LIFETIME_SECONDS = 3_600;

const ALGORITHM = 'RS256';

interface Signer extends Pick<ServiceAccountKey, 'clientEmail' | 'privateKeyId'> {
  readonly key: KeyObject;
}

const signers = new WeakMap<Secret, Signer>();

/** Read once. What the file has to hold was checked when the configuration was loaded. */
function signerOf(key: Secret): Signer {
  const known = signers.get(key);
  if (known !== undefined) return known;
  const read = readServiceAccountKey(key.reveal());
  if (typeof read === 'string')
    throw new GatehouseError('internal', 'the key of a service account was not checked');
  const { clientEmail, privateKeyId, privateKey } = read;
  // As the configuration's check reads it: PKCS#1, and text before the key, are taken as well.
  const signer = { clientEmail, privateKeyId, key: createPrivateKey(privateKey) };
  signers.set(key, signer);
  return signer;
}

/** As whom tokens are asked for. */
export const serviceAccountOf = (key: Secret): string => signerOf(key).clientEmail;

/**
 * RFC 7523 section 3, as Google has it: the scopes are a claim of the assertion, or `target_audience` names whom an id_token is
 * for. There is no `sub`: the account speaks for itself, and for no person.
 */
export async function serviceAccountAssertion(
  { serviceAccountKey, tokenUrl, scopes, audience }: GoogleServiceAccount<Secret>,
  nowMs: number,
): Promise<string> {
  const { clientEmail, privateKeyId, key } = signerOf(serviceAccountKey);
  const issuedAt = Math.floor(nowMs / SECOND_MS);
  return await new SignJWT(
    audience === undefined ? { scope: scopes.join(' ') } : { target_audience: audience },
  )
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid: privateKeyId })
    .setIssuer(clientEmail)
    .setAudience(tokenUrl)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFETIME_SECONDS)
    .sign(key);
}
