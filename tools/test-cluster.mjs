/**
 * `npm run test:cluster`: the Helm charts in a real cluster, the one of kubectl's current context, each in a namespace of its own. Installs the
 * services with the demonstration behind them, runs `helm test`, restarts and upgrades every service while people call, and asks the pods who
 * reaches whom. Then the operator, with a gateway that is made of objects (cluster/operated). Everything goes away again. `--only services` and
 * `--only operator` do one of both. Without a cluster it says so and ends with 0; with REQUIRE_CLUSTER=1 that is a failure.
 */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextChart } from './cluster/chart.mjs';
import { Cluster, FULL_NAME, RELEASE } from './cluster/cluster.mjs';
import { demonstration } from './cluster/demonstration.mjs';
import { bringImages, whyNoImages } from './cluster/images.mjs';
import { Load, PEOPLE } from './cluster/load.mjs';
import { definitionsOf, removeDefinitions, testOperator } from './cluster/operated/operated.mjs';
import { policyProblems } from './cluster/policies.mjs';
import { releaseOf } from './cluster/release.mjs';
import { rollings } from './cluster/rolling.mjs';
import { valuesFor } from './cluster/values.mjs';
import { Volumes } from './cluster/volumes.mjs';
import { ensureBuild } from './set-up/build.mjs';
import { ensureChartTools } from './set-up/chart-tools.mjs';
import { ensureDependencies, pinnedNode } from './set-up/dependencies.mjs';
import { ensurePrismaClients } from './set-up/prisma.mjs';
import { Cannot, say, step } from './set-up/say.mjs';

/** What the chart promises of its pods, where the cluster knows how to look (1.25 and newer). */
const RESTRICTED = 'pod-security.kubernetes.io/enforce';
const RIGHT = 'All 6 as configured.';

const stop = new AbortController();
// One for every program that runs at the same time.
setMaxListeners(64, stop.signal);

/** From here on an interruption takes everything down first; during the set-up it just ended the program. */
function takeOverSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.removeAllListeners(signal).on(signal, () => stop.abort());
}

async function install(cluster, node, folder, { images, volumes }) {
  const { files, secrets } = await valuesFor(node, folder, images, volumes.storage);
  const here = await releaseOf(cluster, folder, 'gatehouse', files);
  const release = { ...here, next: nextChart(here.chart, folder) };
  await cluster.create([...secrets, ...demonstration(images)]);
  await step('helm install', () => cluster.mustHelm('install', RELEASE, release.chart, ...release.arguments));
  for (const { metadata } of await cluster.list(
    'deployments',
    'app.kubernetes.io/name=gatehouse-demonstration',
  ))
    await cluster.must('rollout', 'status', `deployment/${metadata.name}`, '--timeout=120s');
  return release;
}

/** The chart's own tests: the way in, and the main job. */
async function helmTest(cluster) {
  await cluster.mustHelm('test', RELEASE, '--timeout', '5m');
  for (const pod of [`${FULL_NAME}-test`, `${FULL_NAME}-test-main-job`]) {
    const said = await cluster.must('logs', pod);
    say(said.trimEnd());
    if (pod.endsWith('main-job') && !said.includes(RIGHT)) throw new Cannot('The main job went wrong.');
  }
}

async function underLoad(cluster, release, images) {
  const load = new Load(cluster);
  await load.start(images);
  await step(`${PEOPLE} people sign in`, () => load.ready());
  let failures = 0;
  for (const [name, work] of rollings(cluster, release, images)) {
    const { said, problems } = await load.during(work);
    say(problems.length === 0 ? `ok   ${name}: ${said}` : `FAIL ${name}:\n     ${problems.join('\n     ')}`);
    failures += problems.length === 0 ? 0 : 1;
  }
  const { signedIn, renewed, calls, failed } = await load.renewed();
  const stayed = signedIn === PEOPLE && failed === 0;
  say(
    `${stayed ? 'ok  ' : 'FAIL'} everybody stays signed in: ${signedIn} sign-ins of ${PEOPLE} people, ${renewed} tokens renewed, ${calls} calls, ${failed} failed`,
  );
  await cluster.kubectl('delete', 'pod', 'load', '--wait');
  return failures + (stayed ? 0 : 1);
}

