import { createHash, randomUUID } from 'node:crypto';
import type { PublicJwk } from '@gatehouse/config/model/client-keys';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { REDIRECT_URI, type TestService } from './test-service.js';

const inSeconds = (fromNow: number): number => Math.floor(Date.now() / 1_000) + fromNow;

type Claims = Readonly<Record<string, unknown>>;

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A key of a client's, and what it signs with it. */
export class ClientKey {
  private constructor(
    readonly alg: string,
    readonly privateKey: CryptoKey,
    readonly publicKey: CryptoKey,
    readonly publicJwk: PublicJwk & JWK,
    readonly thumbprint: string,
  ) {}

  static async make(alg = 'ES256'): Promise<ClientKey> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = await exportJWK(publicKey);
    const kid = randomUUID();
    const publicJwk = { ...jwk, kid } as PublicJwk & JWK; // of a key that was just made
    return new ClientKey(alg, privateKey, publicKey, publicJwk, await calculateJwkThumbprint(jwk));
  }

  /** @param change `undefined` leaves a claim out */
  async assertion(
    clientId: string,
    audience: unknown,
    change: Claims = {},
    header: Claims = {},
  ): Promise<string> {
    return await this.signed(
      {
        iss: clientId,
        sub: clientId,
        aud: audience,
        jti: randomUUID(),
        iat: inSeconds(0),
        exp: inSeconds(60),
        ...change,
      },
      { kid: this.publicJwk.kid, ...header },
    );
  }

  /** A proof of possession (RFC 9449, section 4.2). */
  async proof(htu: string, change: Claims = {}, header: Claims = {}): Promise<string> {
    const jwk = await exportJWK(this.publicKey);
    const claims = { htm: 'POST', htu, jti: randomUUID(), iat: inSeconds(0), ...change };
    return await this.signed(claims, { typ: 'dpop+jwt', jwk, ...header });
  }

  async signed(claims: Claims, header: Claims = {}): Promise<string> {
    return await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: this.alg, ...header })
      .sign(this.privateKey);
  }
}

/** What a client that authenticates by an assertion sends along. */
export const asserted = (assertion: string): Readonly<Record<string, string>> => ({
  client_assertion_type: ASSERTION_TYPE,
  client_assertion: assertion,
});

export interface FormAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Posts a form to an endpoint of one replica. */
export async function postForm(
  at: Pick<TestService, 'local'>,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<FormAnswer> {
  const response = await fetch(at.local + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  });
  const text = await response.text();
  const body = text.startsWith('{') ? (JSON.parse(text) as FormAnswer['body']) : {};
  return { status: response.status, headers: response.headers, body };
}

/** Whether a client is taken for the one that it says it is: nothing but its token is wrong then. */
export async function authenticates(
  at: Pick<TestService, 'local'>,
  fields: Readonly<Record<string, string>>,
): Promise<boolean> {
  const { status, body } = await postForm(at, '/oauth/token', {
    grant_type: 'refresh_token',
    refresh_token: 'made-up',
    ...fields,
  });
  const [said] = [[status, body['error']].join(' ')];
  if (said === '400 invalid_grant') return true;
  if (said === '401 invalid_client') return false;
  throw new Error(`neither taken nor refused: ${said} ${String(body['error_description'])}`);
}

/** The parameters of an authorization request. */
export const authorizationRequest = (
  at: TestService,
  clientId: string,
  verifier: string,
  change: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => ({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: REDIRECT_URI,
  state: 'client-state',
  scope: 'openid offline_access',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
  resource: at.config.resourceUrl,
  ...change,
});
