import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';

/** What is used of the JSON file that Google gives out as the key of a service account. */
export interface ServiceAccountKey {
  /** Its name: an electronic mail address that nobody reads. */
  readonly clientEmail: string;
  readonly privateKeyId: string;
  /** PEM, RSA. */
  readonly privateKey: string;
}

const MIN_RSA_BITS = 2048;

const keyFile = z.looseObject({
  type: z.string(),
  client_email: z.string().regex(/^[^\s@]{1,256}@[^\s@]{1,256}$/),
  private_key_id: z.string().regex(/^[\x21-\x7e]{1,256}$/),
  private_key: z.string(),
});

/** @returns the key, or what is wrong with it; never a part of it. */
export function readServiceAccountKey(text: string): ServiceAccountKey | string {
  const parsed = jsonOf(text);
  const type = typeof parsed === 'object' && parsed !== null && 'type' in parsed ? parsed.type : undefined;
  if (type !== undefined && type !== 'service_account')
    return 'is a file of Google, but no key of a service account: its type is another one.';
  const { data } = keyFile.safeParse(parsed);
  if (data === undefined)
    return 'is not the JSON file of a service account’s key, with client_email, private_key_id and private_key.';
  const bits = rsaBitsOf(data.private_key);
  if (bits < MIN_RSA_BITS)
    return `has a private_key that is no RSA key of ${MIN_RSA_BITS} bits or more in PEM form.`;
  return {
    clientEmail: data.client_email,
    privateKeyId: data.private_key_id,
    privateKey: data.private_key,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function rsaBitsOf(pem: string): number {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    return asymmetricKeyType === 'rsa' ? (asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  } catch {
    return 0;
  }
}
