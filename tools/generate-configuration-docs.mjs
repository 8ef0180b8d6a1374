/** Writes docs/configuration.md, docs/providers.md and docs/reference/manifests.md from the built libs/config; with --check, exits 1 when a committed page differs. */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { configurationDocumentation } from '../libs/config/dist/documentation.js';
import { manifestsDocumentation } from '../libs/config/dist/manifest-fields/documentation.js';
import { providersDocumentation } from '../libs/config/dist/profiles/documentation.js';

const EXAMPLE = new URL('../libs/config/examples/gatehouse.yaml', import.meta.url);

/** @type {readonly (readonly [string, string])[]} */
const pages = [
  ['docs/configuration.md', configurationDocumentation(await readFile(EXAMPLE, 'utf8'))],
  ['docs/providers.md', providersDocumentation()],
  ['docs/reference/manifests.md', manifestsDocumentation()],
];

for (const [name, text] of pages) {
  const file = new URL(`../${name}`, import.meta.url);
  const page = await format(text, { ...(await resolveConfig(file)), parser: 'markdown' });
  if (!process.argv.includes('--check')) await writeFile(file, page);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== page) {
    console.error(
      `${name} is out of date. Build libs/config, then run: node tools/generate-configuration-docs.mjs`,
    );
    process.exitCode = 1;
  }
}
