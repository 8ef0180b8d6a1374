import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Compose } from '../compose/compose.mjs';
import { find } from '../set-up/programs.mjs';
import { Cannot, step } from '../set-up/say.mjs';

/** What docker-compose.yml builds. */
const COMPOSED = ['authorization-server', 'token-vault', 'vmcp-proxy', 'gatehouse', 'demonstration'];
/** Of a cluster alone. */
const OPERATOR = 'operator';
const PROGRAMS = [...COMPOSED, OPERATOR];
/** Nobody has it: a cluster that does not have the images cannot find others by their names. */
const NO_REGISTRY = 'gatehouse.invalid';

const POSTGRES = process.env.POSTGRES_IMAGE ?? 'postgres:17';
const NATS = process.env.NATS_IMAGE ?? 'nats:2-alpine';
/** Of the official image; another one has another user. */
const POSTGRES_USER = Number(process.env.POSTGRES_UID ?? 999);

/**
 * Clusters on this machine, by their contexts: how an archive of images gets into one.
 * @type {{pattern: RegExp, command: (name: string) => string[]}[]}
 */
const LOCAL = [
  { pattern: /^kind-(.+)$/, command: (name) => ['kind', 'load', 'image-archive', '--name', name] },
  { pattern: /^k3d-(.+)$/, command: (name) => ['k3d', 'image', 'import', '--cluster', name] },
  { pattern: /^(minikube)$/, command: (name) => ['minikube', '--profile', name, 'image', 'load'] },
];
/** They run what the Docker engine of this machine has. */
const SAME_ENGINE = /^(docker-desktop|rancher-desktop|orbstack)$/;

/**
 * How images get into the cluster of that context.
 * @returns {{kind: 'there' | 'push' | 'shared'} | {kind: 'load', command: string[]} | undefined}
 */
function wayInto(context) {
  const { CLUSTER_IMAGES, CLUSTER_LOAD, CLUSTER_REGISTRY } = process.env;
  if (CLUSTER_IMAGES === 'there') return { kind: 'there' };
  if (CLUSTER_LOAD) return { kind: 'load', command: CLUSTER_LOAD.split(' ').filter(Boolean) };
  if (CLUSTER_REGISTRY) return { kind: 'push' };
  if (SAME_ENGINE.test(context)) return { kind: 'shared' };
  for (const { pattern, command } of LOCAL) {
    const [, name] = pattern.exec(context) ?? [];
    if (name !== undefined) return { kind: 'load', command: command(name) };
  }
  return undefined;
}

/** Why no image can get into the cluster; `undefined` when one can. */
export async function whyNoImages(context) {
  const way = wayInto(context);
  if (way === undefined)
    return (
      `nothing says how images get into the cluster of the context "${context}". Set CLUSTER_REGISTRY (they are pushed there), ` +
      'CLUSTER_LOAD (a command that takes an archive of images), or CLUSTER_IMAGES=there'
    );
  if (way.kind === 'there') return undefined;
  if (way.kind === 'load') {
    const [program] = way.command;
    if (!existsSync(program) && find(program) === undefined)
      return `there is no ${program} here, which brings images into the cluster`;
  }
  return await Compose.whyNot();
}

/**
 * Builds the images, and brings them into the cluster under two tags: that of the installation and that of an upgrade.
 * @returns {Promise<{registry: string, tag: string, next: string, postgres: string, postgresUser: number, nats: string}>}
 */
export async function bringImages(cluster, folder) {
  const way = wayInto(cluster.context);
  if (way === undefined) throw new Cannot('Nothing says how images get into the cluster.');
  const registry = process.env.CLUSTER_REGISTRY ?? NO_REGISTRY;
  const bases = { postgres: POSTGRES, postgresUser: POSTGRES_USER, nats: NATS };
  if (way.kind === 'there') {
    const tag = process.env.GATEHOUSE_TAG ?? 'local';
    return { registry, tag, next: `${tag}-next`, ...bases };
  }
  const local = (program) => `gatehouse/${program}:${process.env.GATEHOUSE_TAG ?? 'local'}`;
  const docker = (...args) => mustDocker(cluster, ...args);
  await step('Building the images', async () => {
    await docker('compose', '--ansi', 'never', '--profile', 'demo', 'build', '--quiet');
    await docker('build', '--quiet', ...operatorBuild(), '--tag', local(OPERATOR), '.');
  });
  // Of what is in them: images of another state have another tag.
  const ids = await docker('image', 'inspect', '--format', '{{.Id}}', ...PROGRAMS.map(local));
  const tag = createHash('sha256').update(ids).digest('hex').slice(0, 12);
  const tags = [tag, `${tag}-next`];
  const names = PROGRAMS.flatMap((program) =>
    tags.map((one) => [local(program), `${registry}/gatehouse/${program}:${one}`]),
  );
  for (const [from, to] of names) await docker('tag', from, to);
  await step('Bringing the images into the cluster', () =>
    bring(
      way,
      names.map(([, name]) => name),
      { cluster, docker, folder },
    ),
  );
  return { registry, tag, next: tags[1], ...bases };
}

/** As docker-compose.yml builds what is no service, and with the same variables. */
function operatorBuild() {
  const given = [
    ['SERVICE', OPERATOR],
    ['NODE_IMAGE', process.env.NODE_IMAGE],
    ['BASE_IMAGE', process.env.BASE_IMAGE ?? process.env.NODE_IMAGE],
    ['BASE_DIGEST', process.env.GATEHOUSE_BASE_DIGEST],
    ['REVISION', process.env.GATEHOUSE_REVISION],
    ['CREATED', process.env.GATEHOUSE_CREATED],
    ['SOURCE', process.env.GATEHOUSE_SOURCE],
  ].filter(([, value]) => value !== undefined);
  return [
    ...['--file', 'infra/docker/Dockerfile', '--target', 'program'],
    ...given.flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
  ];
}

async function bring(way, names, { cluster, docker, folder }) {
  if (way.kind === 'push') for (const name of names) await docker('push', '--quiet', name);
  if (way.kind !== 'load') return;
  // What the engine has of the others goes along; the cluster pulls what it has not.
  const bases = [];
  for (const base of [POSTGRES, NATS])
    if ((await cluster.execute('docker', ['image', 'inspect', base])).code === 0) bases.push(base);
  const archive = join(folder, 'images.tar');
  await docker('save', '--output', archive, ...names, ...bases);
  const [command, ...args] = way.command;
  const { code, stderr } = await cluster.execute(command, [...args, archive]);
  if (code !== 0) throw new Cannot(`${way.command.join(' ')} failed:\n${stderr.slice(-2_000)}`);
}

async function mustDocker(cluster, ...args) {
  const { code, stdout, stderr } = await cluster.execute('docker', args);
  if (code !== 0) throw new Cannot(`docker ${args.slice(0, 2).join(' ')} failed:\n${stderr.slice(-3_000)}`);
  return stdout;
}
