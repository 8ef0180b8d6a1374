import { createHash, randomBytes } from 'node:crypto';
import { ScriptedBrowser } from '@gatehouse/scripted-browser/scripted-browser';
import { signIn } from '@gatehouse/scripted-browser/sign-in';

export interface Metadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly registration_endpoint: string;
  readonly revocation_endpoint: string;
}

export interface TokenAnswer {
  readonly status: number;
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
  readonly error?: string;
  readonly error_description?: string;
}

export interface AuthorizationRequest {
  readonly url: string;
  readonly codeVerifier: string;
  readonly state: string;
}

const REDIRECT_URI = 'http://127.0.0.1:33418/callback';
export const PASSWORD = 'demo';
/** A provider that hangs is given up after ten seconds, and the machine may be busy. */
const PATIENCE_MS = 60_000;

/**
 * An OAuth client that does every step by hand, so that tests can do the wrong thing at any of them. Clients that
 * nobody here wrote are used where the right thing is to be shown.
 */
export class OAuthClient {
  private constructor(
    readonly metadata: Metadata,
    readonly clientId: string,
    readonly resource: string,
  ) {}

  /** Discovery (RFC 9728, RFC 8414) and registration (RFC 7591). */
  static async register(
    mcpUrl: string,
    name = 'test client',
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<OAuthClient> {
    const { origin, pathname } = new URL(mcpUrl);
    const resource = (await getJson(`${origin}/.well-known/oauth-protected-resource${pathname}`)) as {
      resource: string;
      authorization_servers: readonly string[];
    };
    const [issuer = ''] = resource.authorization_servers;
    const metadata = (await getJson(`${issuer}/.well-known/oauth-authorization-server`)) as Metadata;
    const response = await fetch(metadata.registration_endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...more,
        client_name: name,
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: 'none',
      }),
    });
    if (response.status !== 201) throw new Error(`registration: ${response.status} ${await response.text()}`);
    const { client_id: clientId } = (await response.json()) as { client_id: string };
    return new OAuthClient(metadata, clientId, resource.resource);
  }

  /** One of the configuration, at the same server and for another resource. */
  configured(clientId: string, resource: string): OAuthClient {
    return new OAuthClient(this.metadata, clientId, resource);
  }

  /** @param overrides parameters to change, or to leave out (`undefined`). */
  authorizationRequest(overrides: Readonly<Record<string, string | undefined>> = {}): AuthorizationRequest {
    const codeVerifier = randomBytes(32).toString('base64url');
    const state = randomBytes(16).toString('base64url');
    const url = new URL(this.metadata.authorization_endpoint);
    const parameters: Record<string, string | undefined> = {
      response_type: 'code',
      client_id: this.clientId,
      redirect_uri: REDIRECT_URI,
      scope: 'openid offline_access',
      state,
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      resource: this.resource,
      ...overrides,
    };
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined) url.searchParams.set(name, value);
    return { url: url.href, codeVerifier, state };
  }

  async redeem(code: string, codeVerifier: string): Promise<TokenAnswer> {
    return await this.#token({
      grant_type: 'authorization_code',
      code,
      code_verifier: codeVerifier,
      redirect_uri: REDIRECT_URI,
    });
  }

  async refresh(refreshToken: string): Promise<TokenAnswer> {
    return await this.#token({ grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  /** Sends the browser through the whole chain as `login`. @returns the answer's parameters at the redirect URI. */
  async authorize(
    login: string,
    browser = newBrowser(),
    request = this.authorizationRequest(),
  ): Promise<URLSearchParams> {
    const outcome = await signIn(browser, request.url, { login, password: PASSWORD });
    if (outcome.kind === 'ended')
      throw new Error(`the sign-in of ${login} ended: ${outcome.reason}: ${outcome.page.text.slice(0, 300)}`);
    return new URL(outcome.url).searchParams;
  }

  /** The whole of it: from a URL and a login to tokens. */
  async signIn(
    login: string,
    browser = newBrowser(),
  ): Promise<{ readonly accessToken: string; readonly refreshToken: string }> {
    const request = this.authorizationRequest();
    const answer = await this.authorize(login, browser, request);
    const code = answer.get('code');
    if (code === null)
      throw new Error(`no code: ${answer.get('error') ?? ''} ${answer.get('error_description') ?? ''}`);
    const {
      access_token: accessToken,
      refresh_token: refreshToken,
      error,
    } = await this.redeem(code, request.codeVerifier);
    if (accessToken === undefined || refreshToken === undefined) throw new Error(`no tokens: ${error ?? ''}`);
    return { accessToken, refreshToken };
  }

  async revoke(token: string): Promise<number> {
    const body = new URLSearchParams({ token, client_id: this.clientId });
    const response = await fetch(this.metadata.revocation_endpoint, { method: 'POST', body });
    await response.arrayBuffer();
    return response.status;
  }

  async #token(parameters: Readonly<Record<string, string>>): Promise<TokenAnswer> {
    const body = new URLSearchParams({ ...parameters, client_id: this.clientId, resource: this.resource });
    const response = await fetch(this.metadata.token_endpoint, { method: 'POST', body });
    return { ...((await response.json()) as Omit<TokenAnswer, 'status'>), status: response.status };
  }
}

/**
 * A browser that stops where the client listens.
 * @param jar of another browser, to go on as that one.
 * @param headers of every request, such as what a reverse proxy adds.
 */
export const newBrowser = (
  jar?: ScriptedBrowser['jar'],
  headers: Readonly<Record<string, string>> = {},
): ScriptedBrowser =>
  new ScriptedBrowser({
    timeoutMs: PATIENCE_MS,
    stopAt: (url) => url.href.startsWith(REDIRECT_URI),
    headers,
    ...(jar === undefined ? {} : { jar }),
  });

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return await response.json();
}
