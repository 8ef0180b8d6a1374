import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { AwsKms } from '@gatehouse/config/model/held-keys';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Secret } from '@gatehouse/kernel/secret';
import { safeFetch, type SafeResponse } from '@gatehouse/safe-fetch/safe-fetch';
import aws4 from 'aws4';
import { z } from 'zod';
import { joseSignature } from './ecdsa-signature.js';
import type { HeldAlgorithm, KeyOfHolder } from './held-key.js';

/** Names of AWS KMS for what JWS calls ES256 and RS256. */
const ALGORITHMS: Readonly<Record<HeldAlgorithm, string>> = {
  ES256: 'ECDSA_SHA_256',
  RS256: 'RSASSA_PKCS1_V1_5_SHA_256',
};
const MAX_RESPONSE_BYTES = 64 * 1024;
/** A signature that is made twice is two good ones. */
const TRIES = 2;

const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));
const publicKeyAnswer = z.looseObject({ PublicKey: bytes });
const signAnswer = z.looseObject({ Signature: bytes });

interface KmsKey {
  /** ARN of the key or of an alias. */
  readonly name: string;
  readonly region: string;
}

/** A key of AWS KMS: it is asked for each signature, and gets a digest and nothing else of a token. */
export const kmsKey = ({ name, region }: KmsKey, kms: AwsKms<Secret>): KeyOfHolder => ({
  name,
  publicKey: async () => await publicKeyOf({ name, region }, kms),
  sign: async (alg, digest) => {
    const { Signature: signature } = await ask(kms, region, 'Sign', signAnswer, {
      KeyId: name,
      Message: digest.toString('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: ALGORITHMS[alg],
    });
    return alg === 'ES256' ? joseSignature(signature) : signature;
  },
});

async function publicKeyOf({ name, region }: KmsKey, kms: AwsKms<Secret>): Promise<KeyObject> {
  const { PublicKey: key } = await ask(kms, region, 'GetPublicKey', publicKeyAnswer, { KeyId: name });
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

/** @throws {GatehouseError} `unavailable`, with the name that AWS has for what is wrong. */
async function ask<Answer>(
  kms: AwsKms<Secret>,
  region: string,
  operation: 'Sign' | 'GetPublicKey',
  answer: z.ZodType<Answer>,
  input: Readonly<Record<string, string>>,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const response = await send(kms, region, operation, JSON.stringify(input)).catch((cause: unknown) =>
      tries < TRIES ? undefined : away(operation, 'cannot be reached', cause),
    );
    if (response === undefined || (response.status >= 500 && tries < TRIES)) continue;
    const read = response.status === 200 ? answer.safeParse(jsonOf(response)) : undefined;
    if (read?.success === true) return read.data;
    const said =
      errorName(response) ?? (read === undefined ? String(response.status) : 'an answer of another form');
    return away(operation, `says ${said}`);
  }
}

const away = (operation: string, what: string, cause?: unknown): never => {
  throw new GatehouseError('unavailable', `AWS KMS ${what} (${operation})`, { cause });
};

async function send(
  { endpoint, accessKeyId, secretAccessKey, sessionToken, ...kms }: AwsKms<Secret>,
  region: string,
  operation: string,
  body: string,
): Promise<SafeResponse> {
  const url = new URL(endpoint ?? `https://kms.${region}.amazonaws.com`);
  const { headers = {} } = aws4.sign(
    {
      service: 'kms',
      region,
      method: 'POST',
      path: url.pathname,
      body,
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
        'x-amz-target': `TrentService.${operation}`,
      },
    },
    {
      accessKeyId: accessKeyId.reveal(),
      secretAccessKey: secretAccessKey.reveal(),
      ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
    },
  );
  const sent = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return await safeFetch(
    {
      url,
      method: 'POST',
      // The connection sets these.
      headers: Object.fromEntries(
        sent.filter(([name = '']) => !/^(host|content-length)$/.test(name)),
      ) as Record<string, string>,
      body,
    },
    { ...kms, maxResponseBytes: MAX_RESPONSE_BYTES },
  );
}

function jsonOf({ body }: SafeResponse): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

const errorAnswer = z.looseObject({ __type: z.string() });

/** The name alone: whatever else stands there is a stranger's text. */
function errorName(response: SafeResponse): string | undefined {
  const { data } = errorAnswer.safeParse(jsonOf(response));
  const name = data?.__type.split('#').at(-1) ?? '';
  return /^[A-Z][A-Za-z]{2,49}$/.test(name) ? name : undefined;
}
