import { setTimeout as delay } from 'node:timers/promises';
import { Cannot } from '../set-up/say.mjs';
import { FULL_NAME, RELEASE } from './cluster.mjs';

const SERVICES = ['authorization-server', 'token-vault', 'vmcp-proxy'];
/** What the chart bundles, and what an upgrade of the services leaves alone. */
const STORES = ['postgres', 'nats'];
const MOST_S = 300;
const LOOK_EVERY_MS = 500;

/** What happens to services that people use. Each ends when no pod of before is left. */
export const rollings = (cluster, release, images) => [
  ...SERVICES.map((service) => [`a rolling restart of ${service}`, () => restart(cluster, service)]),
  [
    'an upgrade of all three (helm upgrade: the next chart, another image)',
    () => upgrade(cluster, release, images),
  ],
  ['the way back (helm rollback)', () => rollBack(cluster, release)],
];

async function restart(cluster, service) {
  const before = await uidsOf(cluster, service);
  await cluster.must('rollout', 'restart', `deployment/${FULL_NAME}-${service}`);
  await replaced(cluster, service, before);
}

/** Of every service; the databases are migrated before the first new pod. */
async function upgrade(cluster, { next, arguments: given }, images) {
  await allReplaced(cluster, () =>
    cluster.mustHelm('upgrade', RELEASE, next, ...given, '--set-string', `image.tag=${images.next}`),
  );
}

async function rollBack(cluster, { waiting }) {
  await allReplaced(cluster, () => cluster.mustHelm('rollback', RELEASE, '1', ...waiting));
}

async function allReplaced(cluster, work) {
  const before = await Promise.all(SERVICES.map((service) => uidsOf(cluster, service)));
  const stores = await uidsOf(cluster, ...STORES);
  await work();
  await Promise.all(SERVICES.map((service, index) => replaced(cluster, service, before[index])));
  const now = await uidsOf(cluster, ...STORES);
  if (stores.size === 0 || [...stores].some((uid) => !now.has(uid)))
    throw new Cannot('The database or the bus was started again, which nobody asked for.');
}

async function uidsOf(cluster, ...components) {
  const pods = await cluster.list('pods', selectorOf(components));
  return new Set(pods.map(({ metadata }) => metadata.uid));
}

const selectorOf = (components) =>
  `app.kubernetes.io/instance=${RELEASE},app.kubernetes.io/component in (${components.join(',')})`;

async function replaced(cluster, service, before) {
  await cluster.must('rollout', 'status', `deployment/${FULL_NAME}-${service}`, `--timeout=${MOST_S}s`);
  for (const deadlineMs = Date.now() + MOST_S * 1_000; ; await delay(LOOK_EVERY_MS)) {
    const left = [...(await uidsOf(cluster, service))].filter((uid) => before.has(uid));
    if (left.length === 0) return;
    if (Date.now() > deadlineMs) throw new Cannot(`Pods of ${service} do not end within ${MOST_S} s.`);
  }
}
