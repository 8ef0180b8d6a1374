import { parseConfiguration } from '@gatehouse/config/load';
import type { ProfileName } from '@gatehouse/config/model/profile-names';
import type { UpstreamProvider } from '@gatehouse/config/model/upstream-provider';
import { tokenVaultPart } from '@gatehouse/config/parts';
import { secretsFrom } from '@gatehouse/config/secrets/secret-references';
import { Secret } from '@gatehouse/kernel/secret';
import { ISSUER } from './vault-config.js';

const SECRETS = {
  CLIENT_SECRET: 'stub-secret',
  VAULT_KEY: Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64'),
  VAULT_DATABASE_URL: 'postgresql://vault:secret@localhost/vault',
  NATS_CREDENTIALS: 'vault:secret',
  VAULT_REQUEST_KEY: Buffer.from('vutsrqponmlkjihgfedcba9876543210').toString('base64'),
};

/** The provider that a person gets who names the profile in gatehouse.yaml, with the written fields beside it. */
export function profiledProvider(
  profile: ProfileName,
  written: Readonly<Record<string, unknown>> = {},
): UpstreamProvider<Secret> {
  const document = {
    name: 'profiles',
    publicUrl: 'http://localhost:4483',
    authServer: {
      issuer: ISSUER,
      keyEncryptionKeys: [{ id: 'a', env: 'KEY' }],
      upstreamProviders: [
        {
          name: profile,
          provider: profile,
          clientId: 'gatehouse',
          clientSecret: { env: 'CLIENT_SECRET' },
          ...written,
        },
      ],
    },
    backends: [{ name: 'tools', url: 'http://localhost:4489/mcp' }],
    vault: { keyEncryptionKeys: [{ id: 'v', env: 'VAULT_KEY' }] },
    postgres: {
      authorizationServer: { url: { env: 'DATABASE_URL' } },
      tokenVault: { url: { env: 'VAULT_DATABASE_URL' } },
    },
    nats: { servers: ['nats://localhost:4222'] },
  };
  const loaded = parseConfiguration(
    { document: 'gatehouse.yaml', text: JSON.stringify(document) },
    { part: 'token-vault', readSecret: secretsFrom(SECRETS) },
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const [provider] = tokenVaultPart(loaded.model).upstreamProviders;
  if (provider === undefined) throw new Error('there is no provider');
  return provider;
}

/** The same provider, whose every host is a path of one server: `https://github.com/x` is `<origin>/github.com/x`. */
export const movedTo = (origin: string, provider: UpstreamProvider<Secret>): UpstreamProvider<Secret> => ({
  ...moved(origin, provider),
  timeoutMs: 20_000,
  allowPrivateIps: true,
  insecureAllowHttp: true,
});

function moved<T>(origin: string, value: T): T;
function moved(origin: string, value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^https:\/\//, `${origin}/`);
  if (Array.isArray(value)) return value.map((item: unknown) => moved(origin, item));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, moved(origin, item) as unknown]),
  );
}
