import { readFileSync } from 'node:fs';
import { freePort } from '@gatehouse/testing/free-port';
import type { Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { chartTool } from '../support/chart/chart-tools.js';
import { hasApiServer, type Tree } from '../support/operator/api-server.js';
import { named, NAMESPACE, OperatedCluster, type Condition } from '../support/operator/operated-cluster.js';

// Needs kube-apiserver and etcd in the folder that KUBEBUILDER_ASSETS names, and helm for the rights of the chart.
const where = hasApiServer() && chartTool('helm') !== undefined ? describe : describe.skip;

const SECRETS = { github: 'value-of-the-github-client-secret', google: 'value-of-the-google-client-secret' };
const UNLISTED = 'value-of-a-secret-that-is-not-listed';
const INSTALLATION = `
backends:
  - { name: backend-github, url: https://api.githubcopilot.com/mcp }
authServer:
  keyEncryptionKeys: [{ id: '1', env: AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY }]
nats:
  servers: [nats://nats:4222]
`;
const VAULT = 'my-vmcp-gatehouse-token-vault';

/** The seed system's complete example, without the key that signs. */
const example = parseAllDocuments(
  readFileSync(inRepository('examples/from-toolhive/gatehouse-github-and-google.yaml'), 'utf8'),
)
  .map((document) => document.toJS() as Tree)
  .filter((object) => object['kind'] !== undefined);

const inject = (providerName: string): Tree => ({
  ...named('toolhive.stacklok.dev/v1beta1', 'MCPExternalAuthConfig', 'inject-github'),
  spec: { type: 'upstreamInject', upstreamInject: { providerName } },
});

where('at a real API, with the rights of its chart', () => {
  const cluster = new OperatedCluster();
  let first: Program;
  let port: number;

  const valid = async (type = 'Valid'): Promise<Condition | undefined> =>
    await cluster.condition('VirtualMCPServer', 'my-vmcp', type);
  const isValid = async (): Promise<boolean> => (await valid())?.status === 'True';
  const isWrong = async (): Promise<boolean> => (await valid())?.status === 'False';
  const vault = async (): Promise<Readonly<Record<string, string>>> => await cluster.data('Secret', VAULT);
  const configuration = async (): Promise<string | undefined> =>
    (await cluster.data('ConfigMap', 'my-vmcp-gatehouse'))['gatehouse.yaml'];

  beforeAll(async () => {
    await cluster.start({
      gateways: ['another', 'my-vmcp', 'other'],
      reads: { secrets: ['provider-secrets'], configMaps: ['installation'] },
    });
    await cluster.secret('provider-secrets', SECRETS);
    await cluster.secret('unlisted', { value: UNLISTED });
    await cluster.apply({
      ...named('v1', 'ConfigMap', 'installation'),
      data: { 'gatehouse.yaml': INSTALLATION },
    });
    port = await freePort();
    first = await cluster.operator('first', port);
  });
  afterAll(async () => {
    await cluster.stop();
  });

  test("the seed system's complete example becomes a configuration, and what each service reads of the Secrets", async () => {
    for (const object of example) await cluster.apply(withoutSigningKey(object));
    await until(isValid);
    expect(await configuration()).toContain('file: secret_provider-secrets_github');
    expect(await vault()).toEqual({
      'secret_provider-secrets_github': SECRETS.github,
      'secret_provider-secrets_google': SECRETS.google,
    });
    expect(await cluster.data('Secret', 'my-vmcp-gatehouse-vmcp-proxy')).toEqual({});
    expect(await valid('ConfigurationWritten')).toMatchObject({ status: 'True', reason: 'Written' });
    await until(
      async () => (await cluster.condition('MCPOIDCConfig', 'my-oidc-config', 'Valid'))?.status === 'True',
    );
  });

  test('it answers probes, and its metrics say who works and what is wrong', async () => {
    const ask = async (path: string): Promise<Response> =>
      await fetch(`http://127.0.0.1:${String(port)}${path}`);
    expect((await ask('/healthz')).status).toBe(200);
    expect(await (await ask('/readyz')).json()).toMatchObject({
      status: 'ready',
      jobs: { reconcile: { status: 'ok' } },
    });
    const metrics = await (await ask('/metrics')).text();
    expect(metrics).toMatch(/^gatehouse_operator_leads 1$/m);
    expect(metrics).toMatch(/^gatehouse_operator_gateway_problems\{gateway="my-vmcp"\} 0$/m);
    expect(metrics).toMatch(/^gatehouse_operator_looks_total\{result="ok"\} [1-9]/m);
  });

  test('a wrong object says its path and the remedy, what was valid stays, and it ends when it is mended', async () => {
    const before = await configuration();
    await cluster.apply(inject('gitbub'));
    await until(isWrong);
    expect((await valid())?.message).toMatch(
      /^MCPExternalAuthConfig\/inject-github spec\.upstreamInject\.providerName: .*gitbub.* Write instead: .*github/s,
    );
    expect(await valid('ConfigurationWritten')).toMatchObject({ reason: 'EarlierConfigurationKept' });
    await until(
      async () =>
        (await cluster.condition('MCPExternalAuthConfig', 'inject-github', 'Valid'))?.status === 'False',
    );
    expect(await configuration()).toBe(before);
    await until(async () => (await cluster.events()).some(({ reason }) => reason === 'ConfigurationInvalid'));
    await cluster.apply(inject('github'));
    await until(isValid);
  });

  test('a field that nobody knows is not cut off by the API in silence', async () => {
    await cluster.apply({
      ...named('toolhive.stacklok.dev/v1beta1', 'MCPOIDCConfig', 'my-oidc-config'),
      spec: {
        type: 'inline',
        inline: { issuer: 'https://auth.example.com', isuer: 'https://auth.example.com' },
      },
    });
    await until(isWrong);
    expect((await valid())?.message).toContain('MCPOIDCConfig/my-oidc-config spec.inline.isuer: ');
    expect(await valid('OIDCConfigRefValidated')).toMatchObject({ status: 'False', reason: 'NotValid' });
    await cluster.apply(example.find(({ kind }) => kind === 'MCPOIDCConfig') ?? {});
    await until(isValid);
  });

  test('a Secret that is rotated reaches the service that reads it', async () => {
    const before = await configuration();
    await cluster.secret('provider-secrets', { ...SECRETS, github: 'value-after-the-rotation' });
    await until(async () => (await vault())['secret_provider-secrets_github'] === 'value-after-the-rotation');
    expect(await configuration()).toBe(before);
    expect(await isValid()).toBe(true);
  });

  test('attack: an object that names a Secret which the operator was not given. The API refuses it, and the condition says so', async () => {
    const header = {
      ...named('toolhive.stacklok.dev/v1beta1', 'MCPExternalAuthConfig', 'inject-github'),
      spec: {
        type: 'headerInjection',
        headerInjection: { headerName: 'X-Stolen', valueSecretRef: { name: 'unlisted', key: 'value' } },
      },
    };
    await cluster.apply(header);
    await until(isWrong);
    expect((await valid())?.message).toContain(
      'The operator may not read the Secret unlisted. Add it to reads.secrets',
    );
    expect(JSON.stringify(await cluster.data('Secret', 'my-vmcp-gatehouse-vmcp-proxy'))).not.toContain(
      UNLISTED,
    );
    await cluster.remove('MCPExternalAuthConfig', 'inject-github');
    await cluster.apply(inject('github'));
    await until(isValid);
  });

  test('attack: whoever holds the token of the operator reads other Secrets, lists them, deletes, or looks elsewhere', async () => {
    const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;
    expect(await cluster.asOperator('GET', `${secrets}/provider-secrets`)).toBe(200);
    for (const [method, path] of [
      ['GET', `${secrets}/unlisted`],
      ['GET', secrets],
      ['GET', `${secrets}?fieldSelector=metadata.name%3Dprovider-secrets`],
      ['GET', `${secrets}?watch=true`],
      ['DELETE', `${secrets}/provider-secrets`],
      ['PUT', `${secrets}/provider-secrets`],
      ['GET', '/api/v1/secrets'],
      ['GET', '/api/v1/namespaces/default/secrets/provider-secrets'],
      ['GET', `/api/v1/namespaces/${NAMESPACE}/configmaps`],
      ['GET', `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`],
      ['PUT', cluster.pathOf('VirtualMCPServer', 'my-vmcp')],
    ] as const)
      expect([method, path, await cluster.asOperator(method, path)]).toEqual([method, path, 403]);
  });

  test('attack: a gateway whose Secrets would be those of somebody else. They are left as they are', async () => {
    const theirs = 'other-gatehouse-token-vault';
    await cluster.secret(theirs, { 'of-somebody-else': 'stays' });
    const gateway = withoutSigningKey(example.find(({ kind }) => kind === 'VirtualMCPServer') ?? {});
    await cluster.apply({ ...gateway, metadata: { ...(gateway['metadata'] as Tree), name: 'other' } });
    const ofOther = async (): Promise<Condition | undefined> =>
      await cluster.condition('VirtualMCPServer', 'other', 'Valid');
    await until(async () => (await ofOther())?.status === 'False');
    expect((await ofOther())?.message).toContain(
      `There is a Secret ${theirs} that does not belong to this gateway.`,
    );
    expect(await cluster.data('Secret', theirs)).toEqual({ 'of-somebody-else': 'stays' });
    expect(await cluster.data('ConfigMap', 'other-gatehouse')).toEqual({});
    await cluster.remove('VirtualMCPServer', 'other');
  });

  test('a gateway that the API lets nobody write says so, no other one waits for it, and it is tried again', async () => {
    const refused = await cluster.refuseConfigMap('another-gatehouse');
    const gateway = withoutSigningKey(example.find(({ kind }) => kind === 'VirtualMCPServer') ?? {});
    await cluster.apply({ ...gateway, metadata: { ...(gateway['metadata'] as Tree), name: 'another' } });
    const ofAnother = async (type: string): Promise<Condition | undefined> =>
      await cluster.condition('VirtualMCPServer', 'another', type);
    await until(async () => (await ofAnother('Valid'))?.status === 'False');
    expect((await ofAnother('Valid'))?.message).toBe(
      'VirtualMCPServer/another metadata.name: The API answered 422 for the ConfigMap another-gatehouse or a Secret beside it. It is too large (an object has at most 1 MiB), or an admission policy refuses it.',
    );
    expect(await ofAnother('ConfigurationWritten')).toMatchObject({ reason: 'NothingWritten' });
    await cluster.secret('provider-secrets', { ...SECRETS, github: 'value-when-another-was-refused' });
    await until(
      async () => (await vault())['secret_provider-secrets_github'] === 'value-when-another-was-refused',
    );
    await cluster.apply(inject('gitbub'));
    await until(isWrong);
    await cluster.apply(inject('github'));
    await until(isValid);
    await refused.end();
    await until(async () => (await ofAnother('Valid'))?.status === 'True');
    await cluster.remove('VirtualMCPServer', 'another');
  });

  test('two operators, one leader: when it is killed the other one goes on', async () => {
    const second = await cluster.operator('second');
    expect(await cluster.leader()).toBe('first');
    await first.kill();
    await cluster.secret('provider-secrets', { ...SECRETS, github: 'value-when-nobody-led' });
    await until(async () => (await vault())['secret_provider-secrets_github'] === 'value-when-nobody-led');
    expect(await cluster.leader()).toBe('second');
    const third = await cluster.operator('third');
    await second.stop();
    await until(async () => (await cluster.leader()) === 'third');
    await until(() => third.output.includes('"leadership-changed"'));
  });

  test('no value of a Secret is in a log, an event, a status or a configuration', async () => {
    const shown = await cluster.everythingShown();
    expect(shown).toContain('gateway-configuration-written');
    for (const value of [
      ...Object.values(SECRETS),
      UNLISTED,
      'value-after-the-rotation',
      'value-when-another-was-refused',
      'value-when-nobody-led',
    ])
      for (const form of [value, Buffer.from(value).toString('base64')]) expect(shown).not.toContain(form);
  });
});

/** Without it the gateway makes keys of its own. */
function withoutSigningKey(object: Tree): Tree {
  if (object['kind'] !== 'VirtualMCPServer') return object;
  const spec = structuredClone(object['spec']) as { authServerConfig: Tree };
  delete spec.authServerConfig['signingKeySecretRefs'];
  const metadata = {
    ...(object['metadata'] as Tree),
    annotations: { 'gatehouse.dev/installation': 'installation' },
  };
  return { ...object, metadata, spec };
}
