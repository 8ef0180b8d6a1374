import { randomUUID } from 'node:crypto';
import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { isOutage } from '@gatehouse/kernel/outage';
import { ScriptedBrowser } from '@gatehouse/scripted-browser/scripted-browser';
import { signIn, type Person } from '@gatehouse/scripted-browser/sign-in';
import { Cannot } from '../cannot.js';
import { reasonOf } from '../reason.js';

/** Nothing listens there: the scripted browser hands the URL over instead of requesting it. */
const CALLBACK = new URL('http://127.0.0.1:33418/callback');

/** Keeps what the SDK's own OAuth client has to remember during one run, in memory only. */
class InMemoryOAuthClient implements OAuthClientProvider {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'Gatehouse demonstration',
    redirect_uris: [CALLBACK.href],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  readonly expectedState = randomUUID();
  authorizationUrl: URL | undefined;
  #client: StoredOAuthClientInformation | undefined;
  #tokens: StoredOAuthTokens | undefined;
  #codeVerifier = '';
  #discovery: OAuthDiscoveryState | undefined;

  state = (): string => this.expectedState;
  clientInformation = (): StoredOAuthClientInformation | undefined => this.#client;
  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.#client = client;
  }
  tokens = (): StoredOAuthTokens | undefined => this.#tokens;
  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url;
  }
  saveCodeVerifier(codeVerifier: string): void {
    this.#codeVerifier = codeVerifier;
  }
  codeVerifier = (): string => this.#codeVerifier;
  saveDiscoveryState(discovery: OAuthDiscoveryState): void {
    this.#discovery = discovery;
  }
  discoveryState = (): OAuthDiscoveryState | undefined => this.#discovery;
}

export interface SignedInClient {
  readonly client: Client;
  /** The access token that the client got; the only credential it ever sees. */
  readonly accessToken: string;
  /** Pages and redirects the browser went through. */
  readonly pagesVisited: number;
}

/**
 * Connects as an MCP client does on first use: 401, discovery, registration, a browser for the person, code, token. The
 * SDK's own OAuth client does all of it; only the person and the browser are played.
 */
export async function connectSignedIn(mcpUrl: URL, person: Person): Promise<SignedInClient> {
  const oauth = new InMemoryOAuthClient();
  const connect = async (): Promise<Client> => {
    const client = new Client(
      { name: 'gatehouse-demonstration', version: '1.0.0' },
      { versionNegotiation: { mode: 'auto' } },
    );
    await client.connect(new StreamableHTTPClientTransport(mcpUrl, { authProvider: oauth }));
    return client;
  };
  const refusal = await connect().then(
    (client) => client.close(),
    (error: unknown) => error,
  );
  if (refusal === undefined)
    throw new Cannot(
      `${mcpUrl.href} let a client in without a token. Name the gateway of the demonstration: --url <url>`,
    );
  if (!UnauthorizedError.isInstance(refusal))
    throw new Cannot(
      `${mcpUrl.href} cannot be used: ${reasonOf(refusal)}. See whether it runs, or name another one: --url <url>`,
      isOutage(refusal) ? 'tryAgain' : 'failed',
    );
  if (oauth.authorizationUrl === undefined)
    throw new Cannot(
      'The client was not sent to the authorization server. See what is wrong: gatehouse doctor --config <file>',
    );
  const { callback, pagesVisited } = await walkThroughSignIn(oauth.authorizationUrl, person);
  if (callback.searchParams.get('state') !== oauth.expectedState)
    throw new Cannot(
      'The sign-in came back with another state than it was begun with. Run the command again.',
    );
  await new StreamableHTTPClientTransport(mcpUrl, { authProvider: oauth }).finishAuth(callback.searchParams);
  return { client: await connect(), accessToken: oauth.tokens()?.access_token ?? '', pagesVisited };
}

async function walkThroughSignIn(
  authorizationUrl: URL,
  person: Person,
): Promise<{ callback: URL; pagesVisited: number }> {
  const browser = new ScriptedBrowser({
    stopAt: (url) => url.host === CALLBACK.host && url.pathname === CALLBACK.pathname,
  });
  try {
    const outcome = await signIn(browser, authorizationUrl, person);
    if (outcome.kind === 'ended') {
      const { status, title, text } = outcome.page;
      throw new Cannot(
        `The sign-in stopped: ${outcome.reason}. Status ${status}, "${title}": ${text.slice(0, 300)}\nLook into the log of the authorization server for the reference on that page.`,
      );
    }
    return { callback: new URL(outcome.url), pagesVisited: browser.visited.length };
  } finally {
    await browser.close();
  }
}
