import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { HttpStub, sendJson, type StubRequest } from './http-stub.js';

const MAX_LIFETIME_SECONDS = 3_600;

interface Account {
  readonly email: string;
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

/** What a token is good for. */
interface Grant {
  readonly email: string;
  readonly scope: string;
}

/**
 * The token endpoint of Google for service accounts: it verifies the signature, the claims and the times of an assertion
 * (RFC 7523 section 3), and gives an access token for `scope` or an id_token for `target_audience`.
 */
export class GoogleTokenEndpoint extends HttpStub {
  readonly requests: URLSearchParams[] = [];
  /** The claims of the assertions that were good. */
  readonly assertions: JWTPayload[] = [];
  /** Answers in the place of everything else: status and body. */
  instead: readonly [number, object] | undefined;
  seconds = 3_600;
  /** What stands beside an id_token in the answer. */
  beside: Readonly<Record<string, unknown>> = {};
  /** Accounts whose keys are deleted there. */
  readonly deleted = new Set<string>();
  readonly #accounts = new Map<string, Account>();
  readonly #issued = new Map<string, Grant>();
  readonly #own = generateKeyPairSync('rsa', { modulusLength: 2_048 });

  get tokenUrl(): string {
    return `${this.origin}/token`;
  }

  /** Makes an account. @returns the JSON file of its key */
  accountKey(email: string): string {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const keyId = randomUUID();
    this.#accounts.set(email, { email, keyId, publicKey });
    return JSON.stringify({
      type: 'service_account',
      project_id: 'acme',
      private_key_id: keyId,
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: email,
      token_uri: this.tokenUrl,
    });
  }

  /** What an access token is good for. */
  introspect(token: string): Grant | undefined {
    return this.#issued.get(token);
  }

  /** The claims of an id_token that it issued for somebody. */
  async claimsOf(token: string, audience: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, this.#own.publicKey, { audience, issuer: this.origin });
    return payload;
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(request.body);
    this.requests.push(form);
    const [status, body] = this.instead ?? (await this.#grant(form));
    sendJson(response, status, body);
  }

  async #grant(form: URLSearchParams): Promise<readonly [number, object]> {
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
      return [400, { error: 'unsupported_grant_type' }];
    const claims = await this.#verified(form.get('assertion') ?? '');
    if (claims === undefined)
      return [400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }];
    const { iss: email = '', scope, target_audience: audience } = claims;
    if ((typeof scope === 'string') === (typeof audience === 'string'))
      return [
        400,
        { error: 'invalid_scope', error_description: 'Invalid OAuth scope or id_token audience.' },
      ];
    this.assertions.push(claims);
    return typeof scope === 'string' ? this.#accessToken(email, scope) : await this.#idToken(email, audience);
  }

  async #verified(assertion: string): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(
        assertion,
        ({ kid }) => {
          const account = [...this.#accounts.values()].find(({ keyId }) => keyId === kid);
          if (account === undefined) throw new Error('no such key');
          return account.publicKey;
        },
        { algorithms: ['RS256'], audience: this.tokenUrl, requiredClaims: ['iss', 'iat', 'exp'] },
      );
      const { iss = '', iat = 0, exp = 0 } = payload;
      const isOwn = this.#accounts.has(iss) && !this.deleted.has(iss);
      return isOwn && exp - iat <= MAX_LIFETIME_SECONDS ? payload : undefined;
    } catch {
      return undefined;
    }
  }

  #accessToken(email: string, scope: string): readonly [number, object] {
    const token = `google-${randomUUID()}`;
    this.#issued.set(token, { email, scope });
    return [200, { access_token: token, expires_in: this.seconds, token_type: 'Bearer' }];
  }

  async #idToken(email: string, audience: unknown): Promise<readonly [number, object]> {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const token = await new SignJWT({ email, email_verified: true })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(this.origin)
      .setAudience(String(audience))
      .setSubject(email)
      .setJti(randomUUID())
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + this.seconds)
      .sign(this.#own.privateKey);
    return [200, { id_token: token, ...this.beside }];
  }
}
