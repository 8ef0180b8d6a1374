/** The operator's own pods: what they are, what they may, which of them works. */
import { Cannot } from '../../set-up/say.mjs';
import { nextChart } from '../chart.mjs';
import { imageOf } from '../demonstration.mjs';
import { until } from '../until.mjs';
import { CONFIG_MAP, PROVIDER_SECRETS, providerSecrets, REPORTS_KEY, UNLISTED } from './example.mjs';

export const OPERATOR = 'operator';
const DEPLOYMENT = `${OPERATOR}-gatehouse-operator`;
const REPLICAS = 2;
/** A Lease lasts 15 seconds, and whoever waits looks every two. */
const HANDED_OVER_WITHIN_MS = 30_000;

/** What it has no use for: databases, the other services' libraries, tools. */
const FOREIGN = ['pg', '@prisma/client', 'oidc-provider', 'typescript', 'esbuild'];

/** Run in the pod: who it is, whether it can write, and what packages its image has. */
const LOOK = `
const fs = require('node:fs');
let writes = true;
try { fs.writeFileSync('/gatehouse/planted', ''); } catch { writes = false; }
const { components } = JSON.parse(fs.readFileSync('/gatehouse/sbom.cdx.json', 'utf8'));
console.log(JSON.stringify({ user: process.getuid(), writes, packages: components.map(({ name }) => name) }));
`;

/** @returns {Promise<string>} what its pods are */
export async function podsAreRestricted(cluster, images) {
  const pods = await cluster.podsOf(OPERATOR);
  if (pods.length !== REPLICAS) throw new Cannot(`${pods.length} pods of the operator are ready.`);
  for (const { metadata, spec } of pods) {
    const { image } = spec.containers[0];
    if (image !== imageOf(images, OPERATOR)) throw new Cannot(`${metadata.name} runs ${image}.`);
    const { stdout, stderr } = await cluster.inside(metadata.name, 'node', '-e', LOOK);
    if (stdout === '') throw new Cannot(`${metadata.name} could not be asked: ${stderr}`);
    const { user, writes, packages } = JSON.parse(stdout);
    const foreign = packages.filter((name) => FOREIGN.includes(name));
    if (user !== 1000 || writes || foreign.length > 0 || !packages.includes('@kubernetes/client-node'))
      throw new Cannot(`${metadata.name}: user ${user}, writes ${writes}, has ${foreign.join(', ')}`);
  }
  return `${pods.length} pods of its image are ready, as user 1000 on a file system that they cannot write`;
}

/** @type {[string, string, boolean][]} */
const RIGHTS = [
  ['get', `secret/${PROVIDER_SECRETS}`, true],
  ['update', `secret/${CONFIG_MAP}-token-vault`, true],
  ['list', 'virtualmcpservers.toolhive.stacklok.dev', true],
  ['get', `secret/${UNLISTED}`, false],
  ['get', 'secret/gatehouse-token-vault', false],
  ['list', 'secrets', false],
  ['delete', `secret/${PROVIDER_SECRETS}`, false],
  ['list', 'configmaps', false],
  ['create', 'pods', false],
  ['create', 'deployments.apps', false],
  ['update', 'virtualmcpservers.toolhive.stacklok.dev', false],
  ['create', 'roles.rbac.authorization.k8s.io', false],
];

/** Asked of the API, for the account that the pods have. */
export async function mayNoMore(cluster) {
  const account = `system:serviceaccount:${cluster.namespace}:${DEPLOYMENT}`;
  for (const [verb, what, allowed] of RIGHTS) {
    const { stdout } = await cluster.kubectl('auth', 'can-i', verb, what, `--as=${account}`);
    if ((stdout.trim() === 'yes') !== allowed)
      throw new Cannot(`The operator ${allowed ? 'may not' : 'may'} ${verb} ${what}.`);
  }
  return `${RIGHTS.length} rights`;
}

async function leader(cluster) {
  const { code, stdout } = await cluster.kubectl('get', 'lease', DEPLOYMENT, '--output=json');
  const holder = code === 0 ? JSON.parse(stdout).spec.holderIdentity : '';
  return (await cluster.podsOf(OPERATOR)).some(({ metadata }) => metadata.name === holder)
    ? holder
    : undefined;
}

