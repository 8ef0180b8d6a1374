import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chartTool, schemaFolders } from '../support/chart/chart-tools.js';
import {
  at,
  list,
  nameOf,
  ofKind,
  podOf,
  rendered,
  upgraded,
  text,
  type Manifest,
} from '../support/chart/rendered.js';
import { KubernetesSchemas } from '../support/chart/schemas.js';
import { valuesOf } from '../support/chart/values.js';
import { rendered as renderedOperator } from '../support/operator/operated-cluster.js';

const where = chartTool('helm') === undefined ? describe.skip : describe;
const whereSchemas = schemaFolders().length === 0 ? describe.skip : where;

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-operator-chart-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const VALUES = {
  gateways: ['acme'],
  reads: { secrets: ['provider-secrets'], configMaps: ['installation'] },
};

where("the operator's chart", () => {
  let manifests: readonly Manifest[];
  beforeAll(() => {
    manifests = renderedOperator(folder, VALUES) as readonly Manifest[];
  });

  test('custody: it may read the Secrets that are listed and those that it writes, by name. It lists and deletes none', () => {
    expect(manifests.map(({ kind }) => kind)).toEqual([
      'NetworkPolicy',
      'ServiceAccount',
      'Role',
      'RoleBinding',
      'Deployment',
    ]);
    const [role] = ofKind(manifests, 'Role');
    const rules = list(at(role, 'rules')) as readonly Manifest[];
    const ofSecrets = rules.filter((rule) => list(rule['resources'] ?? []).includes('secrets'));
    expect(ofSecrets.map(({ resourceNames, verbs }) => ({ resourceNames, verbs }))).toEqual([
      {
        resourceNames: [
          'acme-gatehouse-authorization-server',
          'acme-gatehouse-token-vault',
          'acme-gatehouse-vmcp-proxy',
        ],
        verbs: ['get', 'update'],
      },
      { resourceNames: undefined, verbs: ['create'] },
      { resourceNames: ['provider-secrets'], verbs: ['get', 'watch'] },
    ]);
    const words = rules.flatMap((rule) =>
      [rule['verbs'], rule['resources'], rule['apiGroups']].flatMap((all) => list(all)),
    );
    for (const word of ['*', 'delete', 'patch', 'pods', 'deployments']) expect(words).not.toContain(word);
  });

  test('without a list it reads none', () => {
    const [role] = ofKind(renderedOperator(folder, { gateways: ['acme'] }) as readonly Manifest[], 'Role');
    const reads = (list(at(role, 'rules')) as readonly Manifest[]).filter(
      (rule) =>
        list(rule['resources'] ?? []).includes('secrets') && list(rule['verbs'] ?? []).includes('watch'),
    );
    expect(reads).toEqual([]);
  });

  test('its pod runs as somebody who is not root, on a file system that it cannot write, without capabilities', () => {
    const pod = podOf(ofKind(manifests, 'Deployment')[0] ?? {});
    expect(at(pod, 'spec', 'securityContext')).toMatchObject({ runAsNonRoot: true });
    expect(at(pod, 'spec', 'containers', 0, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(at(pod, 'spec', 'containers', 0, 'image')).toBe('registry.example.org/gatehouse/operator:0.1.0');
  });

  test('attack: whoever controls its pod sends what it reads elsewhere: it reaches names and the API server alone', () => {
    const apiServer = { to: [{ ipBlock: { cidr: '10.0.0.1/32' } }], ports: [6443] };
    const [policy] = ofKind(
      renderedOperator(folder, { ...VALUES, networkPolicy: { apiServer } }) as readonly Manifest[],
      'NetworkPolicy',
    );
    const selected = at(policy, 'spec', 'podSelector', 'matchLabels');
    const [deployment] = ofKind(manifests, 'Deployment');
    expect(at(deployment, 'spec', 'template', 'metadata', 'labels')).toMatchObject(selected as object);
    expect(at(policy, 'spec', 'policyTypes')).toEqual(['Ingress', 'Egress']);
    expect(at(policy, 'spec', 'ingress')).toBeUndefined();
    const egress = list(at(policy, 'spec', 'egress')) as readonly Manifest[];
    expect(egress.map(({ ports }) => (list(ports) as readonly Manifest[]).map(({ port }) => port))).toEqual([
      [53, 53],
      [6443],
    ]);
    expect(egress[1]).toMatchObject({ to: apiServer.to });
  });

  test('its probes ask the listener that its environment opens', () => {
    const container = at(podOf(ofKind(manifests, 'Deployment')[0] ?? {}), 'spec', 'containers', 0);
    const environment = list(at(container, 'env')) as readonly Manifest[];
    const port = environment.find(({ name }) => name === 'OPERATOR_INTERNAL_PORT')?.['value'];
    expect(list(at(container as Manifest, 'ports'))).toEqual([
      { name: 'internal', containerPort: Number(port) },
    ]);
    for (const probe of ['livenessProbe', 'readinessProbe'])
      expect(at(container as Manifest, probe, 'httpGet', 'port')).toBe('internal');
  });

  test('without gateways it is refused: it would do nothing', () => {
    expect(() => renderedOperator(folder, {})).toThrow(/gateways is missing/);
  });

  whereSchemas('and Kubernetes', () => {
    test.each(schemaFolders())('each manifest has the fields of version %s', (_version, schemas) => {
      const known = new KubernetesSchemas(schemas);
      for (const manifest of manifests)
        expect([nameOf(manifest), known.problems(manifest)]).toEqual([nameOf(manifest), []]);
    });
  });
});

where('the chart of the services, with the operator', () => {
  /** ConfigMaps and Secrets that are mounted whole, and those of which keys are, by name. */
  const mounted = (manifest: Manifest): readonly string[] =>
    (list(at(podOf(manifest), 'spec', 'volumes')) as readonly Manifest[])
      .flatMap((volume) => list(at(volume, 'projected', 'sources')) as readonly Manifest[])
      .map((source) => text(at(source, 'configMap', 'name') ?? at(source, 'secret', 'name')));

  test('custody: each service has its configuration and its own Secret of the operator, and no Job has one', () => {
    const manifests = rendered(valuesOf('compose/gatehouse.yaml'), { operator: { virtualServer: 'acme' } });
    for (const one of ofKind(manifests, 'Deployment')) {
      const service = nameOf(one).replace('gw-gatehouse-', '');
      const names = mounted(one);
      expect(names).toContain('acme-gatehouse');
      expect(names.filter((name) => name.startsWith('acme-gatehouse-'))).toEqual([
        `acme-gatehouse-${service}`,
      ]);
      expect(names).not.toContain('gw-gatehouse-configuration');
    }
    for (const one of ofKind(manifests, 'Job')) {
      expect(mounted(one)).toContain('acme-gatehouse');
      expect(mounted(one).filter((name) => name.startsWith('acme-gatehouse-'))).toEqual([]);
    }
    // What the annotation names.
    expect(ofKind(manifests, 'ConfigMap').map(nameOf)).toContain('gw-gatehouse-configuration');
  });

  test('an upgrade has no ConfigMap that nobody mounts: it migrates with what the operator wrote', () => {
    const manifests = upgraded(valuesOf('compose/gatehouse.yaml'), { operator: { virtualServer: 'acme' } });
    const configMaps = ofKind(manifests, 'ConfigMap').map(nameOf);
    expect(configMaps).toContain('gw-gatehouse-configuration');
    expect(configMaps).not.toContain('gw-gatehouse-migrate');
    const hook = ofKind(manifests, 'Job').find((one) => nameOf(one) === 'gw-gatehouse-migrate') ?? {};
    expect(at(hook, 'metadata', 'annotations', 'helm.sh/hook')).toBe('pre-upgrade');
    expect(mounted(hook)).toContain('acme-gatehouse');
  });

  test('a roll-out on each change of the configuration is refused there: the chart does not see what the operator writes', () => {
    expect(() =>
      rendered(valuesOf('compose/gatehouse.yaml'), {
        operator: { virtualServer: 'acme' },
        rollOnConfigurationChange: true,
      }),
    ).toThrow(/rollOnConfigurationChange does not see/);
  });

  test('policies in files are refused there: they would not reach the services', () => {
    expect(() =>
      rendered(valuesOf('authorization/gatehouse.yaml'), { operator: { virtualServer: 'acme' } }),
    ).toThrow(/configurationFiles do not reach/);
  });
});
