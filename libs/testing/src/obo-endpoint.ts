import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from './http-stub.js';

/** A token endpoint with on-behalf-of as Entra has it; it asks the issuer whose token the assertion is. */
export class OboEndpoint extends HttpStub {
  readonly requests: URLSearchParams[] = [];
  /** Answers in the place of everything else: status and body. */
  instead: readonly [number, object] | undefined;
  seconds = 3_600;
  /** Says who a token is of. */
  userInfoUrl = '';
  readonly #issued = new Map<string, string>();

  get tokenUrl(): string {
    return `${this.origin}/tenant/oauth2/v2.0/token`;
  }

  /** Who a token of it is for. */
  subjectOf(token: string): string | undefined {
    return this.#issued.get(token);
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(request.body);
    this.requests.push(form);
    const [status, body] = this.instead ?? (await this.#grant(form));
    sendJson(response, status, body);
  }

  async #grant(form: URLSearchParams): Promise<readonly [number, object]> {
    if (form.get('client_id') !== 'gatehouse-obo' || form.get('client_secret') !== 'obo-secret')
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
    this.#issued.set(token, sub);
    return [
      200,
      { token_type: 'Bearer', scope: form.get('scope'), expires_in: this.seconds, access_token: token },
    ];
  }
}
