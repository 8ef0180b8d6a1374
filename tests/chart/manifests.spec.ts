import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { chartTool, schemaFolders } from '../support/chart/chart-tools.js';
import {
  at,
  CHART,
  helm,
  list,
  nameOf,
  ofKind,
  podOf,
  rendered,
  text,
  words,
  upgraded,
  workloads,
  type Manifest,
  type Tree,
} from '../support/chart/rendered.js';
import { KubernetesSchemas } from '../support/chart/schemas.js';
import { BUNDLED, CLOUDNATIVEPG, configured, EVERYTHING, valuesOf } from '../support/chart/values.js';

const where = chartTool('helm') === undefined ? describe.skip : describe;
const whereSchemas =
  chartTool('helm') === undefined || schemaFolders().length === 0 ? describe.skip : describe;

const SERVICES = ['authorization-server', 'token-vault', 'vmcp-proxy'];

let values: string;
beforeAll(() => {
  values = valuesOf('compose/gatehouse.yaml');
});

const sets = (): readonly (readonly (string | object)[])[] => [
  [values],
  [values, BUNDLED],
  [values, CLOUDNATIVEPG],
  [
    values,
    BUNDLED,
    EVERYTHING,
    { test: { mainJob: { enabled: true, ways: [{ port: 4486, to: 'sso:4486' }] } } },
  ],
  [valuesOf('external-issuer/gatehouse.yaml'), EVERYTHING],
  [valuesOf('company/gatehouse.yaml'), EVERYTHING],
  [valuesOf('authorization/gatehouse.yaml'), EVERYTHING],
  [values, { networkPolicy: { enabled: false }, topologySpread: [] }],
];

// Needs no helm.
test('the files of the bundled Postgres are those of infra/postgres', () => {
  for (const file of ['10-roles.sh', 'roles.sql', 'token-vault-owner.sql'])
    expect(readFileSync(join(CHART, 'files/postgres', file), 'utf8')).toBe(
      readFileSync(inRepository('infra/postgres', file), 'utf8'),
    );
});

