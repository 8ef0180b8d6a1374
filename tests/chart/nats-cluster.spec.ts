import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { chartTool } from '../support/chart/chart-tools.js';
import { at, list, nameOf, podOf, rendered, text, words, workloads } from '../support/chart/rendered.js';
import { BUNDLED, valuesOf } from '../support/chart/values.js';

const where = chartTool('helm') === undefined ? describe.skip : describe;

where('the bus that the chart runs', () => {
  let values: string;
  beforeAll(() => {
    values = valuesOf('compose/gatehouse.yaml');
  });

  test('no password is an argument of a process, and the servers of the bus find one another by variables', () => {
    const pod = workloads(rendered(values, BUNDLED)).get('nats');
    expect(at(pod, 'spec', 'containers', 0, 'args')).toEqual([
      '--config',
      '/etc/nats/cluster.conf',
      '--name',
      '$(POD_NAME)',
    ]);
    const single = workloads(rendered(values, BUNDLED, { nats: { replicas: 1 } })).get('nats');
    expect(at(single, 'spec', 'containers', 0, 'args', 1)).toBe('/etc/nats/nats-server.conf');
    for (const one of rendered(values, BUNDLED).map(podOf))
      expect(
        JSON.stringify(list(at(one, 'spec', 'containers')).map((container) => at(container, 'args'))),
      ).not.toMatch(/PASSWORD/);
  });

  test('the servers of the bus understand their configuration', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nats-'));
    try {
      const manifests = rendered(values, BUNDLED);
      const files = manifests.find(
        (one) => nameOf(one) === 'gw-gatehouse-nats' && one['kind'] === 'ConfigMap',
      );
      for (const [name, written] of Object.entries(words(at(files, 'data'))))
        writeFileSync(join(folder, name), written.replace('"/data"', JSON.stringify(join(folder, 'data'))));
      const container = at(workloads(manifests).get('nats'), 'spec', 'containers', 0);
      const passwords =
        readFileSync(join(folder, 'nats-server.conf'), 'utf8').match(/NATS_PASSWORD_\w+/g) ?? [];
      const environment = list(at(container, 'env')).flatMap((one) => {
        const value = text(at(one, 'value')).replace('$(NATS_CLUSTER_PASSWORD)', 'made9Up');
        return value === '' ? [] : [[text(at(one, 'name')), value] as const];
      });
      expect(environment).toContainEqual([
        'NATS_ROUTE_2',
        '"nats://cluster:made9Up@gw-gatehouse-nats-2.gw-gatehouse-nats:6222"',
      ]);
      const { status, stderr } = spawnSync('nats-server', ['-t', '-c', join(folder, 'cluster.conf')], {
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          NATS_CLUSTER_PASSWORD: 'made9Up',
          ...Object.fromEntries(environment),
          ...Object.fromEntries(passwords.map((name) => [name, 'made9Up'])),
        },
      });
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.stringContaining('is valid'),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