async function policies(cluster, images) {
  const { enforced, looked, problems } = await policyProblems(cluster, images);
  const what = enforced
    ? 'the network policies are enforced, and each way is open or closed as they say'
    : 'ways that have to be open are (this cluster does not enforce NetworkPolicies: closed ones cannot be shown)';
  say(
    problems.length === 0
      ? `ok   ${what}: ${looked} ways`
      : `FAIL ${what}:\n     ${problems.join('\n     ')}`,
  );
  return problems.length === 0 ? 0 : 1;
}

/** @returns {Promise<number>} failures */
async function testServices(cluster, node, folder, parts) {
  const release = await install(cluster, node, folder, parts);
  await step('helm test', () => helmTest(cluster));
  const { images } = parts;
  return (await underLoad(cluster, release, images)) + (await policies(cluster, images));
}

/** @type {Record<string, (cluster: Cluster, node: string, folder: string, parts: any) => Promise<number>>} */
const TESTS = { services: testServices, operator: testOperator };

async function testAll(cluster, node, folder) {
  takeOverSignals();
  const definitions = await definitionsOf(cluster);
  const images = await bringImages(cluster, folder);
  let failures = 0;
  try {
    for (const [name, test] of Object.entries(TESTS).filter(([one]) => (only ?? one) === one)) {
      const place = cluster.inNamespace(`${cluster.namespace}-${name}`);
      say(`\n${name}, in the namespace ${place.namespace}`);
      failures += await inItsNamespace(place, images, (volumes) =>
        test(place, node, mkdtempSync(join(folder, name)), { images, volumes }),
      );
    }
  } finally {
    await removeDefinitions(cluster.uninterrupted(), definitions);
  }
  if (failures > 0) throw new Cannot(`${failures} of the checks failed.`);
}

/** Makes the namespace, and takes it down whatever ended the work. */
async function inItsNamespace(cluster, images, work) {
  const last = cluster.uninterrupted();
  const volumes = new Volumes(last);
  await cluster.must('create', 'namespace', cluster.namespace);
  try {
    if (await volumes.make(images))
      say('The cluster makes no volumes by itself: folders of a node stand in.');
    await cluster.must('label', 'namespace', cluster.namespace, `${RESTRICTED}=restricted`);
    return await work(volumes);
  } catch (error) {
    if (!stop.signal.aborted) say(await last.explain());
    throw error;
  } finally {
    await step('Taking everything down', () => takeDown(last, volumes));
  }
}

async function takeDown(cluster, volumes) {
  await cluster.kubectl('label', 'namespace', cluster.namespace, `${RESTRICTED}-`);
  await volumes.remove();
  await cluster.remove();
  await volumes.forget();
}

/** What the cluster is, or why there is none to test in. */
async function cluster() {
  const found = await Cluster.find(ensureChartTools);
  if (typeof found === 'string') return found;
  const missing = await whyNoImages(found.context);
  if (missing !== undefined) return `a cluster answers, and ${missing}`;
  const namespace = `gatehouse-test-${randomBytes(3).toString('hex')}`;
  say(`Kubernetes 1.${found.minor}, context ${found.context}`);
  return new Cluster(stop.signal, namespace, found);
}

const only = process.argv.includes('--only') ? process.argv.at(-1) : undefined;
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cluster-'));
try {
  if (only !== undefined && !Object.hasOwn(TESTS, only))
    throw new Cannot(`--only takes one of: ${Object.keys(TESTS).join(', ')}`);
  const found = await cluster();
  if (typeof found === 'string') {
    say(`test:cluster skipped: ${found}`);
    process.exitCode = process.env.REQUIRE_CLUSTER === '1' ? 1 : 0;
  } else {
    await ensureDependencies();
    const node = await pinnedNode();
    await ensurePrismaClients(node);
    await ensureBuild(node);
    await testAll(found, node, folder);
    say('\ntest:cluster passed');
  }
} catch (error) {
  if (!(error instanceof Cannot)) throw error;
  say(`\ntest:cluster FAILED: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
