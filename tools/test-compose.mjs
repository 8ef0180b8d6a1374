/**
 * `npm run test:compose`: the images and docker-compose.yml for real. Builds, brings the demonstration up with three proxies, does the main job
 * through the reverse proxy, looks at what every container may do and know, runs the commands of Docker that pages show, and takes everything down
 * again. With `-- --pages` it does nothing but the pages. Without a Docker engine it says so and ends with 0; with REQUIRE_DOCKER=1 that is a failure.
 */
import { setMaxListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksOf } from './compose/checks.mjs';
import { Compose } from './compose/compose.mjs';
import { imageChecks, sizesOfImages } from './compose/images.mjs';
import { observeChecks } from './compose/observe.mjs';
import { outageChecks } from './compose/outages.mjs';
import { pageChecks } from './compose/pages.mjs';
import { ensureBuild } from './set-up/build.mjs';
import { ensureDependencies, pinnedNode } from './set-up/dependencies.mjs';
import { ensurePrismaClients } from './set-up/prisma.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { Cannot, say, step } from './set-up/say.mjs';

const EXAMPLE = 'gatehouse.yaml';
/** The same, for what watches it. */
const OBSERVED = 'gatehouse.observed.yaml';
const DEFAULT_BASE = 4483;
/** From the base: the reverse proxy, both identity providers, Grafana. */
const OFFSETS = { reverseProxy: 0, acmeSso: 3, octo: 4, grafana: 25 };
const REPLICAS = 3;
const VAULTS = 2;
const SCALE = ['--scale', `vmcp-proxy=${REPLICAS}`, '--scale', `token-vault=${VAULTS}`];

const stop = new AbortController();
// One for every program that runs at the same time.
setMaxListeners(64, stop.signal);

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** The ports of the example where they are free, else others: a demonstration that runs already is left alone. */
async function choosePorts() {
  for (const base of [DEFAULT_BASE, 14_483, 24_483, 34_483]) {
    const ports = Object.values(OFFSETS).map((offset) => base + offset);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
  throw new Cannot(
    'Of the ports 4483, 4486, 4487 and 4508 one is taken, and so are the same ones 10000, 20000 and 30000 above.',
  );
}

/** Addresses that browsers use, where this test has other ports than the examples. */
const movedTo = (base) => (text) =>
  text.replaceAll(
    /\blocalhost:(44\d\d)\b/g,
    (_all, port) => `localhost:${Number(port) - DEFAULT_BASE + base}`,
  );

/** The committed example itself when its ports are free; a copy with only the addresses that browsers use moved when not. */
function configurationFor(base, folder, name) {
  const example = join(REPOSITORY, 'examples/compose', name);
  if (base === DEFAULT_BASE) return example;
  const file = join(folder, name);
  writeFileSync(file, movedTo(base)(readFileSync(example, 'utf8')), { mode: 0o644 });
  return file;
}

/** Signs in once and calls every backend; throws when a single token was not the right one. */
async function mainJob(compose, node, configuration, authority) {
  const program = join(REPOSITORY, 'apps/gatehouse/dist/main.js');
  const args = [program, 'demonstrate', '--config', configuration, '--json'];
  const { code, stdout, stderr } = await compose.execute(node, args, { NODE_EXTRA_CA_CERTS: authority });
  say(stderr.trimEnd());
  const rows = code === 0 ? JSON.parse(stdout) : [];
  if (rows.length === 0 || !rows.every(({ ok }) => ok)) throw new Cannot('The main job went wrong.');
}

/** Says how long each service takes from its start to its first ready answer, with all that it needs at hand: 2 s where nothing else runs. */
async function timesToReady(compose) {
  const problems = [];
  for (const service of ['authorization-server', 'token-vault', 'vmcp-proxy']) {
    const [container] = (await compose.running()).filter((one) => one.service === service);
    await compose.docker('stop', container.Id);
    await compose.docker('start', container.Id);
    const script =
      'const ask = () => fetch(process.env.HEALTH_URL).then(({ ok }) => ok, () => false).then((ok) => ok ? console.log(Date.now()) : setTimeout(ask, 20)); ask();';
    const { stdout } = await compose.inside(container, 'node', '-e', script);
    const [{ State }] = (await compose.running()).filter(({ Id }) => Id === container.Id);
    const seconds = (Number(stdout) - Date.parse(State.StartedAt)) / 1_000;
    say(`  ${service.padEnd(24)}${seconds.toFixed(1).padStart(6)} s from start to ready`);
    if (stdout === '') problems.push(`${service} did not start again`);
  }
  return problems;
}

/**
 * The image itself where it can be had, else one of Debian's package in its place, if there is a file for it.
 * @param {string | undefined} standIn `caddy`: of `caddy.Dockerfile`, and handed to compose as `CADDY_IMAGE`
 */
async function hasImage(compose, image, standIn) {
  if ((await compose.docker('image', 'inspect', image)).code === 0) return true;
  if ((await compose.docker('pull', '--quiet', image)).code === 0) return true;
  if (standIn === undefined) return false;
  say(`${image} cannot be had: a stand-in is built of Debian's package.`);
  // Under a name of ours: whoever asks this engine for the official one later gets that one, or none.
  const tag = `gatehouse/${standIn}-of-debian:local`;
  const file = ['--file', `infra/docker/${standIn}.Dockerfile`, '--tag', tag, 'infra/docker'];
  const { code, stderr } = await compose.docker('build', '--quiet', ...file);
  if (code !== 0) throw new Cannot(`${image} cannot be had, and no stand-in be built: ${stderr}`);
  process.env[`${standIn.toUpperCase()}_IMAGE`] = tag;
  return true;
}

/** Of what the compose file does not build. */
async function ensureImages(compose) {
  const { services } = JSON.parse(await compose.must('config', '--format', 'json'));
  const has = (service, standIn) => hasImage(compose, services[service].image, standIn);
  await has('reverse-proxy', 'caddy');
  return {
    prometheus: await has('prometheus', 'prometheus'),
    grafana: await has('grafana', undefined),
    collector: await has('collector', undefined),
  };
}

/** Of the checkout; empty where it is none. */
async function revisionOf(compose) {
  const { code, stdout } = await compose.execute('git', ['rev-parse', 'HEAD']);
  return code === 0 ? stdout.trim() : '';
}

async function runChecks(checks) {
  let failures = 0;
  for (const [name, check] of checks) {
    const problems = await check().catch((error) => [error.message]);
    say(problems.length === 0 ? `ok   ${name}` : `FAIL ${name}\n     ${problems.join('\n     ')}`);
    failures += problems.length === 0 ? 0 : 1;
  }
  if (failures > 0) throw new Cannot(`${failures} of the checks failed.`);
}

/** From here on an interruption takes everything down first; during the set-up it just ended the program. */
function takeOverSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.removeAllListeners(signal).on(signal, () => stop.abort());
}

