import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseConfiguration } from '@gatehouse/config/load';
import { inRepository } from '@gatehouse/testing/repository';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { neededObjects } from './gateway.js';
import { changed, example, gatewayObjects, installation, made, secrets, VALUES } from './objects.fixture.js';

const forbidden = { is: 'forbidden' } as const;
const missing = { is: 'missing' } as const;

describe("the seed system's complete example", () => {
  test('is a valid configuration', () => {
    const { problems, output, backends } = made();
    expect(problems).toEqual([]);
    expect(backends).toBe(2);
    const loaded = parseConfiguration(
      { document: 'gatehouse.yaml', text: output?.configuration ?? '' },
      { part: 'none', readSecret: () => ({ ok: false, message: '' }) },
    );
    expect(loaded.ok).toBe(true);
    expect(parse(output?.configuration ?? '')).toMatchObject({
      name: 'my-vmcp',
      listen: { proxy: { host: '0.0.0.0' } },
      authServer: { upstreamProviders: [{ name: 'github' }, { name: 'google' }] },
    });
  });

  test('names the Secrets that the services read, and no other object', () => {
    expect(neededObjects(gatewayObjects())).toEqual(
      expect.arrayContaining([
        { kind: 'Secret', name: 'provider-secrets' },
        { kind: 'Secret', name: 'auth-signing-key' },
      ]),
    );
    expect(neededObjects(gatewayObjects())).toHaveLength(2);
  });

  test('attack: a service that was taken over finds the secrets of another one. Each has its own and no other', () => {
    const { output } = made();
    expect(output?.files['token-vault']).toEqual({
      'secret_provider-secrets_github': VALUES.github,
      'secret_provider-secrets_google': VALUES.google,
    });
    expect(Object.keys(output?.files['authorization-server'] ?? {})).toEqual([
      'secret_auth-signing-key_private-key',
    ]);
    expect(output?.files['vmcp-proxy']).toEqual({});
  });

  test('no value of a secret is in the configuration', () => {
    const { output } = made();
    for (const value of Object.values(VALUES)) expect(output?.configuration).not.toContain(value);
    expect(output?.configuration).toContain('file: secret_provider-secrets_github');
    expect(output?.configuration).not.toContain('secretRef');
  });
});

test('a key of a ConfigMap that is read as a manifest is a file, too: nothing else would reach the service', () => {
  const text = `
backends: [{ name: backend-github, url: https://api.githubcopilot.com/mcp }]
authServer: { keyEncryptionKeys: [{ id: '1', secretRef: { name: gw-gatehouse-configuration, key: key } }] }
nats: { servers: [nats://nats:4222] }
`;
  const configMap = {
    is: 'there',
    data: { 'gatehouse.yaml': text, key: randomBytes(32).toString('base64') },
  } as const;
  const name = 'gw-gatehouse-configuration';
  const objects = new Map([[name, configMap]]);
  expect(neededObjects(gatewayObjects(example(), objects))).toContainEqual({ kind: 'ConfigMap', name });
  const { problems, output } = made(example(), secrets({ [`ConfigMap/${name}`]: configMap }), objects);
  expect(problems).toEqual([]);
  expect(output?.configuration).not.toContain('secretRef');
  expect(output?.files['authorization-server'][`configmap_${name}_key`]).toBe(configMap.data.key);
  const unread = made(example(), secrets({ [`ConfigMap/${name}`]: forbidden }), objects);
  expect(unread.output).toBeUndefined();
});

test('a Secret whose value is another one is another file, and the same configuration', () => {
  const other = { is: 'there', data: { github: 'value-after-the-rotation', google: VALUES.google } } as const;
  const [before, after] = [made(), made(example(), secrets({ 'Secret/provider-secrets': other }))];
  expect(after.output?.configuration).toBe(before.output?.configuration);
  expect(after.output?.files['token-vault']['secret_provider-secrets_github']).toBe(
    'value-after-the-rotation',
  );
});

