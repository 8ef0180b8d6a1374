/** Writes the CustomResourceDefinitions of the operator's chart from the built libs/config; with --check, exits 1 when a committed one differs. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { customResourceDefinitions } from '../libs/config/dist/manifest-fields/custom-resource-definitions.js';

const FOLDER = 'infra/helm/gatehouse-operator/crds';
const HEAD =
  '# Made by tools/generate-custom-resource-definitions.mjs from libs/config/src/manifest-fields.\n';

const folder = new URL(`../${FOLDER}/`, import.meta.url);
const isCheck = process.argv.includes('--check');
const complain = (name) => {
  console.error(
    `${FOLDER}/${name} is out of date. Build libs/config, then run: node tools/generate-custom-resource-definitions.mjs`,
  );
  process.exitCode = 1;
};

await mkdir(folder, { recursive: true });
const definitions = new Map(
  [...customResourceDefinitions()].map(([name, definition]) => [`${name}.yaml`, definition]),
);
for (const [name, definition] of definitions) {
  const file = new URL(name, folder);
  const written = await format(HEAD + definition, { ...(await resolveConfig(file)), parser: 'yaml' });
  if (!isCheck) await writeFile(file, written);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== written) complain(name);
}
for (const name of await readdir(folder))
  if (!definitions.has(name)) {
    if (isCheck) complain(name);
    else await rm(new URL(name, folder));
  }
