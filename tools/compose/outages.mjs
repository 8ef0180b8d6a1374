/** What is taken away while people call through the reverse proxy, and what they notice of it. Each check answers with what is wrong. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { say } from '../set-up/say.mjs';
import { callsOfProxies } from './checks.mjs';

const CALLS_BEFORE = 200;
const CALLS_AFTER = 400;
/** Longer than a proxy keeps a credential (30 s): what is asked of the vault is asked in vain. */
const CUT_MS = 40_000;
/** Whatever has not happened by then is taken for not happening at all. */
const PATIENCE_MS = 300_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The load as a program of its own, which reads the authority's certificate when it starts. */
class Load {
  #child;
  #seen = { calls: 0, repeated: 0, failed: 0, wrong: 0, lastRightMs: 0, reasons: {} };
  #closed;

  constructor({ node, url, authority }) {
    this.#child = spawn(node, [join(REPOSITORY, 'tools/compose/load.mjs'), url], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: authority },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // It may end before it is asked to.
    this.#child.stdin.on('error', () => undefined);
    let rest = '';
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#seen = JSON.parse(line);
    });
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
  }

  get seen() {
    return this.#seen;
  }

  /** @param {(seen: { calls: number, lastRightMs: number }) => boolean} isTrue */
  async until(isTrue) {
    const untilMs = Date.now() + PATIENCE_MS;
    while (!isTrue(this.#seen)) {
      const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (isOver || Date.now() > untilMs)
        throw new Error(`${isOver ? 'the load ended' : 'nothing goes on'}: ${JSON.stringify(this.#seen)}`);
      await pause(50);
    }
  }

  async end() {
    this.#child.stdin.end();
    await this.#closed;
    return this.#seen;
  }
}

/**
 * @param {import('./compose.mjs').Compose} compose
 * @param {{ node: string, url: string, authority: string, up: string[], signIn: () => Promise<void> }} installation
 * @returns {[string, () => Promise<string[]>][]}
 */
export const outageChecks = (compose, installation) => [
  [
    'a proxy is killed under load: after repeats that are safe no call failed, none was of the wrong person',
    () => killedProxy(compose, installation),
  ],
  [
    'the network of the bus is cut under load and healed: everything goes on by itself',
    () => cutBus(compose, installation),
  ],
];

function verdict(what, { calls, repeated, failed, wrong, reasons }) {
  say(
    `  ${what}: ${calls} calls, ${repeated} repeats, ${failed} failed, ${wrong} of the wrong person ${JSON.stringify(reasons)}`,
  );
  return failed === 0 && wrong === 0 ? [] : [`${failed} calls failed, ${wrong} were of the wrong person`];
}

async function docker(compose, ...args) {
  const { code, stderr } = await compose.docker(...args);
  if (code !== 0) throw new Error(`docker ${args[0]}: ${stderr.trim()}`);
}

const containerOf = async (compose, wanted) => {
  const [container] = (await compose.running()).filter(({ service }) => service === wanted);
  return container;
};

async function killedProxy(compose, installation) {
  const load = new Load(installation);
  const before = await callsOfProxies(compose);
  let spread = [];
  try {
    await load.until(({ calls }) => calls >= CALLS_BEFORE);
    spread = (await callsOfProxies(compose)).map((count, index) => count - before[index]);
    await docker(compose, 'kill', (await containerOf(compose, 'vmcp-proxy')).Id);
    const { calls } = load.seen;
    await load.until((seen) => seen.calls >= calls + CALLS_AFTER);
  } finally {
    await load.end();
  }
  await compose.must(...installation.up);
  return [
    ...verdict(`calls at each proxy ${spread.join(', ')}; then one killed`, load.seen),
    ...(spread.every((count) => count > 0) ? [] : ['a proxy got no call']),
  ];
}

async function cutBus(compose, installation) {
  const load = new Load(installation);
  let healedMs = 0;
  let rightMs = 0;
  try {
    await load.until(({ calls }) => calls >= CALLS_BEFORE);
    const nats = await containerOf(compose, 'nats');
    const [network] = Object.keys(nats.NetworkSettings.Networks);
    await docker(compose, 'network', 'disconnect', network, nats.Id);
    await pause(CUT_MS);
    await docker(compose, 'network', 'connect', '--alias', 'nats', network, nats.Id);
    healedMs = Date.now();
    await load.until(({ lastRightMs }) => lastRightMs > healedMs);
    rightMs = Date.now();
    const { calls } = load.seen;
    await load.until((seen) => seen.calls >= calls + CALLS_AFTER);
  } finally {
    await load.end();
  }
  const signedIn = await untilSignedIn(installation.signIn);
  const seconds = (ms) => ((ms - healedMs) / 1_000).toFixed(1);
  return verdict(
    `the bus cut for ${CUT_MS / 1_000} s; since it healed, a call was right after ${seconds(rightMs)} s, and somebody had signed in and called every backend after ${seconds(signedIn)} s`,
    load.seen,
  );
}

/** A sign-in needs all three services, and nothing of it is kept from before. */
async function untilSignedIn(signIn) {
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await signIn();
      return Date.now();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await pause(500);
    }
  }
}
