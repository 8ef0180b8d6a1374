import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { REPOSITORY } from '../set-up/repository.mjs';
import { Cannot } from '../set-up/say.mjs';
import { FULL_NAME } from './cluster.mjs';
import { BROWSER_WAYS, HARDENED, HARDENED_CONTAINER, imageOf } from './demonstration.mjs';

const NAME = 'load';
export const PEOPLE = 6;
const LOOK_EVERY_MS = 1_000;
/** Of all together: what comes late is seen, too. */
const SETTLED_CALLS = 48;
const MOST_MS = 180_000;
/** Whose token arrives where, in examples/compose (load-program.mjs). */
const BACKENDS = 'repos=octo- directory=acme- tickets=acme- tickets-self=';
/** Each of them has asked each of two replicas by then, more or less. */
const SURE_IN_A_ROW = 4 * PEOPLE;
/** A ConfigMap holds no more. */
const MOST_BYTES = 1_000_000;

/** Packages of CommonJS ask for `require`, and a module has none. */
const BANNER =
  "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);";

async function bundled() {
  const { outputFiles } = await build({
    entryPoints: [join(REPOSITORY, 'tools/cluster/load-program.mjs')],
    bundle: true,
    minify: true,
    keepNames: true,
    legalComments: 'none',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: { js: BANNER },
    write: false,
    logLevel: 'warning',
  });
  const zipped = gzipSync(outputFiles[0].contents).toString('base64');
  if (zipped.length > MOST_BYTES)
    throw new Cannot(`The load is ${zipped.length} bytes, too long for a ConfigMap.`);
  return zipped;
}

/** The pod unpacks it: it has a folder of its own for that. */
const UNPACK =
  "const fs = require('node:fs'); fs.writeFileSync('/tmp/load.mjs', require('node:zlib').gunzipSync(fs.readFileSync('/load/load.mjs.gz'))); import('/load/main-job.mjs');";

/** The pod with people in it. What is at localhost for them is where the pod of `helm test` has it, too (main-job.mjs). */
export class Load {
  #cluster;
  #asked;

  /**
   * @param {import('./cluster.mjs').Cluster} cluster
   * @param {{backends?: string, watched?: string}} [asked] the backends that may not fail, and one that may
   */
  constructor(cluster, { backends = BACKENDS, watched = '' } = {}) {
    this.#cluster = cluster;
    this.#asked = { BACKENDS: backends, WATCHED: watched };
  }

  async start(images) {
    const ways = [
      { port: 4483, to: `${FULL_NAME}-vmcp-proxy:4483` },
      { port: 4484, to: `${FULL_NAME}-authorization-server:4484` },
      ...BROWSER_WAYS,
    ];
    const environment = {
      WAYS: ways.map(({ port, to }) => `${port}=${to}`).join(' '),
      PROGRAM: '/tmp/load.mjs',
      MCP_URL: 'http://localhost:4483/mcp',
      ...this.#asked,
    };
    const program = readFileSync(join(REPOSITORY, 'infra/helm/gatehouse/files/main-job.mjs'), 'utf8');
    await this.#cluster.create([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: NAME },
        data: { 'main-job.mjs': program },
        binaryData: { 'load.mjs.gz': await bundled() },
      },
      podOf(images, environment),
    ]);
  }

  /** What it said last. */
  async counts() {
    const lines = (await this.#cluster.must('logs', NAME, '--tail=5')).trimEnd().split('\n');
    const line = lines.findLast((text) => text.startsWith('{'));
    if (line !== undefined) return JSON.parse(line);
    const { status } = JSON.parse(await this.#cluster.must('get', 'pod', NAME, '--output=json'));
    if (status.phase === 'Failed') throw new Cannot(`The load ended:\n${lines.join('\n')}`);
    const watched = { isRight: false, inARow: 0 };
    return { signedIn: 0, calls: 0, failed: 0, wrong: 0, renewed: 0, slowestMs: 0, watched, troubles: [] };
  }

  async #until(what, isSo) {
    const deadlineMs = Date.now() + MOST_MS;
    for (;;) {
      const counts = await this.counts();
      if (isSo(counts)) return counts;
      if (Date.now() > deadlineMs)
        throw new Cannot(`${what}: not within ${MOST_MS / 1_000} s. ${JSON.stringify(counts)}`);
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Until everybody is signed in, and calls. */
  async ready() {
    await this.#cluster.must('wait', '--for=condition=Ready', `pod/${NAME}`, '--timeout=120s');
    return await this.#until(
      'Everybody signs in',
      ({ signedIn, calls }) => signedIn === PEOPLE && calls > SETTLED_CALLS,
    );
  }

  /** Until everybody is answered so by the backend that is watched. */
  watched = (wanted) =>
    this.#until(
      `The backend that is watched ${wanted ? 'answers' : 'refuses'}`,
      ({ watched: { isRight, inARow } }) => isRight === wanted && inARow >= SURE_IN_A_ROW,
    );

  /** Until everybody's token was renewed at least once, however fast the rest was. */
  renewed = () => this.#until('Tokens are renewed', ({ renewed }) => renewed >= PEOPLE);

  /**
   * Does something while they call, and says what it cost them, from before it to well after it.
   * @returns {Promise<{said: string, problems: string[]}>} no problem is good
   */
  async during(work) {
    const before = await this.counts();
    await work();
    const there = await this.counts();
    const after = await this.#until('Calls go on', ({ calls }) => calls >= there.calls + SETTLED_CALLS);
    const changed = (name) => after[name] - before[name];
    const said = `${changed('calls')} calls, ${changed('failed')} failed, ${changed('wrong')} with another token, ${changed('renewed')} tokens renewed`;
    const wrong = changed('failed') > 0 || changed('wrong') > 0;
    const problems = wrong ? [said, ...after.troubles.slice(before.troubles.length)] : [];
    return { said, problems };
  }
}

const podOf = (images, environment) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: NAME, labels: { app: NAME } },
  spec: {
    ...HARDENED,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: NAME,
        image: imageOf(images, 'gatehouse'),
        imagePullPolicy: 'IfNotPresent',
        command: ['node', '-e', UNPACK],
        env: Object.entries(environment).map(([name, value]) => ({ name, value })),
        volumeMounts: [
          { name: 'load', mountPath: '/load', readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
        ],
        ...HARDENED_CONTAINER,
      },
    ],
    volumes: [
      { name: 'load', configMap: { name: NAME } },
      { name: 'tmp', emptyDir: {} },
    ],
  },
});
