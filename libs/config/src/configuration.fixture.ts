import { generateKeyPairSync } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { parse, stringify } from 'yaml';
import { SecretResolver, type Part } from './secrets/secret-resolver.js';
import { modelFromYaml } from './from-yaml/model-from-yaml.js';
import { parseConfiguration, type Loaded } from './load.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import type { Problem } from './findings/problems.js';
import { secretsFrom } from './secrets/secret-references.js';
import { checkStructure } from './structure/structure.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: typeof privateKey): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

const rsaKey = pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);

/** As Google gives it out. */
const serviceAccount = (changes: object = {}): string =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'acme',
    private_key_id: 'value-of-the-key-id',
    private_key: rsaKey,
    client_email: 'gatehouse@acme.iam.gserviceaccount.com',
    ...changes,
  });

/** Distinct values that no message and no printed model may contain. */
export const SECRETS = {
  ACME_CLIENT_SECRET: 'value-of-the-acme-client-secret',
  OCTO_CLIENT_SECRET: 'value-of-the-octo-client-secret',
  EXCHANGE_SECRET: 'value-of-the-exchange-client-secret',
  API_KEY: 'value-of-the-api-key',
  BRIDGE_SECRET: 'value-of-the-bridge-secret-of-40-characters',
  SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  AS_KEK: Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64'),
  VAULT_KEK: Buffer.from('vutsrqponmlkjihgfedcba9876543210').toString('hex'),
  AS_DATABASE_URL: 'postgresql://authorization_server:value-of-the-as-password@db/gatehouse',
  VAULT_DATABASE_URL: 'postgresql://token_vault:value-of-the-vault-password@db/gatehouse',
  NATS_CREDENTIALS: 'service:value-of:the-nats-password',
  NATS_PROVISIONING_CREDENTIALS: 'provisioning:value-of:the-provisioning-password',
  VAULT_REQUEST_KEY: Buffer.from('value-of-the-request-key-in-32-b').toString('base64'),
  INITIAL_ACCESS_TOKEN: 'value-of-the-initial-access-token',
  // One: a variable of a process holds 128 KiB at most.
  AUTHORITY: rootCertificates.slice(0, 1).join(),
  GOOGLE_KEY: serviceAccount(),
  GOOGLE_USER: serviceAccount({ type: 'authorized_user' }),
  GOOGLE_CURVE: serviceAccount({ private_key: pemOf(privateKey) }),
} as const;

const baseAuthServer = () => ({
  issuer: 'https://auth.acme.example',
  signingKeys: [{ env: 'SIGNING_KEY' }],
  keyEncryptionKeys: [{ id: 'a', env: 'AS_KEK' }],
  upstreamProviders: [
    {
      name: 'acme-sso',
      type: 'oidc',
      oidcConfig: {
        issuerUrl: 'https://sso.acme.example',
        clientId: 'gatehouse',
        clientSecret: { env: 'ACME_CLIENT_SECRET' },
      },
    },
    {
      name: 'octo',
      type: 'oauth2',
      oauth2Config: {
        authorizationEndpoint: 'https://octo.example/authorize',
        tokenEndpoint: 'https://octo.example/token',
        clientId: 'gatehouse',
        clientSecret: { env: 'OCTO_CLIENT_SECRET' },
        userInfo: { endpointUrl: 'https://octo.example/user' },
      },
    },
  ],
});

/** A document that uses every kind of provider and strategy, and is right. */
const base = (): Record<string, unknown> => ({
  name: 'acme',
  publicUrl: 'https://mcp.acme.example',
  authServer: baseAuthServer(),
  backends: [
    { name: 'repos', url: 'https://repos.acme.example/mcp' },
    { name: 'tickets', url: 'https://tickets.acme.example/mcp' },
    { name: 'reports', url: 'https://reports.acme.example/mcp' },
    { name: 'status', url: 'https://status.acme.example/mcp' },
  ],
  outgoingAuth: {
    backends: {
      repos: { type: 'upstreamInject', upstreamInject: { providerName: 'octo' } },
      tickets: {
        type: 'tokenExchange',
        tokenExchange: {
          tokenUrl: 'https://sts.acme.example/token',
          clientId: 'gatehouse',
          clientSecret: { env: 'EXCHANGE_SECRET' },
          audience: 'tickets',
          subjectProviderName: 'acme-sso',
        },
      },
      reports: {
        type: 'headerInjection',
        headerInjection: { headerName: 'X-Api-Key', headerValue: { env: 'API_KEY' } },
      },
    },
  },
  vault: { keyEncryptionKeys: [{ id: 'v', env: 'VAULT_KEK' }] },
  postgres: {
    authorizationServer: { url: { env: 'AS_DATABASE_URL' } },
    tokenVault: { url: { env: 'VAULT_DATABASE_URL' } },
  },
  nats: { servers: ['nats://nats:4222'] },
});

/** Changes by dotted path (`backends.0.url`); `undefined` takes the field out. */
export type Changes = Readonly<Record<string, unknown>>;

export function configurationText(changes: Changes = {}): string {
  const document = base();
  for (const [path, value] of Object.entries(changes))
    change(document, path.split('.'), structuredClone(value));
  return stringify(document, { aliasDuplicateObjects: false });
}

function change(
  holder: Record<string, unknown>,
  [step = '', ...rest]: readonly string[],
  value: unknown,
): void {
  if (rest.length > 0) {
    holder[step] ??= {};
    change(holder[step] as Record<string, unknown>, rest, value);
  } else if (value === undefined) Reflect.deleteProperty(holder, step);
  else holder[step] = value;
}

export const load = (
  changes: Changes = {},
  part: Part = 'all',
  secrets: Readonly<Record<string, string>> = SECRETS,
): Loaded =>
  parseConfiguration(
    { document: 'gatehouse.yaml', text: configurationText(changes) },
    { part, readSecret: secretsFrom(secrets) },
  );

export function modelOf(changes: Changes = {}, part: Part = 'all'): GatehouseModel {
  const loaded = load(changes, part);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.model;
}

export function problemsOf(
  changes: Changes,
  part: Part = 'all',
  secrets: Readonly<Record<string, string>> = SECRETS,
): readonly Problem[] {
  const loaded = load(changes, part, secrets);
  return loaded.ok ? [] : loaded.problems;
}

export const pathsOf = (problems: readonly Problem[]): readonly string[] => problems.map(({ path }) => path);

/** The model as the rules see it, whatever they have to say. */
export function uncheckedModelOf(changes: Changes): GatehouseModel {
  const { shape } = checkStructure(parse(configurationText(changes)));
  if (shape === undefined) throw new Error('The document has no shape.');
  return modelFromYaml(shape, new SecretResolver('all', secretsFrom(SECRETS), []));
}
