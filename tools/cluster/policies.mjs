/**
 * Who reaches whom, asked by the pods themselves. Whether the network plugin of a cluster enforces NetworkPolicies is found out with a policy
 * and a pod that have nothing to do with the chart; where it does not, only the ways that have to be open are looked at.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Cannot } from '../set-up/say.mjs';
import { FULL_NAME } from './cluster.mjs';
import { HARDENED, HARDENED_CONTAINER, imageOf, PORTS } from './demonstration.mjs';

const PROBE = 'policy-probe';
const PROBE_PORT = 8080;
const ENFORCED_WITHIN_MS = 20_000;

const STRANGER = 'repos';
const INTERNAL = { 'authorization-server': 4496, 'token-vault': 4485, 'vmcp-proxy': 4495 };
/** @type {[string, number]} */
const NATS = [`${FULL_NAME}-nats`, 4222];
/** @type {[string, number]} */
const POSTGRES = [`${FULL_NAME}-postgres`, 5432];
/** @type {[string, number]} */
const PROXY = [`${FULL_NAME}-vmcp-proxy`, 4483];
/** @type {[string, number]} */
const SERVER = [`${FULL_NAME}-authorization-server`, 4484];
/** @type {(name: keyof typeof PORTS) => [string, number]} */
const part = (name) => [name, PORTS[name]];
/**
 * A listener that no Service leads to.
 * @type {(component: keyof typeof INTERNAL) => [string, number]}
 */
const internal = (component) => [component, INTERNAL[component]];

/**
 * From which part, to where, and whether that way is open.
 * @type {[string, [string, number], boolean][]}
 */
const WAYS = [
  ['vmcp-proxy', NATS, true],
  ['vmcp-proxy', part('repos'), true],
  ['vmcp-proxy', POSTGRES, false],
  ['vmcp-proxy', SERVER, false],
  ['vmcp-proxy', part('acme-sso'), false],
  ['vmcp-proxy', internal('token-vault'), false],
  ['token-vault', NATS, true],
  ['token-vault', POSTGRES, true],
  ['token-vault', part('acme-sso'), true],
  ['token-vault', PROXY, false],
  ['token-vault', part('repos'), false],
  ['authorization-server', NATS, true],
  ['authorization-server', POSTGRES, true],
  ['authorization-server', part('acme-sso'), false],
  ['authorization-server', PROXY, false],
  ['authorization-server', internal('token-vault'), false],
  [STRANGER, PROXY, true],
  [STRANGER, SERVER, true],
  [STRANGER, NATS, false],
  [STRANGER, POSTGRES, false],
  [STRANGER, internal('token-vault'), false],
  [STRANGER, internal('vmcp-proxy'), false],
  [STRANGER, internal('authorization-server'), false],
];

/** Says `open` when somebody accepts the connection, else `closed`. A question that fails says neither. */
const CONNECT =
  "const [host, port] = process.argv.slice(1); const say = (word) => { console.log(word); process.exit(0); }; const socket = require('node:net').connect(Number(port), host, () => say('open')); socket.on('error', () => say('closed')); setTimeout(() => say('closed'), 3000);";

/** @returns {Promise<{enforced: boolean, looked: number, problems: string[]}>} */
export async function policyProblems(cluster, images) {
  const enforced = await isEnforced(cluster, images);
  const ways = enforced ? WAYS : WAYS.filter(([, , open]) => open);
  const problems = [];
  for (const [from, [to, port], open] of ways) {
    const [pod] = await cluster.podsOf(from);
    if (pod === undefined) throw new Cannot(`No pod of ${from} is ready.`);
    const host = to in INTERNAL ? (await cluster.podsOf(to))[0]?.status.podIP : to;
    if (host === undefined) throw new Cannot(`No pod of ${to} is ready.`);
    if ((await reaches(cluster, pod, host, port, open)) !== open)
      problems.push(`${from} ${open ? 'does not reach' : 'reaches'} ${to}:${port}`);
  }
  return { enforced, looked: ways.length, problems };
}

/** What has to be open may take another try: a name may not be known yet. */
async function reaches(cluster, pod, host, port, expected) {
  for (let tries = expected ? 3 : 1; tries > 0; tries -= 1) {
    const { name } = pod.metadata;
    const { stdout, stderr } = await cluster.inside(name, 'node', '-e', CONNECT, host, String(port));
    if (stdout.trim() === 'open') return true;
    if (stdout.trim() !== 'closed') throw new Cannot(`${name} could not be asked for a way: ${stderr}`);
  }
  return false;
}

async function isEnforced(cluster, images) {
  const labels = { app: PROBE };
  const listen = `require('node:net').createServer((socket) => socket.destroy()).listen(${PROBE_PORT})`;
  const container = {
    name: PROBE,
    image: imageOf(images, 'gatehouse'),
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '-e', listen],
    readinessProbe: { tcpSocket: { port: PROBE_PORT }, periodSeconds: 1 },
    ...HARDENED_CONTAINER,
  };
  await cluster.create([
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: PROBE, labels },
      spec: { ...HARDENED, terminationGracePeriodSeconds: 1, containers: [container] },
    },
  ]);
  await cluster.must('wait', '--for=condition=Ready', `pod/${PROBE}`, '--timeout=60s');
  const { status } = JSON.parse(await cluster.must('get', 'pod', PROBE, '--output=json'));
  const [stranger] = await cluster.podsOf(STRANGER);
  const isOpen = () => reaches(cluster, stranger, status.podIP, PROBE_PORT, false);
  if (!(await isOpen())) throw new Cannot('A pod that no policy selects cannot be reached.');
  await cluster.create([
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: PROBE },
      spec: { podSelector: { matchLabels: labels }, policyTypes: ['Ingress'] },
    },
  ]);
  for (const deadlineMs = Date.now() + ENFORCED_WITHIN_MS; Date.now() < deadlineMs; await delay(1_000))
    if (!(await isOpen())) return true;
  return false;
}
