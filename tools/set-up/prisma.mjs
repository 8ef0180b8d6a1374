import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { REPOSITORY } from './repository.mjs';
import { mustRun } from './run.mjs';
import { step } from './say.mjs';

const FOLDER = join(REPOSITORY, 'prisma');
const PRISMA = join(REPOSITORY, 'node_modules/prisma/build/index.js');

/** Generates the client of every schema that changed since it was last generated. */
export async function ensurePrismaClients(node) {
  const schemas = existsSync(FOLDER) ? readdirSync(FOLDER).map((service) => describe(service)) : [];
  const stale = schemas.filter((schema) => schema !== undefined && !isCurrent(schema));
  if (stale.length === 0) return;
  await step('Generating database clients', async () => {
    for (const { config, digest, stamp } of stale) {
      await mustRun(node, [PRISMA, 'generate', '--config', config], {
        // `generate` needs no engine: with a stand-in named, none is ever downloaded.
        env: {
          PRISMA_SCHEMA_ENGINE_BINARY: standIn(),
          PRISMA_HIDE_UPDATE_MESSAGE: '1',
          CHECKPOINT_DISABLE: '1',
        },
      });
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
  return { config, digest, stamp: join(resolve(FOLDER, service, output), '.schema-digest') };
}

const isCurrent = ({ stamp, digest }) => existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;

const standIn = () => ['/bin/false', '/usr/bin/false'].find((path) => existsSync(path)) ?? 'false';
