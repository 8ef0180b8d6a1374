/**
 * The operator in the cluster: its image, its chart, and a gateway that is made of the seed system's example. Six people sign in and call
 * while objects are wrong, Secrets change and replicas of the operator go.
 */
import { say, step } from '../../set-up/say.mjs';
import { FULL_NAME, RELEASE } from '../cluster.mjs';
import { demonstration } from '../demonstration.mjs';
import { Load, PEOPLE } from '../load.mjs';
import { releaseOf } from '../release.mjs';
import {
  BACKENDS,
  DEMONSTRATION_FLAGS,
  exampleObjects,
  exampleSecrets,
  objectOf,
  REPORTS,
  REPORTS_KEY,
} from './example.mjs';
import { deleteAndApplyAgain, sayMistakes, written } from './objects.mjs';
import {
  deleteLeader,
  mayNoMore,
  OPERATOR,
  podsAreRestricted,
  rotate,
  stopAndStart,
  upgrade,
} from './replicas.mjs';
import { operatedValues, operatorValues } from './values.mjs';

const GROUP = '.toolhive.stacklok.dev';
/** Selects the pods of the services. */
const SERVICES = 'app.kubernetes.io/component in (authorization-server,token-vault,vmcp-proxy)';

/**
 * In the order of docs/guides/operator.md: the operator, the services, then the objects.
 * @returns what the operator was installed with
 */
async function install(cluster, node, folder, { images, volumes }) {
  const services = await operatedValues(node, folder, images, volumes.storage);
  await cluster.create([
    ...services.secrets,
    ...exampleSecrets(),
    ...demonstration(images, DEMONSTRATION_FLAGS),
  ]);
  const values = await operatorValues(cluster, folder, images);
  const operator = await releaseOf(cluster, folder, 'gatehouse-operator', values);
  await step('helm install of the operator', () =>
    cluster.mustHelm('install', OPERATOR, operator.chart, ...operator.arguments),
  );
  const release = await releaseOf(cluster, folder, 'gatehouse', services.files);
  await cluster.mustHelm('install', RELEASE, release.chart, ...release.withoutWaiting);
  return { ...operator, folder };
}

/** From `kubectl apply` to pods that are ready. */
async function applyExample(cluster) {
  const beganMs = Date.now();
  await cluster.apply(exampleObjects().join('\n---\n'));
  await written(cluster);
  const writtenS = ((Date.now() - beganMs) / 1_000).toFixed(1);
  for (const { metadata } of await cluster.list('deployments'))
    await cluster.must('rollout', 'status', `deployment/${metadata.name}`, '--timeout=300s');
  const readyS = ((Date.now() - beganMs) / 1_000).toFixed(1);
  const pods = await podsOfServices(cluster);
  return `written after ${writtenS} s, ${pods.length} pods of the services ready after ${readyS} s`;
}

const podsOfServices = (cluster) => cluster.list('pods', SERVICES);

/** An object and a Secret change; the pods of the services go on running, and do as they say. */
async function changesAreTakenOver(cluster, load) {
  const key = objectOf('MCPExternalAuthConfig', 'key-of-reports');
  await load.watched(true);
  const beganMs = Date.now();
  await cluster.apply(key.replace('X-Api-Key', 'X-Another-Key'));
  await load.watched(false);
  await cluster.apply(key);
  await load.watched(true);
  await rotate(cluster, 'another-key');
  await load.watched(false);
  await rotate(cluster, REPORTS_KEY);
  await load.watched(true);
  return `4 changes in ${((Date.now() - beganMs) / 1_000).toFixed(0)} s`;
}

/** @type {(cluster: any, load: Load, operator: any, images: any) => [string, () => Promise<string | void>][]} */
const underLoad = (cluster, load, operator, images) => [
  [
    'wrong objects: a condition and an event with path and remedy, and nothing changes',
    () => sayMistakes(cluster),
  ],
  ['an object and a Secret change, and no pod is started again', () => changesAreTakenOver(cluster, load)],
  ["the leader's pod is deleted, and another one goes on", () => deleteLeader(cluster)],
  ['an upgrade of the operator (helm upgrade)', () => upgrade(cluster, operator, images)],
  ['no replica runs for a while, and a Secret changes', () => stopAndStart(cluster)],
  [
    'the gateway is deleted: what was written goes, and comes with it again',
    () => deleteAndApplyAgain(cluster),
  ],
];

async function isDone(name, work) {
  const told = await work();
  say(`ok   ${name}: ${told}`);
}

/** @returns {Promise<number>} failures */
async function whileTheyCall(cluster, operator, images) {
  const load = new Load(cluster, { backends: BACKENDS, watched: REPORTS });
  await load.start(images);
  await step(`${PEOPLE} people sign in at two providers`, () => load.ready());
  const before = await podsOfServices(cluster);
  let failures = 0;
  for (const [name, work] of underLoad(cluster, load, operator, images)) {
    let told = '';
    const { said, problems } = await load.during(async () => {
      told = (await work()) ?? '';
    });
    failures += problems.length === 0 ? 0 : 1;
    const all = [told, said].filter(Boolean).join('; ');
    say(problems.length === 0 ? `ok   ${name}: ${all}` : `FAIL ${name}:\n     ${problems.join('\n     ')}`);
  }
  return failures + (await sameAs(cluster, before));
}

/** Whatever the operator did, the services are those that were started first. */
async function sameAs(cluster, before) {
  const after = await podsOfServices(cluster);
  const idOf = ({ metadata, status }) =>
    `${metadata.uid} ${(status.containerStatuses ?? []).map(({ restartCount }) => restartCount).join(' ')}`;
  const there = new Set(after.map(idOf));
  const gone = before.filter((pod) => !there.has(idOf(pod)));
  const isSame = gone.length === 0 && after.length === before.length;
  say(
    isSame
      ? `ok   no pod of the services was started again: ${after.length} pods`
      : `FAIL pods of the services were started again: ${gone.map(({ metadata }) => metadata.name).join(', ')}`,
  );
  return isSame ? 0 : 1;
}

/** @returns {Promise<number>} failures */
export async function testOperator(cluster, node, folder, parts) {
  const { images } = parts;
  const operator = await install(cluster, node, folder, parts);
  await isDone('the operator', () => podsAreRestricted(cluster, images));
  await isDone("the operator's account may do what its chart says, and no more", () => mayNoMore(cluster));
  await isDone("kubectl apply of the seed system's example", () => applyExample(cluster));
  await isDone('helm test', async () => {
    await cluster.mustHelm('test', RELEASE, '--timeout', '5m');
    return (await cluster.must('logs', `${FULL_NAME}-test`)).trimEnd().split('\n').at(-1);
  });
  return await whileTheyCall(cluster, operator, images);
}

/** Definitions are the cluster's: those that were not there before go again, with what is of them. */
export async function definitionsOf(cluster) {
  const names = (await cluster.must('get', 'customresourcedefinitions', '--output=name')).split('\n');
  return names.filter((name) => name.endsWith(GROUP));
}

export async function removeDefinitions(cluster, before) {
  const made = (await definitionsOf(cluster)).filter((name) => !before.includes(name));
  if (made.length > 0) await cluster.kubectl('delete', ...made, '--wait', '--timeout=60s');
}
