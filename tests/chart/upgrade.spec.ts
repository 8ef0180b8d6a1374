import { beforeAll, describe, expect, test } from '@jest/globals';
import { chartTool } from '../support/chart/chart-tools.js';
import {
  at,
  list,
  nameOf,
  podOf,
  rendered,
  upgraded,
  workloads,
  type Manifest,
} from '../support/chart/rendered.js';
import { BUNDLED, valuesOf } from '../support/chart/values.js';

const where = chartTool('helm') === undefined ? describe.skip : describe;
const HOOK = 'helm.sh/hook';
const COMPONENT = 'app.kubernetes.io/component';

where('an upgrade of the chart', () => {
  let values: string;
  beforeAll(() => {
    values = valuesOf('compose/gatehouse.yaml');
  });

  test('an upgrade migrates before a new pod starts, with its own configuration, and leaves no Job of an earlier one', () => {
    const manifests = upgraded(values, BUNDLED, { rollOnConfigurationChange: true });
    const hooks = manifests.filter((one) => at(one, 'metadata', 'annotations', HOOK) === 'pre-upgrade');
    expect(hooks.map(({ kind, metadata }) => [kind, at(metadata, 'name')])).toEqual([
      ['ConfigMap', 'gw-gatehouse-migrate'],
      ['Job', 'gw-gatehouse-migrate'],
    ]);
    const [configuration, job = {}] = hooks;
    // Two pods of two minutes at most: helm gives a hook five, and would not say why it went on waiting.
    expect(at(job, 'spec', 'backoffLimit')).toBe(1);
    for (const hook of hooks)
      expect(at(hook, 'metadata', 'annotations', `${HOOK}-delete-policy`)).toBe('before-hook-creation');
    expect(at(configuration, 'metadata', 'annotations', `${HOOK}-weight`)).toBe('-1');
    expect(at(configuration, 'data')).toEqual(
      at(
        manifests.find((one) => nameOf(one) === 'gw-gatehouse-configuration' && one['kind'] === 'ConfigMap'),
        'data',
      ),
    );
    // Nothing that the upgrade alone brings: that is not there yet.
    const pod = podOf(job);
    expect(at(pod, 'spec', 'serviceAccountName')).toBeUndefined();
    const mounted = list(at(pod, 'spec', 'volumes')).flatMap((volume) =>
      list(at(volume, 'projected', 'sources')),
    );
    expect(mounted.flatMap((source) => at(source, 'configMap', 'name') ?? [])).toEqual([
      'gw-gatehouse-migrate',
    ]);
    // The same pod as at the installation, but for the name of its configuration.
    const atInstallation = workloads(rendered(values, BUNDLED)).get('migrate');
    expect(JSON.stringify(pod).replaceAll('gw-gatehouse-migrate', 'gw-gatehouse-configuration')).toBe(
      JSON.stringify(atInstallation),
    );
  });

  test('an installation has no hook before it, since a bundled database is not there yet; streams never have one', () => {
    const hooked = (manifests: readonly Manifest[], component: string): unknown =>
      manifests
        .filter((one) => one['kind'] === 'Job' && at(one, 'metadata', 'labels', COMPONENT) === component)
        .map((one) => at(one, 'metadata', 'annotations', HOOK));
    expect(hooked(rendered(values, BUNDLED), 'migrate')).toEqual([undefined]);
    expect(hooked(rendered(values, BUNDLED), 'provision')).toEqual([undefined]);
    expect(hooked(upgraded(values, BUNDLED), 'provision')).toEqual([undefined]);
  });

  test('values that an earlier chart left (--reuse-values) are enough: what it did not have is as by default', () => {
    const before = upgraded(values, BUNDLED, { test: null, jobs: { wait: null } });
    expect(before).toEqual(upgraded(values, BUNDLED));
  });

  test('another version of the chart leaves database and bus as they are: one server would be away for a while', () => {
    for (const one of rendered(values, BUNDLED).filter(({ kind }) => kind === 'StatefulSet')) {
      const labels = at(podOf(one), 'metadata', 'labels');
      expect(labels).toEqual(at(one, 'spec', 'selector', 'matchLabels'));
    }
  });
});
