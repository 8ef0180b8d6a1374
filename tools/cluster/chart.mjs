import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { say } from '../set-up/say.mjs';

const CHARTS = join(REPOSITORY, 'infra/helm');
/** The oldest version that the charts are for (kubeVersion). */
const OLDEST_MINOR = 27;

/**
 * What an older API does not know: since which version it does, where it stands, and what stands there for it.
 * @type {{since: number, path: string, pattern: RegExp, instead: string}[]}
 */
const NEWER = [
  { since: OLDEST_MINOR, path: 'Chart.yaml', pattern: /^kubeVersion: .*\n/gm, instead: '' },
  {
    since: OLDEST_MINOR,
    path: 'templates/_deployment.tpl',
    pattern: /^ *(matchLabelKeys|unhealthyPodEvictionPolicy): .*\n/gm,
    instead: '',
  },
  {
    since: 23,
    path: 'templates/_deployment.tpl',
    pattern: /autoscaling\/v2$/gm,
    instead: 'autoscaling/v2beta2',
  },
  ...['_deployment.tpl', 'nats.yaml'].map((file) => ({
    since: 21,
    path: `templates/${file}`,
    pattern: /policy\/v1$/gm,
    instead: 'policy/v1beta1',
  })),
];

/** Whether it needs the chart in words of its own. */
export const isOld = ({ minor }) => minor < OLDEST_MINOR;

/**
 * The chart as it is; for a cluster that is older than it is for, a copy without the fields that the cluster does not know. Whoever reads
 * what the test shows is told.
 * @param {'gatehouse' | 'gatehouse-operator'} name
 * @returns {string} its folder
 */
export function chartFor(cluster, folder, name) {
  const chart = join(CHARTS, name);
  if (!isOld(cluster)) return chart;
  const copy = join(folder, name);
  cpSync(chart, copy, { recursive: true });
  let changed = 0;
  for (const { since, path, pattern, instead } of NEWER) {
    if (cluster.minor >= since) continue;
    const file = join(copy, path);
    if (!existsSync(file)) continue;
    const text = readFileSync(file, 'utf8');
    changed += [...text.matchAll(pattern)].length;
    writeFileSync(file, text.replace(pattern, instead));
  }
  say(
    `This is Kubernetes 1.${cluster.minor}, and the chart ${name} is for 1.${OLDEST_MINOR} and newer. In a copy of it ${changed} lines are left out or name an older version of an object.`,
  );
  return copy;
}

/**
 * What an upgrade installs: the same chart as its next version, which is on the labels of whatever it makes.
 * @returns {string} its folder
 */
export function nextChart(chart, folder) {
  const copy = join(folder, `next-${basename(chart)}`);
  cpSync(chart, copy, { recursive: true });
  const file = join(copy, 'Chart.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^(version|appVersion): .*$/gm, '$1: 99.0.0'));
  return copy;
}
