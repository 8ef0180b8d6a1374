/** Writes docs/configuration.md from the built schemas of libs/config; with --check, exits 1 when the committed page differs. */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { configurationDocumentation } from '../libs/config/dist/documentation.js';

const PAGE = new URL('../docs/configuration.md', import.meta.url);
const EXAMPLE = new URL('../libs/config/examples/gatehouse.yaml', import.meta.url);

const options = await resolveConfig(PAGE);
const page = await format(configurationDocumentation(await readFile(EXAMPLE, 'utf8')), {
  ...options,
  parser: 'markdown',
});

if (process.argv.includes('--check')) {
  const committed = await readFile(PAGE, 'utf8').catch(() => '');
  if (committed !== page) {
    console.error(
      'docs/configuration.md is out of date. Build libs/config, then run: node tools/generate-configuration-docs.mjs',
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(PAGE, page);
}
