import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { demonstrationValues } from './demonstration.js';
import { ownValues, serviceEnvironment, serviceProcess } from './services.js';
import { PORT_SHIFT_VARIABLE } from '@gatehouse/service-process/shifted-ports';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import type { GeneratedSecrets } from './state.js';

const key = (letter: string): string =>
  Buffer.from(letter.repeat(16) + '0123456789abcdef').toString('base64url');

const secrets: GeneratedSecrets = {
  authorizationServerKeyEncryptionKey: key('a'),
  tokenVaultKeyEncryptionKey: key('b'),
  postgresPassword: 'superuser-password',
  authorizationServerDatabasePassword: 'as-database-password',
  tokenVaultDatabasePassword: 'vault-database-password',
  authorizationServerNatsPassword: 'as-bus-password',
  tokenVaultNatsPassword: 'vault-bus-password',
  vmcpProxyNatsPassword: 'proxy-bus-password',
  provisioningNatsPassword: 'provisioning-bus-password',
  vaultRequestKey: key('c'),
  acmeSsoClientSecret: 'acme-client-secret',
  octoClientSecret: 'octo-client-secret',
  exchangeClientSecret: 'exchange-client-secret',
  introspectionClientSecret: 'introspection-secret',
  reportsApiKey: 'reports-api-key',
};

const databaseUrls = {
  AUTHORIZATION_SERVER_DATABASE_URL: `postgres://authorization_server:${secrets.authorizationServerDatabasePassword}@127.0.0.1:4491/gatehouse`,
  TOKEN_VAULT_DATABASE_URL: `postgres://token_vault:${secrets.tokenVaultDatabasePassword}@127.0.0.1:4491/gatehouse`,
};

const OWN: Record<Service, readonly (keyof GeneratedSecrets)[]> = {
  'authorization-server': [
    'authorizationServerKeyEncryptionKey',
    'authorizationServerDatabasePassword',
    'authorizationServerNatsPassword',
    'vaultRequestKey',
  ],
  'token-vault': [
    'tokenVaultKeyEncryptionKey',
    'tokenVaultDatabasePassword',
    'tokenVaultNatsPassword',
    'acmeSsoClientSecret',
    'octoClientSecret',
    'exchangeClientSecret',
    'vaultRequestKey',
  ],
  'vmcp-proxy': ['vmcpProxyNatsPassword', 'reportsApiKey'],
};

const document = DEMONSTRATION_CONFIGURATION;
const text = readFileSync(document, 'utf8');

test.each(SERVICES)('the environment of %s holds its own secrets and nobody else’s', (service) => {
  const values = { ...demonstrationValues(secrets), ...ownValues(service, secrets, databaseUrls) };
  const given = JSON.stringify(serviceEnvironment(service, { document, text }, values));
  const held = Object.entries(secrets).flatMap(([name, value]: [string, string]) =>
    given.includes(value) ? [name] : [],
  );
  expect(held.sort()).toEqual([...OWN[service]].sort());
});

test('every replica reads the one file, so that changes and files beside it are the same for all; ports are its own', () => {
  const values = { ...demonstrationValues(secrets), ...ownValues('vmcp-proxy', secrets, databaseUrls) };
  const start = { configuration: { document, text }, valuesOf: () => values };
  const [first, second] = [0, 1].map((index) => serviceProcess(start, 'vmcp-proxy', index));
  expect(second?.args).toEqual(first?.args);
  expect(first?.args).toContain(document);
  expect(first?.environment).not.toHaveProperty(PORT_SHIFT_VARIABLE);
  expect(second?.environment).toEqual({ ...first?.environment, [PORT_SHIFT_VARIABLE]: '100' });
});
