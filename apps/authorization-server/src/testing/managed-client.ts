import { REDIRECT_URI, type TestService, type TokenAnswer } from './test-service.js';

/** What a registration answers (RFC 7591, section 3.2.1; RFC 7592, section 3). */
export interface Registered extends Readonly<Record<string, unknown>> {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
}

export const METADATA = { redirect_uris: [REDIRECT_URI], client_name: 'Test Client' };

/** Clients that register at one replica and are managed at another. */
export class ManagedClients {
  #people = 0;

  constructor(
    private readonly service: TestService,
    private readonly replica: TestService,
  ) {}

  async register(metadata: Readonly<Record<string, unknown>> = {}): Promise<Registered> {
    return (await this.service.post('/oauth/register', { ...METADATA, ...metadata })) as Registered;
  }

  /** Asks for a client's own registration. */
  async manage(
    method: 'GET' | 'PUT' | 'DELETE',
    clientId: string,
    { at = this.replica, token, body }: { token?: string; body?: unknown; at?: TestService } = {},
  ) {
    const response = await fetch(`${at.local}/oauth/register/${clientId}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
    return { status: response.status, headers: response.headers, answer };
  }

  /** A new person each time. */
  async signedIn(clientId: string, scope = 'openid offline_access'): Promise<TokenAnswer> {
    const { url, verifier } = this.service.authorizeUrl(clientId, { scope });
    const result = await this.service.signIn(this.service.browser(), url, `managed-${(this.#people += 1)}`);
    return await this.service.redeem(clientId, result.get('code') ?? '', verifier);
  }
}
