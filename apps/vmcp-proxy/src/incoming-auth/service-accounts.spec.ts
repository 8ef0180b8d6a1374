import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServiceAccountCallers } from '@gatehouse/config/model/incoming-auth';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTrustedSite } from '@gatehouse/testing/trusted-site';
import { until } from '@gatehouse/testing/until';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern, textOf } from '../client.fixture.js';
import { AUDIENCE, startProxy, type TestProxy } from '../proxy.fixture.js';
import { bindingOf, Cluster } from './cluster.fixture.js';

const CALL = { name: 'one_echo', arguments: { text: 'private words' } };

let nats: TestNats;
let backend: TestBackend;
let cluster: Cluster;
const log = new KeptLog();
const running: TestProxy[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
  cluster = await new Cluster().start();
});
afterEach(async () => {
  cluster.keysElsewhere = undefined;
  await Promise.all(running.splice(0).map((proxy) => proxy.close()));
});
afterAll(async () => {
  await backend.close();
  await cluster.stop();
  await nats.close();
});

async function started(callers: Partial<ServiceAccountCallers> = {}): Promise<TestProxy> {
  const proxy = await startProxy({
    nats,
    log,
    backends: [{ name: 'one', url: backend.url }],
    incomingAuth: {
      type: 'oidc',
      oidc: {
        issuer: cluster.issuer,
        audience: AUDIENCE,
        resourceUrl: AUDIENCE,
        scopes: [],
        allowPrivateIps: false,
        insecureAllowHttp: false,
        kubernetesServiceAccount: { clusterAuthFolder: cluster.folder, ...callers },
      },
    },
  });
  running.push(proxy);
  return proxy;
}

const statusOf = async (mcpUrl: string, token: string) =>
  (await modern(mcpUrl, 'tools/call', CALL, { token })).status;

describe('callers that are service accounts of a cluster', () => {
  test('get in as themselves, at two replicas, and no token of theirs or of this pod goes on', async () => {
    const proxy = await started();
    const other = await proxy.startReplica();
    const tokens = [await cluster.tokenOf('agents', 'nightly'), await cluster.tokenOf('builds', 'runner')];
    for (const { mcpUrl } of [proxy, other])
      for (const token of tokens)
        expect(textOf(await modern(mcpUrl, 'tools/call', CALL, { token }))).toContain('private words');
    await other.close();
    const received = JSON.stringify(backend.callsOf('tools/call').map(({ headers }) => headers));
    for (const secret of [...tokens, cluster.podToken]) {
      expect(received).not.toContain(secret);
      expect(log.lines.join('\n')).not.toContain(secret);
    }
  });

  test('get in after the token of this pod and the keys of the cluster have rotated', async () => {
    const proxy = await started();
    expect(await statusOf(proxy.mcpUrl, await cluster.tokenOf('agents', 'nightly'))).toBe(200);
    const [before] = [cluster.podToken];
    await cluster.rotatePodToken();
    await cluster.rotateKey();
    const token = await cluster.tokenOf('agents', 'nightly');
    await until(async () => (await statusOf(proxy.mcpUrl, token)) === 200);
    expect(cluster.podToken).not.toBe(before);
    expect(cluster.shown.at(-1)).toBe(`Bearer ${cluster.podToken}`);
  });

  test('are kept out while the token of this pod is good for nothing, and get in when it is there', async () => {
    const [good] = [cluster.podToken];
    cluster.podToken = 'what the cluster wants by now';
    const proxy = await started();
    const token = await cluster.tokenOf('agents', 'nightly');
    expect(await statusOf(proxy.mcpUrl, token)).toBe(503);
    expect(log.lines.join('\n')).toContain('callers-not-verified');
    cluster.podToken = good;
    await until(async () => (await statusOf(proxy.mcpUrl, token)) === 200);
  });

  test('are those of one namespace, or one of them, where that is configured', async () => {
    const ofNamespace = await started({ namespace: 'agents' });
    const ofOne = await started({ namespace: 'agents', serviceAccount: 'nightly' });
    const [nightly, hourly, elsewhere] = [
      await cluster.tokenOf('agents', 'nightly'),
      await cluster.tokenOf('agents', 'hourly'),
      await cluster.tokenOf('builds', 'nightly'),
    ];
    const statuses = [];
    for (const { mcpUrl } of [ofNamespace, ofOne])
      for (const token of [nightly, hourly, elsewhere]) statuses.push(await statusOf(mcpUrl, token));
    expect(statuses).toEqual([200, 200, 401, 200, 401, 401]);
  });

  test.each([
    ['made for the cluster itself', { aud: ['https://kubernetes.default.svc'] }],
    ['of a node', { sub: 'system:node:one' }],
    ['of a person whom the cluster knows', { sub: 'alice' }],
    ['whose name has a third part', { sub: 'system:serviceaccount:agents:nightly:admin' }],
    ['without a name', { sub: 'system:serviceaccount:agents:' }],
    ['that names another client', { client_id: 'somebody-else' }],
    ['that names a session of a person', { tsid: '0198a0cf-3d0f-7c61-a8f0-3f6a1b0c2d4e' }],
    ['that says for whom it acts', { act: { sub: 'somebody-else' } }],
    ['with scopes', { scope: 'admin' }],
    ['that has expired', { exp: Math.floor(Date.now() / 1_000) - 3_600 }],
    ['that is not valid yet', { nbf: Math.floor(Date.now() / 1_000) + 3_600 }],
    ['without an end, as Secrets had them', { exp: undefined }],
    ['without an audience', { aud: undefined }],
    ['that another issuer would have issued', { iss: 'https://kubernetes.default.svc' }],
    ['that says nothing of its account', { 'kubernetes.io': undefined }],
    ['bound to another account', { 'kubernetes.io': bindingOf('agents', 'hourly') }],
    ['bound to an account of another namespace', { 'kubernetes.io': bindingOf('builds', 'nightly') }],
  ])('attack: a token of the cluster %s is refused', async (_which, claims) => {
    const proxy = await started();
    expect(await statusOf(proxy.mcpUrl, await cluster.tokenOf('agents', 'nightly', claims))).toBe(401);
  });

  test('attack: a token of another cluster that calls itself the same is refused, whichever key it names', async () => {
    const another = await new Cluster().start();
    another.issuer = cluster.issuer;
    const proxy = await started();
    expect(await statusOf(proxy.mcpUrl, await another.tokenOf('agents', 'nightly'))).toBe(401);
    another.kid = cluster.kid;
    expect(await statusOf(proxy.mcpUrl, await another.tokenOf('agents', 'nightly'))).toBe(401);
    await another.stop();
  });

  test('attack: another host that the metadata name for the keys is never shown the token of this pod', async () => {
    const asked: unknown[] = [];
    const site = await startTrustedSite((request, response) => {
      asked.push(request.headers);
      response.end(JSON.stringify({ keys: [] }));
    });
    cluster.keysElsewhere = `${site.origin}/jwks`;
    const proxy = await started();
    expect(await statusOf(proxy.mcpUrl, await cluster.tokenOf('agents', 'nightly'))).toBe(503);
    expect(asked).toEqual([]);
    site.close();
  });
});
