import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { REPOSITORY } from './repository.mjs';
import { mustRun } from './run.mjs';
import { step } from './say.mjs';

const FOLDER = join(REPOSITORY, 'prisma');
const PRISMA = join(REPOSITORY, 'node_modules/prisma/build/index.js');

/** Generates the client of every schema that changed since it was last generated. */
export async function ensurePrismaClients(node) {
  const schemas = existsSync(FOLDER) ? readdirSync(FOLDER).flatMap((service) => describe(service) ?? []) : [];
  const stale = schemas.filter((schema) => !isCurrent(schema));
  if (stale.length === 0) return;
  await step('Generating database clients', async () => {
    for (const { config, digest, folder, stamp } of stale) {
      // What is left there could be taken for somebody's own files, and refused.
      if (folder.includes('/generated')) rmSync(folder, { recursive: true, force: true });
      await mustRun(node, [PRISMA, 'generate', '--config', config], {
        // `generate` needs no engine: with a stand-in named, none is ever downloaded.
        env: {
          PRISMA_SCHEMA_ENGINE_BINARY: standIn(),
          PRISMA_HIDE_UPDATE_MESSAGE: '1',
          CHECKPOINT_DISABLE: '1',
        },
      });
      mkdirSync(dirname(stamp), { recursive: true });
      writeFileSync(stamp, digest);
    }
  });
}

function describe(service) {
  const schema = join(FOLDER, service, 'schema.prisma');
  const config = join(FOLDER, service, 'prisma.config.ts');
  if (!existsSync(schema) || !existsSync(config)) return undefined;
  const text = readFileSync(schema, 'utf8');
  const output = /^\s*output\s*=\s*"([^"]+)"/m.exec(text)?.[1] ?? 'generated';
  const version = JSON.parse(
    readFileSync(join(REPOSITORY, 'node_modules/prisma/package.json'), 'utf8'),
  ).version;
  const digest = createHash('sha256').update(`${version}\n${text}`).digest('hex');
  const folder = resolve(FOLDER, service, output);
  return { config, digest, folder, stamp: join(REPOSITORY, '.gatehouse', `client-of-${service}`) };
}

const isCurrent = ({ folder, stamp, digest }) =>
  existsSync(join(folder, 'client.ts')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;

const standIn = () => ['/bin/false', '/usr/bin/false'].find((path) => existsSync(path)) ?? 'false';