/** What fails while everything starts and is used is explained by what the containers wrote. */
async function withLogs(compose, work) {
  try {
    await work();
  } catch (error) {
    if (!stop.signal.aborted) say(await compose.logs());
    throw error;
  }
}

/** The compose file with this test's ports, as most of the checks use it, and with what watches it. */
async function installationIn(folder) {
  const base = await choosePorts();
  if (base !== DEFAULT_BASE) say(`The usual ports are taken; these begin at ${base}.`);
  const revision = await revisionOf(new Compose(stop.signal, {}));
  const environment = {
    GATEHOUSE_PORT: String(base + OFFSETS.reverseProxy),
    GATEHOUSE_ACME_SSO_PORT: String(base + OFFSETS.acmeSso),
    GATEHOUSE_OCTO_PORT: String(base + OFFSETS.octo),
    GATEHOUSE_GRAFANA_PORT: String(base + OFFSETS.grafana),
    GATEHOUSE_REVISION: revision,
  };
  const configuration = configurationFor(base, folder, EXAMPLE);
  const observed = configurationFor(base, folder, OBSERVED);
  const compose = new Compose(stop.signal, { ...environment, GATEHOUSE_CONFIG: configuration });
  const watched = new Compose(stop.signal, { ...environment, GATEHOUSE_CONFIG: observed }, ['observe']);
  return { base, revision, environment, configuration, compose, watched };
}

async function testDemonstration(node, folder, images, installation) {
  const { base, revision, configuration, compose, watched } = installation;
  const authority = join(folder, 'authority.crt');
  const replicas = { 'authorization-server': 1, 'token-vault': VAULTS, 'vmcp-proxy': REPLICAS };
  const up = ['up', '--detach', '--wait', '--no-build', ...SCALE];
  const signIn = () => mainJob(compose, node, configuration, authority);
  await withLogs(compose, async () => {
    await step(`From nothing to ready, with ${REPLICAS} proxies and ${VAULTS} vaults`, () =>
      compose.must(...up),
    );
    await compose.must('cp', 'reverse-proxy:/authority/root.crt', authority);
    // Each proxy gets calls of some of them.
    for (let time = 1; time <= REPLICAS; time += 1) await step('Main job', signIn);
    say(await step('docker compose run --rm demo', () => compose.must('run', '--rm', '--no-TTY', 'demo')));
  });
  say('\nImages (at most 40 MB on top of the base)');
  const sizes = await sizesOfImages(compose);
  say('\nChecks');
  const checks = checksOf(compose, REPLICAS, up);
  await runChecks([
    ['no image is too big', () => Promise.resolve(sizes)],
    ...imageChecks(compose, revision),
    ...checks.slice(0, -1),
    ...outageChecks(compose, { node, url: `https://localhost:${base}/mcp`, authority, up, signIn }),
    // Counters begin anew, so it comes late; the last check stops everything.
    ['a service that starts again becomes ready', () => timesToReady(compose)],
    ...observeChecks(watched, { up, images, replicas, signIn }),
    ...checks.slice(-1),
  ]);
}

async function testAll(node, folder) {
  takeOverSignals();
  const installation = await installationIn(folder);
  const { base, environment, compose, watched } = installation;
  const place = { environment, folder, moved: movedTo(base), signal: stop.signal };
  try {
    await watched.down();
    await step('Building the images', () => compose.must('build', '--quiet'));
    const images = await ensureImages(watched);
    if (!process.argv.includes('--pages')) await testDemonstration(node, folder, images, installation);
    await watched.down();
    say('\nPages');
    await runChecks(pageChecks(watched, { ...place, images }));
  } finally {
    await step('Taking everything down', () => watched.down());
  }
}

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-compose-'));
try {
  const missing = await Compose.whyNot();
  if (missing !== undefined) {
    say(`test:compose skipped: ${missing}`);
    process.exitCode = process.env.REQUIRE_DOCKER === '1' ? 1 : 0;
  } else {
    await ensureDependencies();
    const node = await pinnedNode();
    await ensurePrismaClients(node);
    await ensureBuild(node);
    await testAll(node, folder);
    say('\ntest:compose passed');
  }
} catch (error) {
  if (!(error instanceof Cannot)) throw error;
  say(`\ntest:compose FAILED: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
