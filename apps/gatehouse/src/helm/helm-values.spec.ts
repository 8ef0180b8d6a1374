import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checked, readConfiguration } from '../configuration.js';
import { gatehouse } from '../terminal.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-helm-values-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const COMPOSE = inRepository('examples/compose/gatehouse.yaml');
const compose = readFileSync(COMPOSE, 'utf8');
const withoutListen = compose.replace(/^listen:.*\n( .*\n)+/m, '');

interface Secrets {
  readonly files: readonly { readonly path: string; readonly secret: string; readonly key: string }[];
  readonly environment: readonly { readonly name: string; readonly secret: string; readonly key: string }[];
}
interface Values {
  readonly configuration: string;
  readonly configurationFiles?: Readonly<Record<string, string>>;
  readonly authorizationServer?: { readonly secrets: Secrets };
  readonly tokenVault: { readonly secrets: Secrets };
  readonly vmcpProxy: { readonly secrets: Secrets; readonly serviceAccountToken?: boolean };
  readonly jobs: Readonly<Record<'migrate' | 'provision', { readonly secrets: Secrets }>>;
  readonly nats: { readonly configuration: string };
}

function written(text: string): string {
  const file = join(folder, 'gatehouse.yaml');
  writeFileSync(file, text);
  return file;
}

