import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';
import { parseAllDocuments, stringify } from 'yaml';
import { chartTool } from './chart-tools.js';

export const CHART = inRepository('infra/helm/gatehouse');
export const RELEASE = 'gw';

/** Anything that YAML can hold. */
export type Tree = null | boolean | number | string | readonly Tree[] | { readonly [name: string]: Tree };
/** A Kubernetes object. */
export type Manifest = Readonly<Record<string, Tree>>;

/** What stands at a place of an object; `undefined` when nothing does. */
export function at(tree: Tree | undefined, ...path: readonly (string | number)[]): Tree | undefined {
  let here = tree;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Readonly<Record<string | number, Tree>>)[step];
  }
  return here;
}

export const list = (tree: Tree | undefined): readonly Tree[] =>
  Array.isArray(tree) ? (tree as readonly Tree[]) : [];
/** A word or a number, as text. */
export const text = (tree: Tree | undefined): string =>
  typeof tree === 'string' || typeof tree === 'number' ? String(tree) : '';
export const words = (tree: Tree | undefined): Readonly<Record<string, string>> =>
  (tree ?? {}) as Readonly<Record<string, string>>;

const MEBIBYTE = 1024 * 1024;

/** Where the images are: the chart asks everybody. */
const REGISTRY = { image: { registry: 'registry.example.org' } };

/** Runs helm over the chart. @returns what it printed @throws with what it said when it refuses the values */
export function helm(
  command: 'template' | 'lint',
  values: readonly (string | object)[],
  more: readonly string[] = [],
): string {
  const program = chartTool('helm');
  if (program === undefined) throw new Error('helm is not on this machine');
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-chart-'));
  try {
    const flags = [REGISTRY, ...values].flatMap((one, number) => {
      const file = join(folder, `values-${number}.yaml`);
      writeFileSync(file, typeof one === 'string' ? one : stringify(one));
      return ['--values', file];
    });
    const names = command === 'template' ? [RELEASE, CHART] : [CHART];
    return execFileSync(program, [command, ...names, ...flags, ...more], {
      encoding: 'utf8',
      maxBuffer: 32 * MEBIBYTE,
      // Nothing of whoever runs this: no plugins, no repositories.
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of an installation. */
export const rendered = (...values: readonly (string | object)[]): readonly Manifest[] =>
  manifestsOf(helm('template', values));

/** Of an upgrade. */
export const upgraded = (...values: readonly (string | object)[]): readonly Manifest[] =>
  manifestsOf(helm('template', values, ['--is-upgrade']));

const manifestsOf = (printed: string): readonly Manifest[] =>
  parseAllDocuments(printed).flatMap((document) => {
    const [wrong] = document.errors;
    if (wrong !== undefined) throw wrong;
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });

export const ofKind = (manifests: readonly Manifest[], kind: string): readonly Manifest[] =>
  manifests.filter((manifest) => manifest['kind'] === kind);

export const nameOf = (manifest: Manifest): string => text(at(manifest, 'metadata', 'name'));

/** What a workload makes pods of: labels and spec. */
export function podOf(manifest: Manifest): Manifest | undefined {
  if (manifest['kind'] === 'Pod') return manifest;
  return at(manifest, 'spec', 'template') as Manifest | undefined;
}

/** Workloads by the component that their pods are. */
export const workloads = (manifests: readonly Manifest[]): ReadonlyMap<string, Manifest> =>
  new Map(
    manifests.flatMap((manifest) => {
      const pod = podOf(manifest);
      const component = words(at(pod, 'metadata', 'labels'))['app.kubernetes.io/component'];
      return pod === undefined || component === undefined ? [] : [[component, pod] as const];
    }),
  );
