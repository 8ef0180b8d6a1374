import { randomBytes } from 'node:crypto';
import type { Service } from '@gatehouse/kernel/services';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import pg from 'pg';
import { stringify } from 'yaml';
import { diagnose, type Diagnosis } from './diagnose.js';
import {
  API_KEY,
  BackendStub,
  CLIENT_SECRET,
  INTROSPECTION_SECRET,
  ProviderStub,
  PublicStub,
} from './stubs.fixture.js';

type Values = Readonly<Record<string, string>>;

/** What is planted: fields of the document by dotted path, and variables of services. */
export interface Plant {
  readonly changes?: Readonly<Record<string, unknown>>;
  readonly values?: Readonly<Partial<Record<Service, Values>>>;
}

/** Callers bring tokens of another issuer, which is asked about them. */
export const withExternalIssuer = (issuer: string, more: Readonly<Record<string, unknown>> = {}): Plant => ({
  changes: {
    authServer: undefined,
    listen: undefined,
    'postgres.authorizationServer': undefined,
    'outgoingAuth.backends.repos': undefined,
    'backends.2': undefined,
    incomingAuth: {
      type: 'oidc',
      oidc: {
        issuer,
        introspection: {
          url: `${issuer}/introspect`,
          clientId: 'gatehouse',
          clientSecret: { env: 'INTROSPECTION_SECRET' },
        },
        ...more,
      },
    },
  },
});

/** A healthy installation of real parts, in which faults are planted. */
export class DoctorWorld {
  readonly provider: ProviderStub;
  /** The authorization server that the backend `repos` names, where it demands its own OAuth. */
  readonly server = new ProviderStub();
  readonly backend: BackendStub;
  readonly front: PublicStub;
  readonly nats: TestNats;
  readonly issuingDatabase: TestDatabase;
  readonly vaultDatabase: TestDatabase;

  private constructor(
    parts: readonly [ProviderStub, BackendStub, PublicStub, TestNats, TestDatabase, TestDatabase],
    readonly secrets: Values,
  ) {
    [this.provider, this.backend, this.front, this.nats, this.issuingDatabase, this.vaultDatabase] = parts;
  }

  static async start(): Promise<DoctorWorld> {
    const [provider, backend, front, nats, issuing, vault] = await Promise.all([
      new ProviderStub().start(),
      new BackendStub().start(),
      new PublicStub().start(),
      startTestNats('acme'),
      startTestDatabase('authorization-server'),
      startTestDatabase('token-vault'),
    ]);
    const key = (): string => randomBytes(32).toString('base64');
    const secrets = {
      CLIENT_SECRET,
      API_KEY,
      INTROSPECTION_SECRET,
      AS_KEK: key(),
      VAULT_KEK: key(),
      VAULT_REQUEST_KEY: key(),
      AS_URL: issuing.url.reveal(),
      VAULT_URL: vault.url.reveal(),
    };
    const world = new DoctorWorld([provider, backend, front, nats, issuing, vault], secrets);
    await world.server.start();
    backend.issuers = { server: world.server.origin, provider: provider.origin };
    return world;
  }

  heal(): void {
    this.provider.faults = {};
    this.server.faults = {};
    this.backend.faults = {};
    this.front.faults = {};
  }

  credentialsOf(service: Service): string {
    const { user, password } = this.nats.optionsOf(service);
    return `${user}:${password.reveal()}`;
  }

  async diagnose({ changes = {}, values = {} }: Plant = {}): Promise<Diagnosis> {
    return await diagnose({
      // What is there answers at last, however busy the machine is; nothing here is silent.
      patience: { requestMs: 120_000, checkMs: 240_000 },
      configuration: { document: '/doctor/gatehouse.yaml', text: this.#text(changes) },
      environmentOf: (service) => ({
        isOwn: true,
        environment: {
          ...this.secrets,
          NATS_CREDENTIALS: this.credentialsOf(service),
          ...values[service],
        },
      }),
    });
  }

  #text(changes: Readonly<Record<string, unknown>>): string {
    const document = this.#document();
    for (const [path, value] of Object.entries(changes)) change(document, path.split('.'), value);
    return stringify(document, { aliasDuplicateObjects: false });
  }

  #document(): Record<string, unknown> {
    const client = { clientId: 'gatehouse', clientSecret: { env: 'CLIENT_SECRET' } };
    return {
      name: 'acme',
      publicUrl: this.front.origin,
      // What is asked inside how requests arrive is the same program here.
      listen: {
        authorizationServer: {
          internal: { host: '127.0.0.1', port: Number(new URL(this.front.origin).port) },
        },
      },
      authServer: {
        issuer: `${this.front.origin}/auth`,
        keyEncryptionKeys: [{ id: 'a', env: 'AS_KEK' }],
        clientRegistration: { metadataDocuments: { enabled: false } },
        upstreamProviders: [
          { name: 'sso', type: 'oidc', oidcConfig: { issuerUrl: this.provider.origin, ...client } },
          {
            name: 'octo',
            type: 'oauth2',
            oauth2Config: {
              authorizationEndpoint: `${this.provider.origin}/authorize`,
              tokenEndpoint: `${this.provider.origin}/token`,
              ...client,
              userInfo: { endpointUrl: `${this.provider.origin}/user` },
            },
          },
        ],
      },
      backends: [
        { name: 'open', url: `${this.backend.origin}/open/mcp` },
        { name: 'reports', url: `${this.backend.origin}/reports/mcp` },
        { name: 'repos', url: `${this.backend.origin}/repos/mcp` },
      ],
      outgoingAuth: {
        backends: {
          reports: {
            type: 'headerInjection',
            headerInjection: { headerName: 'X-Api-Key', headerValue: { env: 'API_KEY' } },
          },
          repos: { type: 'upstreamInject', upstreamInject: { providerName: 'octo' } },
        },
      },
      vault: { keyEncryptionKeys: [{ id: 'v', env: 'VAULT_KEK' }] },
      postgres: {
        authorizationServer: { url: { env: 'AS_URL' } },
        tokenVault: { url: { env: 'VAULT_URL' } },
      },
      nats: { servers: this.nats.urls },
    };
  }

  async close(): Promise<void> {
    await Promise.all([
      this.provider.stop(),
      this.server.stop(),
      this.backend.stop(),
      this.front.stop(),
      this.nats.close(),
      this.issuingDatabase.close(),
      this.vaultDatabase.close(),
    ]);
  }
}

function change(
  holder: Record<string, unknown>,
  [step = '', ...rest]: readonly string[],
  value: unknown,
): void {
  if (rest.length === 0 && value === undefined && Array.isArray(holder)) holder.splice(Number(step), 1);
  else if (rest.length === 0) holder[step] = value;
  else {
    holder[step] ??= {};
    change(holder[step] as Record<string, unknown>, rest, value);
  }
}

export async function asAdmin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