describe('what is wrong is said with its place and what to write instead, and nothing is made', () => {
  test.each([
    [
      'a provider that nobody has',
      () => made(changed('MCPExternalAuthConfig.spec.upstreamInject.providerName', 'gitbub')),
      'MCPExternalAuthConfig/inject-github spec.upstreamInject.providerName',
      /gitbub/,
    ],
    [
      'a field that nobody knows',
      () => made(changed('VirtualMCPServer.spec.authServerConfig.isuer', 'https://auth.example.com')),
      'VirtualMCPServer/my-vmcp spec.authServerConfig.isuer',
      /issuer/,
    ],
    [
      'an object that is not there',
      () => made(example().filter(({ kind }) => kind !== 'MCPOIDCConfig')),
      'VirtualMCPServer/my-vmcp spec.incomingAuth.oidcConfigRef.name',
      /There is no MCPOIDCConfig my-oidc-config in namespace tools/,
    ],
    [
      'a Secret that is not there',
      () => made(example(), secrets({ 'Secret/provider-secrets': missing })),
      'VirtualMCPServer/my-vmcp spec.authServerConfig.upstreamProviders[0].oauth2Config.clientSecretRef',
      /^There is no Secret provider-secrets in namespace tools\.$/,
    ],
    [
      'a Secret that may not be read',
      () => made(example(), secrets({ 'Secret/provider-secrets': forbidden })),
      'VirtualMCPServer/my-vmcp spec.authServerConfig.upstreamProviders[0].oauth2Config.clientSecretRef',
      /may not read the Secret provider-secrets.*reads\.secrets/,
    ],
    [
      'a key that is not there',
      () => made(example(), secrets({ 'Secret/provider-secrets': { is: 'there', data: { google: 'x' } } })),
      'VirtualMCPServer/my-vmcp spec.authServerConfig.upstreamProviders[0].oauth2Config.clientSecretRef',
      /^The Secret provider-secrets has no key github\.$/,
    ],
    [
      'an installation that is not there',
      () => made(example(), secrets(), new Map([['gw-gatehouse-configuration', missing]])),
      'VirtualMCPServer/my-vmcp metadata.annotations["gatehouse.dev/installation"]',
      /There is no ConfigMap gw-gatehouse-configuration/,
    ],
    [
      'an installation that may not be read',
      () => made(example(), secrets(), new Map([['gw-gatehouse-configuration', forbidden]])),
      'VirtualMCPServer/my-vmcp metadata.annotations["gatehouse.dev/installation"]',
      /reads\.configMaps/,
    ],
  ])('%s', (_name, make, path, message) => {
    const { problems, output } = make();
    expect(output).toBeUndefined();
    const found = problems.find((problem) => problem.path === path);
    expect(`${found?.message ?? JSON.stringify(problems)} ${found?.instead ?? ''}`.trim()).toMatch(message);
  });

  test('a program is no backend here: nobody runs a bridge', () => {
    const text = `
backends: [{ name: backend-github, command: [github-mcp-server] }]
bridge: { allowWithoutSecret: true }
authServer: { keyEncryptionKeys: [{ id: '1', env: AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY }] }
`;
    const { problems, output } = made(example(), secrets(), installation(text));
    expect(output).toBeUndefined();
    expect(problems.map(({ message }) => message).join('\n')).toMatch(/backend-github is a program/);
  });

  test('a Secret and a ConfigMap of one name and key are not mixed up', () => {
    const objects = changed('MCPServerEntry.spec.caBundleRef', {
      configMapRef: { name: 'provider-secrets', key: 'github' },
    });
    const { problems, output } = made(
      objects,
      secrets({ 'ConfigMap/provider-secrets': { is: 'there', data: { github: 'not a certificate' } } }),
    );
    expect(output).toBeUndefined();
    expect(problems.map(({ message }) => message).join('\n')).toMatch(/both called provider-secrets\/github/);
  });
});

test('attack: a reference to the Secret that the operator wrote for the vault of another gateway is not followed', () => {
  const objects = changed('VirtualMCPServer.spec.authServerConfig.signingKeySecretRefs', [
    { name: 'other-gatehouse-token-vault', key: 'secret_provider-secrets_github' },
  ]);
  const found = { is: 'there', data: { 'secret_provider-secrets_github': VALUES.github } } as const;
  const { problems, output } = made(objects, secrets({ 'Secret/other-gatehouse-token-vault': found }));
  expect(output).toBeUndefined();
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('The operator writes the Secret other-gatehouse-token-vault itself'),
  ]);
});

test('attack: a wrong secret is quoted in what everybody may read. No problem has a value', () => {
  const wrong = { is: 'there', data: { 'private-key': 'value-that-is-no-key' } } as const;
  const { problems, output } = made(example(), secrets({ 'Secret/auth-signing-key': wrong }));
  expect(output).toBeUndefined();
  expect(problems).not.toEqual([]);
  expect(JSON.stringify(problems)).not.toContain('value-that-is-no-key');
});

test('what the guide writes beside the objects makes a valid gateway of the example', () => {
  const guide = readFileSync(inRepository('docs/guides/operator.md'), 'utf8');
  const [, block = ''] = /```yaml\n( *operator: \{ virtualServer[^]*?)```/.exec(guide) ?? [];
  const { configuration } = parse(block) as { readonly configuration: string };
  const { problems, output } = made(example(), secrets(), installation(configuration));
  expect(problems).toEqual([]);
  expect(parse(output?.configuration ?? '')).toMatchObject({
    publicUrl: 'https://mcp.example.com',
    listen: { tokenVault: { internal: { host: '0.0.0.0' } } },
    authServer: { keyEncryptionKeys: [{ id: '1', file: '/run/secrets/key-encryption-key' }] },
  });
});
