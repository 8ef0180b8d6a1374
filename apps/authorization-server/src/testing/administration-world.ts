import { request } from 'node:http';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { Secret } from '@gatehouse/kernel/secret';
import type { Log } from '@gatehouse/observability/log';
import { freePort } from '@gatehouse/testing/free-port';
import { decodeJwt } from 'jose';
import { postForm } from './proving-client.js';
import { startServiceWorld, type ServiceWorld } from './service-world.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from './test-service.js';

const SECRET = 'a-secret-of-a-client-that-administers';
const SCOPE = 'gatehouse:admin';
/** People administer with it. */
export const CONSOLE = 'console';

export interface Called {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Two replicas with the administrator's API, on one database, and whoever calls it. */
export class AdministrationWorld {
  private constructor(
    readonly world: ServiceWorld,
    readonly service: TestService,
    readonly replica: TestService,
    /** As tokens name it. */
    readonly url: string,
  ) {}

  static async start(
    log?: Log,
    more: Partial<Pick<AuthorizationServerPart, 'telemetry'>> = {},
  ): Promise<AdministrationWorld> {
    const world = await startServiceWorld(log);
    const [port, other] = await Promise.all([freePort(), freePort()]);
    const url = 'https://admin.acme.example';
    const own = { clientName: 'Operations', clientSecret: new Secret(SECRET), redirectUris: [] };
    const administration = { host: '127.0.0.1', url, access: {} };
    const { clientRegistration, resourceUrl } = world.service.config;
    const overrides = {
      ...more,
      scopesSupported: [...world.service.config.scopesSupported, 'reports:read'],
      clientRegistration: {
        ...clientRegistration,
        clients: [
          { ...own, clientId: 'operations', clientCredentials: { resources: [url], scopes: [SCOPE] } },
          { ...own, clientId: 'scopeless', clientCredentials: { resources: [url], scopes: [] } },
          {
            clientId: CONSOLE,
            clientName: 'Console',
            redirectUris: [REDIRECT_URI],
            administers: true,
          },
          {
            ...own,
            clientId: 'report',
            clientCredentials: { resources: [resourceUrl], scopes: ['reports:read'] },
          },
        ],
      },
    };
    const service = await world.startAnother({ ...overrides, administration: { ...administration, port } });
    const replica = await world.startAnother({
      ...overrides,
      issuer: service.issuer,
      administration: { ...administration, port: other },
    });
    return new AdministrationWorld(world, service, replica, url);
  }

  async close(): Promise<void> {
    await this.world.close();
  }

  /** A person with a client of their own. */
  async signedIn(login: string) {
    const { clientId, answer } = await this.service.tokens(login);
    const { tsid } = decodeJwt(answer.access_token ?? '');
    return {
      clientId,
      account: this.accountOf(answer),
      tsid: String(tsid),
      refreshToken: answer.refresh_token ?? '',
    };
  }

  /** A person who administers: their token is for this API alone. */
  async administrator(
    login: string,
    scope = `openid offline_access ${SCOPE}`,
    at = this.service,
  ): Promise<TokenAnswer> {
    const { url, verifier } = at.authorizeUrl(CONSOLE, { resource: this.url, scope });
    const result = await at.signIn(at.browser().through(at.local), url, login);
    return await at.token({
      grant_type: 'authorization_code',
      client_id: CONSOLE,
      code: result.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    });
  }

  accountOf({ access_token: token = '' }: TokenAnswer): string {
    return String(decodeJwt(token).sub);
  }

  /** @param proof binds the token to its key */
  async tokenAnswer(client: string, fields: Readonly<Record<string, string>> = {}, proof?: string) {
    return await postForm(
      this.service,
      '/oauth/token',
      { grant_type: 'client_credentials', resource: this.url, ...fields },
      {
        authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`,
        ...(proof === undefined ? {} : { dpop: proof }),
      },
    );
  }

  async token(client = 'operations', fields: Readonly<Record<string, string>> = {}): Promise<string> {
    return String((await this.tokenAnswer(client, fields)).body['access_token']);
  }

  /** One request, as whoever holds the token would make it; `fetch` sets headers of its own. */
  async call(
    path: string,
    {
      method = 'GET',
      token,
      headers = {},
      at = this.service,
      body,
    }: {
      readonly method?: string;
      readonly token?: string | undefined;
      readonly headers?: Readonly<Record<string, string>>;
      readonly at?: TestService;
      /** JSON; a text is sent as it is. */
      readonly body?: unknown;
    } = {},
  ): Promise<Called> {
    const port = at.config.administration?.port ?? 0;
    const sent = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const { promise, resolve, reject } = Promise.withResolvers<Called>();
    request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(sent === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () => {
          const answer = text === '' ? {} : (JSON.parse(text) as Called['body']);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer });
        });
      },
    )
      .on('error', reject)
      .end(sent);
    return await promise;
  }
}
