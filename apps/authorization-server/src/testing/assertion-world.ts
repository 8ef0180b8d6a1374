import { Secret } from '@gatehouse/kernel/secret';
import { JWT_BEARER_GRANT } from '@gatehouse/kernel/token-types';
import type { Log } from '@gatehouse/observability/log';
import { AssertingIdp } from '@gatehouse/testing/id-jag-pair';
import { basic, SECRET } from './exchange-world.js';
import { ClientKey, postForm, type FormAnswer } from './proving-client.js';
import { startServiceWorld, type ServiceWorld } from './service-world.js';
import type { StandInVault } from './stand-in-vault.js';
import { REDIRECT_URI, type TestService } from './test-service.js';

export const LIFESPAN_SECONDS = 300;
/** Of the configuration. */
export const CLIENT = 'desk-agent';
export const OTHER_CLIENT = 'other-agent';

type Claims = Readonly<Record<string, unknown>>;

interface Asking {
  readonly as?: string;
  readonly at?: TestService;
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes of the form; an empty text leaves a field out. */
  readonly change?: Readonly<Record<string, string>>;
}

interface Others {
  readonly idp: AssertingIdp;
  readonly unheard: AssertingIdp;
  readonly key: ClientKey;
}

/** Two replicas that believe an identity provider, and clients that present what it asserts. */
export class AssertionWorld {
  #people = 0;

  private constructor(
    readonly world: ServiceWorld,
    readonly service: TestService,
    readonly replica: TestService,
    private readonly others: Others,
    private readonly overrides: Partial<TestService['config']>,
  ) {}

  static async start(log?: Log): Promise<AssertionWorld> {
    const [world, idp, unheard, key] = await Promise.all([
      startServiceWorld(log),
      new AssertingIdp().start(),
      new AssertingIdp().start(),
      ClientKey.make(),
    ]);
    const overrides = overridesOf(world.service.config, [idp, unheard], key);
    const service = await world.startAnother(overrides);
    const replica = await world.startAnother({ ...overrides, issuer: service.issuer });
    idp.trusts = { issuer: idp.origin, jwksUrl: idp.jwksUrl };
    idp.target = { audience: service.issuer, clientId: CLIENT };
    return new AssertionWorld(world, service, replica, { idp, unheard, key }, overrides);
  }

  async close(): Promise<void> {
    await this.world.close();
    await Promise.all([this.idp.stop(), this.unheard.stop()]);
  }

  get idp(): AssertingIdp {
    return this.others.idp;
  }

  /** Another issuer that is believed, but of no client. */
  get unheard(): AssertingIdp {
    return this.others.unheard;
  }

  /** Of the client that has one. */
  get key(): ClientKey {
    return this.others.key;
  }

  get vault(): StandInVault {
    return this.service.vault;
  }

  get whole(): string {
    return this.service.config.resourceUrl;
  }

  get part(): string {
    return this.service.config.resourceUrls[1] ?? '';
  }

  /** Another replica, which is configured otherwise. */
  async another(change: Partial<TestService['config']>): Promise<TestService> {
    return await this.world.startAnother({ ...this.overrides, issuer: this.service.issuer, ...change });
  }

  /** Somebody who has signed in at a browser, with another client. @returns their subject at the primary provider */
  async member(): Promise<string> {
    const login = `asserted-${(this.#people += 1)}`;
    const { url } = this.service.authorizeUrl('desk', { scope: 'openid' });
    await this.service.signIn(this.service.browser(), url, login);
    return `acme-sso.example-${login}`;
  }

  /** What the provider asserts of them. @param change `undefined` leaves a claim out */
  async assertion(subject: string, change: Claims = {}, header: Claims = {}): Promise<string> {
    return await this.idp.assertion(this.claims(subject, change), header);
  }

  claims(subject: string, change: Claims = {}): Claims {
    return {
      sub: subject,
      aud: this.service.issuer,
      client_id: CLIENT,
      resource: this.whole,
      scope: 'openid tickets:read',
      ...change,
    };
  }

  async redeem(
    assertion: string,
    { as = CLIENT, at = this.service, headers = {}, change = {} }: Asking = {},
  ): Promise<FormAnswer> {
    const fields: Readonly<Record<string, string>> = { grant_type: JWT_BEARER_GRANT, assertion, ...change };
    const form = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
    return await postForm(at, '/oauth/token', form, { ...(as === '' ? {} : basic(as)), ...headers });
  }

  /** Open sessions that assertions have opened. */
  async sessions(): Promise<number> {
    const { rows } = await this.world.rows.query<{ count: number }>({
      name: 'asserted-sessions',
      text: 'select count(*)::int as count from sessions where asserted_by is not null and closed_at is null',
    });
    return rows[0]?.count ?? -1;
  }
}

function overridesOf(
  { clientRegistration, resourceUrls, scopesSupported, tokenLifespans }: TestService['config'],
  [idp, unheard]: readonly [AssertingIdp, AssertingIdp],
  key: ClientKey,
): Partial<TestService['config']> {
  const [whole = '', part = ''] = resourceUrls;
  const identityAssertions = {
    issuers: [idp.origin],
    resources: [whole, part],
    scopes: ['openid', 'email', 'tickets:read', 'tickets:write'],
    lifespanMs: LIFESPAN_SECONDS * 1_000,
  };
  const own = { clientName: 'Agent', clientSecret: new Secret(SECRET), redirectUris: [] };
  const believed = {
    subjectClaim: 'sub',
    maxAssertionLifespanMs: 300_000,
    clockToleranceMs: 5_000,
    allowPrivateIps: true,
    insecureAllowHttp: true,
  };
  return {
    // Nothing ends while a busy machine takes its time.
    tokenLifespans: {
      ...tokenLifespans,
      accessTokenLifespanMs: 3_600_000,
      refreshTokenLifespanMs: 7_200_000,
    },
    scopesSupported: [...scopesSupported, 'tickets:read', 'tickets:write', 'tickets:close'],
    assertionIssuers: [idp, unheard].map(({ origin }) => ({ ...believed, issuer: origin })),
    clientRegistration: {
      ...clientRegistration,
      clients: [
        { ...own, clientId: 'desk', redirectUris: [REDIRECT_URI] },
        { ...own, clientId: CLIENT, identityAssertions, introspection: { resources: [] } },
        { ...own, clientId: OTHER_CLIENT, identityAssertions },
        {
          clientId: 'keyed',
          clientName: 'Keyed',
          redirectUris: [],
          jwks: [key.publicJwk],
          identityAssertions: { ...identityAssertions, resources: [part] },
        },
        { ...own, clientId: 'robot', clientCredentials: { resources: [whole], scopes: [] } },
        // As no configuration that is validated can have it.
        { clientId: 'public', clientName: 'Public', redirectUris: [REDIRECT_URI], identityAssertions },
      ],
    },
  };
}