where('the chart', () => {
  test('lint finds nothing, whatever is turned on', () => {
    for (const set of sets()) expect(helm('lint', set)).toContain('0 chart(s) failed');
  });

  test('each pod runs as somebody who is not root, on a file system that it cannot write, without capabilities', () => {
    for (const set of sets())
      for (const manifest of rendered(...set)) {
        const pod = podOf(manifest);
        if (pod === undefined) continue;
        expect(at(pod, 'spec', 'automountServiceAccountToken')).toBe(false);
        expect(at(pod, 'spec', 'securityContext')).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        for (const container of list(at(pod, 'spec', 'containers'))) {
          expect(at(container, 'securityContext')).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(at(container, 'resources', 'limits', 'memory')).toBeDefined();
        }
      }
  });

  test('the proxy alone gets a token of its account, and only where it asks the cluster for its keys', () => {
    const pods = ofKind(rendered(values, { vmcpProxy: { serviceAccountToken: true } }), 'Deployment').map(
      (manifest) => [nameOf(manifest), at(podOf(manifest), 'spec', 'automountServiceAccountToken')],
    );
    expect(Object.fromEntries(pods)).toEqual({
      'gw-gatehouse-authorization-server': false,
      'gw-gatehouse-token-vault': false,
      'gw-gatehouse-vmcp-proxy': true,
    });
  });

  test('the three services scale, roll and fail independently', () => {
    const manifests = rendered(values, EVERYTHING);
    const deployments = ofKind(manifests, 'Deployment');
    const names = deployments.map(nameOf).toSorted();
    expect(names).toEqual(SERVICES.map((name) => `gw-gatehouse-${name}`));
    for (const kind of ['HorizontalPodAutoscaler', 'PodDisruptionBudget', 'ServiceAccount'])
      expect(ofKind(manifests, kind).map(nameOf).toSorted()).toEqual(names);
    // A replica count beside an autoscaler would be set back at each upgrade.
    expect(deployments.map((one) => at(one, 'spec', 'replicas'))).toEqual([undefined, undefined, undefined]);
    for (const one of deployments) {
      expect(at(one, 'spec', 'strategy', 'rollingUpdate')).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      const selected = words(at(one, 'spec', 'selector', 'matchLabels'));
      expect(words(at(podOf(one), 'metadata', 'labels'))).toMatchObject(selected);
      expect(list(at(podOf(one), 'spec', 'topologySpreadConstraints'))).toHaveLength(2);
    }
  });

  test.each([
    ['the defaults', '', 33],
    ['longer ones', 'shutdownDelay: 10s\nshutdownTimeout: 2m', 135],
    ['the longest ones', 'shutdownDelay: 1m\nshutdownTimeout: 10m', 665],
    ['milliseconds, rounded up', 'shutdownDelay: 500ms\nshutdownTimeout: 1500ms', 8],
  ])('a pod may stop for as long as its service does: %s', (_name, written, seconds) => {
    const manifests = rendered(
      configured(`name: a\npublicUrl: https://a.example\nauthServer: {}\n${written}`),
    );
    for (const one of ofKind(manifests, 'Deployment'))
      expect(at(podOf(one), 'spec', 'terminationGracePeriodSeconds')).toBe(seconds);
  });

  test.each([
    ['the default', '', 120],
    ['the longest one', 'startTimeout: 10m', 690],
  ])('a start may wait for database and bus as long as its service does: %s', (_name, written, seconds) => {
    const manifests = rendered(
      configured(`name: a\npublicUrl: https://a.example\nauthServer: {}\n${written}`),
    );
    for (const one of ofKind(manifests, 'Deployment'))
      expect(at(podOf(one), 'spec', 'containers', 0, 'startupProbe')).toMatchObject({
        periodSeconds: 1,
        failureThreshold: seconds,
      });
  });

  test('both Jobs wait for what they need, for so long, and the values say how long', () => {
    const waits = (...set: readonly (string | object)[]): readonly unknown[] =>
      ofKind(rendered(...set), 'Job').map((job) => {
        const args = list(at(podOf(job), 'spec', 'containers', 0, 'args'));
        return [at(job, 'spec', 'backoffLimit'), ...args.slice(args.indexOf('--wait'))];
      });
    expect(waits(values, BUNDLED)).toEqual([
      [5, '--wait', '2m'],
      [5, '--wait', '2m'],
    ]);
    expect(waits(values, { jobs: { wait: '0s' } })).toEqual([
      [5, '--wait', '0s'],
      [5, '--wait', '0s'],
    ]);
    expect(() => rendered(values, { jobs: { wait: 'a while' } })).toThrow(/wait/);
  });

  test('probes ask the internal listener of the configuration: liveness never for readiness', () => {
    const listen = 'listen:\n  proxy: { host: 0.0.0.0, port: 9000, internal: { host: "::", port: 9100 } }\n'
      .concat('  authorizationServer: { host: 0.0.0.0, internal: { host: 0.0.0.0 } }\n')
      .concat('  tokenVault: { host: 0.0.0.0, port: 9200 }\n');
    const configuration = `name: a\npublicUrl: https://a.example\nauthServer: {}\n${listen}`;
    const ports = new Map(
      [...workloads(rendered({ configuration }))]
        .filter(([component]) => SERVICES.includes(component))
        .map(([component, pod]) => {
          const container = at(pod, 'spec', 'containers', 0);
          expect(at(container, 'livenessProbe', 'httpGet')).toEqual({ path: '/healthz', port: 'internal' });
          expect(at(container, 'readinessProbe', 'httpGet')).toEqual({ path: '/readyz', port: 'internal' });
          return [component, list(at(container, 'ports')).map((port) => at(port, 'containerPort'))];
        }),
    );
    expect(Object.fromEntries(ports)).toEqual({
      'authorization-server': [4484, 4496],
      'token-vault': [9200],
      'vmcp-proxy': [9000, 9100],
    });
  });

  test('migrations and streams are made by two Jobs, each with credentials that no service has', () => {
    const secrets = new Map(
      [...workloads(rendered(values, BUNDLED))].map(([component, pod]) => [component, secretsOf(pod)]),
    );
    expect(secrets.get('migrate')).toEqual([
      'gatehouse-migrate/authorization-server-database-url',
      'gatehouse-migrate/token-vault-owner-database-url',
    ]);
    expect(secrets.get('provision')).toEqual(['gatehouse-provision/nats-provisioning-credentials']);
    for (const service of SERVICES)
      expect(secrets.get(service)?.every((one) => one.startsWith(`gatehouse-${service}/`))).toBe(true);
    expect(secrets.get('test')).toEqual([]);
  });

  test('a Job with another image or configuration has another name, since it cannot be changed', () => {
    const jobs = (...set: readonly (string | object)[]): readonly string[] =>
      ofKind(rendered(...set), 'Job')
        .map(nameOf)
        .toSorted();
    const [migrate, provision] = jobs(values);
    expect(jobs(values)).toEqual([migrate, provision]);
    expect(jobs(values, { vmcpProxy: { replicas: 9 } })).toEqual([migrate, provision]);
    const next = jobs(values, { image: { tag: 'next' } });
    expect(next).toHaveLength(2);
    expect(next).not.toContain(migrate);
    expect(next).not.toContain(provision);
  });

  test('an image has a registry or a digest: a tag alone would be whatever a node finds by that name', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const one = { digest };
    const set = {
      authorizationServer: one,
      tokenVault: one,
      vmcpProxy: one,
      jobs: one,
      image: { registry: '' },
    };
    const images = [...workloads(rendered(values, set)).values()].map((pod) =>
      text(at(pod, 'spec', 'containers', 0, 'image')),
    );
    expect(new Set(images)).toEqual(
      new Set(['gatehouse', ...SERVICES].map((name) => `gatehouse/${name}@${digest}`)),
    );
  });

  test.each([
    ['no configuration', {}, /configuration is missing/],
    ['a field that there is not', { ...configured('publicUrl: https://a.example'), proxy: {} }, /proxy/],
    ['a listener on loopback', { configuration: 'publicUrl: https://a.example' }, /0\.0\.0\.0/],
    ['a secret where it would hide the image', secretAt('/usr/lib/ssl/key'), /path/],
    ['a secret in the place of the configuration', secretAt('/etc/gatehouse/gatehouse.yaml'), /not/],
    ['a bundled bus without accounts', { nats: { mode: 'bundled' } }, /nats\.configuration is missing/],
    ['a bundled database without passwords', { postgres: { mode: 'bundled' } }, /existingSecret is missing/],
    ['a Cluster without passwords', { postgres: { mode: 'cloudnativepg' } }, /passwordSecrets/],
    [
      'images from wherever a node looks',
      { image: { registry: '' } },
      /image\.registry is missing.*docker\.io/,
    ],
    ['two servers of the bus, which cannot agree', { nats: { replicas: 2 } }, /replicas/],
  ])('%s is refused, by name', (_name, wrong: object, message) => {
    const set =
      'configuration' in wrong || Object.keys(wrong).length === 0 ? wrong : { ...usual(), ...wrong };
    expect(() => rendered(set)).toThrow(message);
  });
});