const METRICS =
  "require('node:http').get('http://127.0.0.1:4499/metrics', (answer) => answer.pipe(process.stdout))";

/** Of all replicas exactly one says that it works. */
async function oneLeads(cluster) {
  await until('One replica of the operator leads', async () => {
    const pods = await cluster.podsOf(OPERATOR);
    const said = await Promise.all(
      pods.map(async ({ metadata }) => (await cluster.inside(metadata.name, 'node', '-e', METRICS)).stdout),
    );
    return (
      said.length === REPLICAS &&
      said.filter((text) => /^gatehouse_operator_leads 1$/m.test(text)).length === 1
    );
  });
}

/** The leader's pod is deleted without a time to end; what changes meanwhile is written by another one. */
export async function deleteLeader(cluster) {
  const before = await until('Somebody leads', () => leader(cluster));
  await cluster.must('delete', 'pod', before, '--grace-period=0', '--force', '--wait=false');
  const beganMs = Date.now();
  await change(cluster, 'while-nobody-led');
  await until(
    'Another replica leads',
    async () => ![undefined, before].includes(await leader(cluster)),
    HANDED_OVER_WITHIN_MS,
  );
  const tookS = ((Date.now() - beganMs) / 1_000).toFixed(1);
  await isWritten(cluster, 'while-nobody-led');
  await cluster.must('rollout', 'status', `deployment/${DEPLOYMENT}`, '--timeout=120s');
  await oneLeads(cluster);
  await rotate(cluster, REPORTS_KEY);
  return `it led after ${tookS} s, and wrote a Secret that had changed`;
}

/** The next chart with the next image: one replica after the other. */
export async function upgrade(cluster, release, images) {
  const before = (await cluster.podsOf(OPERATOR)).map(({ metadata }) => metadata.uid);
  const next = nextChart(release.chart, release.folder);
  await cluster.mustHelm(
    ...['upgrade', OPERATOR, next, ...release.arguments, '--set-string', `image.tag=${images.next}`],
  );
  await until('The pods of before are gone', async () => {
    const pods = await cluster.list('pods', `app.kubernetes.io/component=${OPERATOR}`);
    return pods.every(({ metadata }) => !before.includes(metadata.uid));
  });
  await oneLeads(cluster);
  await rotate(cluster, 'after-the-upgrade');
  await rotate(cluster, REPORTS_KEY);
}

/** No replica runs, somebody changes a Secret, and they come back. */
export async function stopAndStart(cluster) {
  await cluster.must('scale', `deployment/${DEPLOYMENT}`, '--replicas=0');
  await until('No replica runs', async () => {
    const pods = await cluster.list('pods', `app.kubernetes.io/component=${OPERATOR}`);
    return pods.length === 0;
  });
  await change(cluster, 'while-nobody-ran');
  await cluster.must('scale', `deployment/${DEPLOYMENT}`, `--replicas=${REPLICAS}`);
  await cluster.must('rollout', 'status', `deployment/${DEPLOYMENT}`, '--timeout=120s');
  await isWritten(cluster, 'while-nobody-ran');
  await oneLeads(cluster);
  await rotate(cluster, REPORTS_KEY);
}

/** The key of the backend that is watched: of all backends it is the one that may refuse. */
const change = (cluster, reports) => cluster.apply(JSON.stringify(providerSecrets(reports)));

async function isWritten(cluster, reports) {
  await until(`"${reports}" is in the Secret of the proxies`, async () => {
    const text = await cluster.must('get', 'secret', `${CONFIG_MAP}-vmcp-proxy`, '--output=json');
    const data = Object.values(JSON.parse(text).data ?? {});
    return data.some((value) => Buffer.from(value, 'base64').toString() === reports);
  });
}

/** Somebody changes a value, and it is where the proxies read it. */
export async function rotate(cluster, reports) {
  await change(cluster, reports);
  await isWritten(cluster, reports);
}