async function valuesOf(file: string, ...flags: readonly string[]): Promise<Values> {
  const { code, stdout, stderr } = await gatehouse(['helm-values', file, ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return parse(stdout) as Values;
}

const keys = ({ files, environment }: Secrets): readonly string[] =>
  [...files, ...environment].map(({ secret, key }) => `${secret}/${key}`).toSorted();

test('custody: each service and each Job gets the secrets that it reads, and none of another', async () => {
  const { authorizationServer, tokenVault, vmcpProxy, jobs } = await valuesOf(COMPOSE);
  expect(keys(tokenVault.secrets)).toEqual([
    'gatehouse-token-vault/acme-sso-client-secret',
    'gatehouse-token-vault/key-encryption-key',
    'gatehouse-token-vault/nats-credentials',
    'gatehouse-token-vault/octo-client-secret',
    'gatehouse-token-vault/sts-client-secret',
    'gatehouse-token-vault/token-vault-database-url',
    'gatehouse-token-vault/vault-request-key',
  ]);
  expect(authorizationServer === undefined ? [] : keys(authorizationServer.secrets)).toEqual([
    'gatehouse-authorization-server/authorization-server-database-url',
    'gatehouse-authorization-server/key-encryption-key',
    'gatehouse-authorization-server/nats-credentials',
    'gatehouse-authorization-server/vault-request-key',
  ]);
  expect(keys(vmcpProxy.secrets)).toEqual([
    'gatehouse-vmcp-proxy/nats-credentials',
    'gatehouse-vmcp-proxy/reports-api-key',
  ]);
  expect(keys(jobs.migrate.secrets)).toEqual([
    'gatehouse-migrate/authorization-server-database-url',
    'gatehouse-migrate/token-vault-owner-database-url',
  ]);
  expect(keys(jobs.provision.secrets)).toEqual(['gatehouse-provision/nats-provisioning-credentials']);
});

test('a secretRef is the Secret that it names, a file the key of its name, a variable the key of its own', async () => {
  const text = compose
    .replaceAll(
      '{ file: /run/secrets/octo-client-secret }',
      '{ secretRef: { name: octo, key: client-secret } }',
    )
    .replaceAll('{ file: /run/secrets/sts-client-secret }', '{ env: STS_CLIENT_SECRET }')
    .replaceAll('/run/secrets/acme-sso-client-secret', '/run/secrets/acme/key-encryption-key');
  const { tokenVault } = await valuesOf(written(text), '--secret-prefix', 'acme');
  const { files, environment } = tokenVault.secrets;
  expect(files).toContainEqual({
    path: '/run/secrets/gatehouse/octo/client-secret',
    secret: 'octo',
    key: 'client-secret',
  });
  expect(environment).toEqual([
    { name: 'STS_CLIENT_SECRET', secret: 'acme-token-vault', key: 'STS_CLIENT_SECRET' },
  ]);
  // Two files of one name are two keys.
  expect(files.filter(({ path }) => path.endsWith('key-encryption-key'))).toEqual([
    {
      path: '/run/secrets/acme/key-encryption-key',
      secret: 'acme-token-vault',
      key: 'key-encryption-key',
    },
    {
      path: '/run/secrets/key-encryption-key',
      secret: 'acme-token-vault',
      key: 'run-secrets-key-encryption-key',
    },
  ]);
});

test('the configuration is the same gateway with listeners that the cluster reaches; its comments stay', async () => {
  const { configuration, nats } = await valuesOf(COMPOSE);
  expect(parse(configuration)).toMatchObject({
    listen: {
      proxy: { host: '0.0.0.0', port: 4483, internal: { host: '0.0.0.0', port: 4495 } },
      authorizationServer: { host: '0.0.0.0', port: 4484, internal: { host: '0.0.0.0', port: 4496 } },
      tokenVault: { internal: { host: '0.0.0.0', port: 4485 } },
    },
  });
  expect(configuration).toContain('# OpenID Connect; says who the user is.');
  const withoutListeners = (file: string): object => ({
    ...checked(readConfiguration(file), 'none', {}).model,
    listen: 'changed',
  });
  expect(withoutListeners(written(configuration))).toEqual(withoutListeners(COMPOSE));
  expect(nats.configuration).toContain('"demo-token-vault"');
  expect(nats.configuration).toContain('password: $NATS_PASSWORD_TOKEN_VAULT');
  // What is reachable already stays as it is written, byte by byte.
  expect((await valuesOf(written(configuration))).configuration).toBe(configuration);
});

test('a listener that is an alias of a reachable one is reachable', async () => {
  const reachable =
    '{ proxy: { host: 0.0.0.0, internal: &all { host: 0.0.0.0 } }, tokenVault: { internal: *all }';
  const listen = `${reachable}, authorizationServer: { host: 0.0.0.0, internal: *all } }`;
  const text = `${withoutListen}\nlisten: ${listen}\n`;
  expect((await valuesOf(written(text))).configuration).toBe(text);
});

test('policies come along as files beside the configuration', async () => {
  const { configurationFiles, authorizationServer } = await valuesOf(
    inRepository('examples/authorization/gatehouse.yaml'),
  );
  expect(configurationFiles).toEqual({
    'policies.cedar': readFileSync(inRepository('examples/authorization/policies.cedar'), 'utf8').trim(),
  });
  // That example trusts an external issuer.
  expect(authorizationServer).toBeUndefined();
});

test('no value of a secret is looked up, and none is printed', async () => {
  const text = compose.replaceAll('{ file: /run/secrets/sts-client-secret }', '{ env: STS_CLIENT_SECRET }');
  const { code, stdout } = await gatehouse(['helm-values', written(text)], {
    STS_CLIENT_SECRET: 'not-to-be-seen',
  });
  expect(code).toBe(0);
  expect(stdout).not.toContain('not-to-be-seen');
});

test.each([
  [
    'a file elsewhere',
    compose.replaceAll('/run/secrets/octo-', '/etc/ssl/octo-'),
    /\/etc\/ssl\/octo-.*secretRef/,
  ],
  ['a path out of the folder', compose.replaceAll('/run/secrets/octo-', '../octo-'), /\/etc\/octo-/],
  [
    'a program behind the bridge',
    `${compose.replace(/url: http:\/\/repos:4489\/status\/mcp\n(.*\n){3}/, 'command: [status-server]\n')}\nbridge: { allowWithoutSecret: true }\n`,
    /The chart runs no bridge.*status/,
  ],
  [
    'a listener that is an alias',
    `${withoutListen}\nlisten: { tokenVault: { internal: &loopback { host: 127.0.0.1 } }, proxy: { internal: *loopback } }\n`,
    /listen\.proxy\.internal has to be reachable.*alias.*host: 0\.0\.0\.0\.$/m,
  ],
  ['a wrong configuration', compose.replace('providerName: octo', 'providerName: nobody'), /nobody/],
])('%s is refused, with what to write', async (_name, text, message) => {
  const { code, stdout, stderr } = await gatehouse(['helm-values', written(text)]);
  expect(stderr).toMatch(message);
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
});

test('manifests are converted first, and the message says how', async () => {
  const file = inRepository('examples/from-toolhive/gatehouse-okta-exchange.yaml');
  const { code, stderr } = await gatehouse(['helm-values', file]);
  expect(stderr).toContain('gatehouse convert');
  expect(code).toBe(64);
});

test('the proxy gets the token of its account where it asks the cluster for its keys, and nowhere else', async () => {
  expect((await valuesOf(COMPOSE)).vmcpProxy.serviceAccountToken).toBeUndefined();
  const ofCluster = readFileSync(inRepository('examples/external-issuer/gatehouse.yaml'), 'utf8')
    .replace('https://login.acme.example', 'https://kubernetes.default.svc')
    .replace(
      /^ {4}scopes: .*$/m,
      '    kubernetesServiceAccount: { clusterAuthFolder: /var/run/secrets/kubernetes.io/serviceaccount }',
    );
  expect((await valuesOf(written(ofCluster))).vmcpProxy.serviceAccountToken).toBe(true);
});
