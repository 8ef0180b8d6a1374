import { createHash, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { HttpStub, sendJson, type StubRequest } from './http-stub.js';

const CLIENT = 'gatehouse';
export const TENANT_SECRET = 'entra-secret';

/** A sign-in: whose, and what it was asked to show. */
interface SignIn {
  readonly login: string;
  readonly claims: string | null;
}

interface PendingCode extends SignIn {
  readonly nonce: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

/**
 * One tenant of Entra: people sign in there, and it issues tokens on their behalf. With a policy, a token is issued only for a sign-in
 * that was asked for it by `claims` (OpenID Connect Core section 5.5); for any other one it says which claims to ask for.
 */
export class EntraTenant extends HttpStub {
  /** Who sits at the browser. */
  login = '';
  /** The id of a conditional access policy that sign-ins have to meet. */
  policy: string | undefined;
  /** Not where somebody takes them out of the request, between the gateway and here. */
  hearsClaims = true;
  /** App roles, by login. */
  roles: Readonly<Record<string, readonly string[]>> = {};
  /** Parameters of the authorization requests. */
  readonly authorizations: URLSearchParams[] = [];
  /** Requests for tokens on behalf of somebody that were refused for want of claims. */
  refused = 0;
  readonly #codes = new Map<string, PendingCode>();
  readonly #signIns = new Map<string, SignIn>();
  readonly #refreshTokens = new Map<string, SignIn>();
  readonly #issued = new Map<string, SignIn>();
  #key: { readonly privateKey: CryptoKey; readonly publicJwk: JWK } | undefined;

  override async start(): Promise<this> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    this.#key = { privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid: 'tenant', alg: 'ES256' } };
    return await super.start();
  }

  get issuer(): string {
    return `${this.origin}/tenant/v2.0`;
  }

  get tokenUrl(): string {
    return `${this.origin}/tenant/oauth2/v2.0/token`;
  }

  /** What a sign-in is asked for where the policy is not met. */
  get challenge(): string {
    return challengeFor(this.policy);
  }

  /** Whom a token for the backend was issued for. */
  subjectOf(token: string): string | undefined {
    return this.#issued.get(token)?.login;
  }

  /** Who signed in for a token, their own or one for a backend, and whether that sign-in was asked for a policy. */
  signInBehind(token: string, policy: string | undefined): { login: string; meets: boolean } | undefined {
    const signIn = this.#issued.get(token) ?? this.#signIns.get(token);
    return signIn && { login: signIn.login, meets: policy === undefined || meets(signIn, policy) };
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    switch (request.url.pathname) {
      case '/tenant/v2.0/.well-known/openid-configuration':
        sendJson(response, 200, this.#metadata());
        return;
      case '/tenant/keys':
        sendJson(response, 200, { keys: [this.#key?.publicJwk] });
        return;
      case '/tenant/oauth2/v2.0/authorize':
        response.writeHead(302, { location: this.#authorize(request.url.searchParams) }).end();
        return;
      case '/tenant/oauth2/v2.0/token': {
        const [status, body] = await this.#token(new URLSearchParams(request.body), request);
        sendJson(response, status, body);
        return;
      }
      default:
        sendJson(response, 404, {});
    }
  }

  #authorize(asked: URLSearchParams): string {
    this.authorizations.push(asked);
    const redirectUri = asked.get('redirect_uri') ?? '';
    const code = randomUUID();
    this.#codes.set(code, {
      login: this.login,
      claims: this.hearsClaims ? asked.get('claims') : null,
      nonce: asked.get('nonce') ?? '',
      challenge: asked.get('code_challenge') ?? '',
      redirectUri,
    });
    return `${redirectUri}?${new URLSearchParams({ code, state: asked.get('state') ?? '' }).toString()}`;
  }

  async #token(form: URLSearchParams, { headers }: StubRequest): Promise<readonly [number, object]> {
    if (form.get('requested_token_use') === 'on_behalf_of') return this.#onBehalfOf(form);
    // Both halves are form-encoded (RFC 6749 section 2.3.1).
    const basic = decodeURIComponent(
      Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString(),
    );
    const isClient = [basic, `${form.get('client_id') ?? ''}:${form.get('client_secret') ?? ''}`].includes(
      `${CLIENT}:${TENANT_SECRET}`,
    );
    if (!isClient) return [401, { error: 'invalid_client' }];
    if (form.get('grant_type') === 'refresh_token') {
      const signIn = this.#refreshTokens.get(form.get('refresh_token') ?? '');
      return signIn === undefined ? [400, { error: 'invalid_grant' }] : [200, this.#tokensFor(signIn)];
    }
    const pending = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (pending?.challenge !== verifier || pending.redirectUri !== form.get('redirect_uri'))
      return [400, { error: 'invalid_grant' }];
    return [200, { ...this.#tokensFor(pending), id_token: await this.#idToken(pending) }];
  }

  #tokensFor({ login, claims }: SignIn): object {
    const [accessToken, refreshToken] = [`signed-in-${randomUUID()}`, `refresh-${randomUUID()}`];
    this.#signIns.set(accessToken, { login, claims });
    this.#refreshTokens.set(refreshToken, { login, claims });
    return {
      token_type: 'Bearer',
      expires_in: 3_600,
      access_token: accessToken,
      refresh_token: refreshToken,
      scope: 'openid offline_access',
    };
  }

  async #idToken({ login, nonce }: PendingCode): Promise<string> {
    if (this.#key === undefined) throw new Error('not started');
    const { [login]: roles } = this.roles;
    return await new SignJWT({ nonce, oid: `oid-${login}`, ...(roles === undefined ? {} : { roles }) })
      .setProtectedHeader({ alg: 'ES256', kid: 'tenant' })
      .setIssuer(this.issuer)
      .setAudience(CLIENT)
      .setSubject(`entra-${login}`)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(this.#key.privateKey);
  }

  /** What it posts when somebody has signed out (OpenID Connect Back-Channel Logout 1.0, section 2.4). */
  async logoutToken(login: string): Promise<string> {
    if (this.#key === undefined) throw new Error('not started');
    return await new SignJWT({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
      .setProtectedHeader({ alg: 'ES256', kid: 'tenant', typ: 'logout+jwt' })
      .setIssuer(this.issuer)
      .setAudience(CLIENT)
      .setSubject(`entra-${login}`)
      .setIssuedAt()
      .setExpirationTime('2m')
      .setJti(randomUUID())
      .sign(this.#key.privateKey);
  }

  /** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow */
  #onBehalfOf(form: URLSearchParams): readonly [number, object] {
    if (form.get('client_id') !== 'gatehouse-obo' || form.get('client_secret') !== 'obo-secret')
      return [401, { error: 'invalid_client' }];
    const signIn = this.#signIns.get(form.get('assertion') ?? '');
    if (signIn === undefined) return [400, { error: 'invalid_grant', error_codes: [50_013] }];
    if (this.policy !== undefined && !meets(signIn, this.policy)) {
      this.refused += 1;
      const { challenge: claims } = this;
      return [400, { error: 'interaction_required', error_codes: [50_076], claims }];
    }
    const token = `obo-${randomUUID()}`;
    this.#issued.set(token, signIn);
    return [
      200,
      { token_type: 'Bearer', scope: form.get('scope') ?? '', expires_in: 3_600, access_token: token },
    ];
  }

  #metadata(): object {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.origin}/tenant/oauth2/v2.0/authorize`,
      token_endpoint: this.tokenUrl,
      jwks_uri: `${this.origin}/tenant/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['ES256'],
      claims_parameter_supported: true,
    };
  }
}

/** What a sign-in is asked for where that policy is not met. */
export const challengeFor = (policy: string | undefined): string =>
  JSON.stringify({ access_token: { capolids: { essential: true, values: [policy] } } });

/** Whether the sign-in was asked for that policy. What is no such request meets none. */
function meets({ claims }: SignIn, policy: string): boolean {
  if (claims === null) return false;
  const asked = JSON.parse(claims) as {
    readonly access_token?: { readonly capolids?: { readonly values?: readonly string[] } };
  };
  return asked.access_token?.capolids?.values?.includes(policy) === true;
}
