import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, expect, test } from '@jest/globals';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-without-cluster-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The test of a cluster, where the context leads to nobody. */
function testCluster(more: Readonly<Record<string, string>>): {
  readonly code: number | null;
  readonly said: string;
} {
  const file = join(folder, 'config');
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'nobody', cluster: { server: 'https://127.0.0.1:1' } }],
      contexts: [{ name: 'nobody', context: { cluster: 'nobody', user: 'nobody' } }],
      users: [{ name: 'nobody', user: {} }],
      'current-context': 'nobody',
    }),
  );
  const { status, stderr } = spawnSync(process.execPath, [inRepository('tools/test-cluster.mjs')], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: file, ...more },
  });
  return { code: status, said: stderr };
}

test.each([
  ['ends well', {}, 0],
  ['fails where a cluster is required', { REQUIRE_CLUSTER: '1' }, 1],
])('test:cluster without a cluster says so, and %s', (_name, more, expected) => {
  const { code, said } = testCluster(more);
  expect(said).toMatch(
    /^test:cluster skipped: (there is no kubectl on this machine|no Kubernetes API answers \(.+\))\n$/,
  );
  expect(code).toBe(expected);
});