whereSchemas('each manifest, compared with the schemas of Kubernetes', () => {
  test.each(schemaFolders())('%s knows every field, and each is of its type', (_version, folder) => {
    const schemas = new KubernetesSchemas(folder);
    const unknown = new Set<Tree | undefined>();
    let looked = 0;
    for (const manifest of [
      ...sets().flatMap((set) => rendered(...set)),
      ...upgraded(values, BUNDLED, EVERYTHING),
    ]) {
      const problems = schemas.problems(manifest);
      if (problems === undefined) unknown.add(manifest['apiVersion']);
      else {
        looked += 1;
        expect([nameOf(manifest), ...problems]).toEqual([nameOf(manifest)]);
      }
    }
    expect(looked).toBeGreaterThan(150);
    // Of operators; their schemas are theirs.
    expect([...unknown].map(String).toSorted()).toEqual([
      'gateway.networking.k8s.io/v1',
      'monitoring.coreos.com/v1',
      'postgresql.cnpg.io/v1',
    ]);
  });

  test('what is wrong is found: a field that there is not, another type, a missing field', () => {
    const [, folder = ''] = schemaFolders()[0] ?? [];
    const schemas = new KubernetesSchemas(folder);
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } };
    const pod = { spec: { containers: [{ name: 'a', imagePulPolicy: 'Never' }] } };
    const wrong = { ...deployment, spec: { replicas: 'two', template: pod } };
    expect(schemas.problems(wrong)).toEqual([
      '/spec/selector: is missing',
      '/spec/replicas: is not integer or null',
      '/spec/template/spec/containers/0/imagePulPolicy: there is no such field',
    ]);
  });
});

const usual = (): object => configured('publicUrl: https://a.example\nauthServer: {}');

function secretAt(path: string): object {
  return { tokenVault: { secrets: { files: [{ path, secret: 'a', key: 'b' }] } } };
}

/** Keys of Secrets that a pod gets, as `secret/key`. */
function secretsOf(pod: Manifest): readonly string[] {
  const mounted = list(at(pod, 'spec', 'volumes')).flatMap((volume) =>
    list(at(volume, 'projected', 'sources')).flatMap((source) =>
      list(at(source, 'secret', 'items')).map(
        (item) => `${text(at(source, 'secret', 'name'))}/${text(at(item, 'key'))}`,
      ),
    ),
  );
  return mounted.toSorted();
}
