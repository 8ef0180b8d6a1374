import { generateKeyPairSync } from 'node:crypto';
import { Secret } from '@gatehouse/kernel/secret';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { decodeJwt, SignJWT, type JWTPayload } from 'jose';
import { postForm, type FormAnswer } from './proving-client.js';
import { startServiceWorld, type ServiceWorld } from './service-world.js';
import { REDIRECT_URI, type TestService } from './test-service.js';

export const SECRET = 'a-secret-of-a-client-that-acts-for-people';
export const LIFESPAN_SECONDS = 1_800;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface SigningIn {
  readonly scope?: string;
  readonly resource?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Asking {
  readonly as?: string;
  readonly at?: TestService;
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes of the form; an empty text leaves a field out. */
  readonly change?: Readonly<Record<string, string>>;
}

/** Two replicas, clients that act for people, and those to which people sign in. */
export class ExchangeWorld {
  #people = 0;

  private constructor(
    readonly world: ServiceWorld,
    readonly service: TestService,
    readonly replica: TestService,
    private readonly keyId: string,
  ) {}

  static async start(): Promise<ExchangeWorld> {
    const world = await startServiceWorld();
    const overrides = overridesOf(world.service.config);
    const service = await world.startAnother(overrides);
    const replica = await world.startAnother({ ...overrides, issuer: service.issuer });
    const { keys } = (await (await fetch(`${service.local}/.well-known/jwks.json`)).json()) as {
      readonly keys: readonly { readonly kid: string }[];
    };
    return new ExchangeWorld(world, service, replica, keys[0]?.kid ?? '');
  }

  async close(): Promise<void> {
    await this.world.close();
  }

  /** The resource of the gateway as a whole. */
  get whole(): string {
    return this.service.config.resourceUrl;
  }

  /** That of a part of it. */
  get part(): string {
    return this.service.config.resourceUrls[1] ?? '';
  }

  nextPerson(): string {
    return `delegating-${(this.#people += 1)}`;
  }

  /** At a client of the configuration. */
  async signedIn(
    clientId: string,
    { scope = 'openid offline_access tickets:read', resource = this.whole, headers = {} }: SigningIn = {},
  ): Promise<string> {
    const { url, verifier } = this.service.authorizeUrl(clientId, { resource, scope });
    const result = await this.service.signIn(this.service.browser(), url, this.nextPerson());
    const fields = {
      grant_type: 'authorization_code',
      code: result.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    };
    return tokenIn(await postForm(this.service, '/oauth/token', fields, { ...basic(clientId), ...headers }));
  }

  async exchange(
    subjectToken: string,
    { as = 'agent', at = this.service, headers = {}, change = {} }: Asking = {},
  ): Promise<FormAnswer> {
    const fields: Readonly<Record<string, string>> = {
      grant_type: TOKEN_EXCHANGE_GRANT,
      subject_token: subjectToken,
      subject_token_type: TOKEN_TYPES.access_token,
      resource: this.part,
      ...change,
    };
    const form = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
    return await postForm(at, '/oauth/token', form, { ...basic(as), ...headers });
  }

  /** A client's own. */
  async ownToken(clientId: string): Promise<string> {
    const fields = { grant_type: 'client_credentials', resource: this.whole };
    return tokenIn(await postForm(this.service, '/oauth/token', fields, basic(clientId)));
  }

  /** As this server would sign it. */
  async forged(like: string, change: JWTPayload, typ = 'at+jwt'): Promise<string> {
    return await new SignJWT({ ...decodeJwt(like), ...change })
      .setProtectedHeader({ alg: 'ES256', kid: this.keyId, typ })
      .sign(privateKey);
  }
}

function overridesOf({
  clientRegistration,
  resourceUrls,
  scopesSupported,
  tokenLifespans,
}: TestService['config']): Partial<TestService['config']> {
  const [whole = '', part = ''] = resourceUrls;
  const own = { clientName: 'Agent', clientSecret: new Secret(SECRET), redirectUris: [] };
  const machine = { resources: [whole], scopes: [] };
  const exchange = {
    subjectClients: ['*'],
    actors: [],
    resources: [whole, part],
    scopes: ['tickets:read', 'tickets:write'],
    lifespanMs: LIFESPAN_SECONDS * 1_000,
  };
  return {
    // Nothing ends while a busy machine takes its time.
    tokenLifespans: {
      ...tokenLifespans,
      accessTokenLifespanMs: 3_600_000,
      refreshTokenLifespanMs: 7_200_000,
    },
    signingKeys: [new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())],
    scopesSupported: [...scopesSupported, 'tickets:read', 'tickets:write', 'tickets:close'],
    clientRegistration: {
      ...clientRegistration,
      clients: [
        { ...own, clientId: 'desk', redirectUris: [REDIRECT_URI] },
        { ...own, clientId: 'guarded', redirectUris: [REDIRECT_URI], mayAct: 'robot' },
        {
          ...own,
          clientId: 'agent',
          clientCredentials: machine,
          tokenExchange: { ...exchange, subjectClients: ['desk', 'guarded'], actors: ['robot'] },
          introspection: { resources: [] },
        },
        { ...own, clientId: 'relay', tokenExchange: { ...exchange, lifespanMs: 86_400_000 } },
        { ...own, clientId: 'robot', clientCredentials: machine },
        { ...own, clientId: 'other-robot', clientCredentials: machine },
      ],
    },
  };
}

export const basic = (id: string): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${id}:${SECRET}`).toString('base64')}`,
});

export const tokenIn = ({ body }: FormAnswer): string => String(body['access_token']);

/** Status and error. */
export const said = ({ status, body }: FormAnswer): string => `${status} ${String(body['error'])}`;

export const asActor = (token: string): Readonly<Record<string, string>> => ({
  actor_token: token,
  actor_token_type: TOKEN_TYPES.access_token,
});
