import { chartFor, isOld } from './chart.mjs';

/**
 * A chart, and what every command of helm is given with it.
 * @param {import('./cluster.mjs').Cluster} cluster
 * @param {string} folder
 * @param {'gatehouse' | 'gatehouse-operator'} name
 * @param {string[]} files of values
 */
export async function releaseOf(cluster, folder, name, files) {
  const { stdout } = await cluster.helm('version', '--template', '{{.Version}}');
  // An older server neither puts such fields together nor tells what helm 4 waits for.
  const older = isOld(cluster) && stdout.startsWith('v4');
  const here = ['--timeout', '8m', ...(older ? ['--server-side=false'] : [])];
  const waiting = [...here, older ? '--wait=legacy' : '--wait'];
  const values = files.flatMap((file) => ['--values', file]);
  const chart = chartFor(cluster, folder, name);
  return { chart, waiting, arguments: [...values, ...waiting], withoutWaiting: [...values, ...here] };
}
