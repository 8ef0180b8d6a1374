import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { jwtVerify } from 'jose';
import { HttpStub, sendJson, type StubRequest } from './http-stub.js';

/** A token endpoint with on-behalf-of as Entra has it; it asks the issuer whose token the assertion is. */
export class OboEndpoint extends HttpStub {
  readonly requests: URLSearchParams[] = [];
  /** Answers in the place of everything else: status and body. */
  instead: readonly [number, object] | undefined;
  seconds = 3_600;
  /** Says who a token is of. */
  userInfoUrl = '';
  /** Those that the application has (PEM). */
  readonly certificates: string[] = [];
  readonly #seen = new Set<string>();
  readonly #issued = new Map<string, { readonly subject: string; readonly scope: string }>();

  get tokenUrl(): string {
    return `${this.origin}/tenant/oauth2/v2.0/token`;
  }

  /** Who a token of it is for. */
  subjectOf(token: string): string | undefined {
    return this.#issued.get(token)?.subject;
  }

  /** What a token of it is good for. */
  scopeOf(token: string): string | undefined {
    return this.#issued.get(token)?.scope;
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(request.body);
    this.requests.push(form);
    const [status, body] = this.instead ?? (await this.#grant(form));
    sendJson(response, status, body);
  }

  /** As Entra has it: `x5t#S256` names a certificate that the application has, and its key signed for this endpoint, once. */
  async #proves(form: URLSearchParams): Promise<boolean> {
    if (!form.has('client_assertion')) return form.get('client_secret') === 'obo-secret';
    const isJwt =
      form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    if (!isJwt || form.has('client_secret')) return false;
    try {
      const { payload } = await jwtVerify(
        form.get('client_assertion') ?? '',
        ({ alg, ...header }) => {
          const named = this.certificates.find((one) => thumbprintOf(one) === header['x5t#S256']);
          if (alg !== 'PS256' || named === undefined) throw new Error('no such certificate');
          return new X509Certificate(named).publicKey;
        },
        {
          audience: this.tokenUrl,
          issuer: 'gatehouse-obo',
          subject: 'gatehouse-obo',
          requiredClaims: ['exp', 'iat', 'jti'],
        },
      );
      const isNew = !this.#seen.has(payload.jti ?? '');
      this.#seen.add(payload.jti ?? '');
      return isNew;
    } catch {
      return false;
    }
  }

  async #grant(form: URLSearchParams): Promise<readonly [number, object]> {
    if (form.get('client_id') !== 'gatehouse-obo' || !(await this.#proves(form)))
      return [401, { error: 'invalid_client', error_codes: [7_000_215] }];
    if (
      form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' ||
      form.get('requested_token_use') !== 'on_behalf_of'
    )
      return [400, { error: 'unsupported_grant_type' }];
    const asked = await fetch(this.userInfoUrl, {
      headers: { authorization: `Bearer ${form.get('assertion') ?? ''}` },
    });
    if (!asked.ok) return [400, { error: 'invalid_grant', error_codes: [50_013] }];
    const { sub } = (await asked.json()) as { sub: string };
    const token = `obo-${randomUUID()}`;
    const scope = form.get('scope') ?? '';
    this.#issued.set(token, { subject: sub, scope });
    return [200, { token_type: 'Bearer', scope, expires_in: this.seconds, access_token: token }];
  }
}

const thumbprintOf = (certificate: string): string =>
  createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url');
