import { randomUUID } from 'node:crypto';
import { newBrowser, PASSWORD } from '@gatehouse/testing/oauth-client';
import { signIn } from '@gatehouse/scripted-browser/sign-in';

/**
 * What both generations of the MCP TypeScript SDK need from an application: storage and a browser. The rest of OAuth is
 * the SDK's own code.
 */
export class RememberingOAuth<ClientInformation, Tokens> {
  readonly redirectUrl = 'http://127.0.0.1:33418/callback';
  readonly clientMetadata = {
    client_name: 'SDK client',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  readonly #state = randomUUID();
  #authorizationUrl: URL | undefined;
  #client: ClientInformation | undefined;
  #tokens: Tokens | undefined;
  #codeVerifier = '';

  state = (): string => this.#state;
  clientInformation = (): ClientInformation | undefined => this.#client;
  saveClientInformation = (client: ClientInformation): void => {
    this.#client = client;
  };
  tokens = (): Tokens | undefined => this.#tokens;
  saveTokens = (tokens: Tokens): void => {
    this.#tokens = tokens;
  };
  redirectToAuthorization = (url: URL): void => {
    this.#authorizationUrl = url;
  };
  saveCodeVerifier = (codeVerifier: string): void => {
    this.#codeVerifier = codeVerifier;
  };
  codeVerifier = (): string => this.#codeVerifier;

  /** The person signs in where the SDK sent the browser. @returns the callback's parameters. */
  async personSignsIn(login: string): Promise<URLSearchParams> {
    if (this.#authorizationUrl === undefined) throw new Error('the SDK opened no browser');
    const browser = newBrowser();
    try {
      const outcome = await signIn(browser, this.#authorizationUrl, { login, password: PASSWORD });
      if (outcome.kind === 'ended') throw new Error(`${outcome.reason}: ${outcome.page.text.slice(0, 300)}`);
      const parameters = new URL(outcome.url).searchParams;
      if (parameters.get('state') !== this.#state) throw new Error('another state came back');
      return parameters;
    } finally {
      await browser.close();
    }
  }
}
