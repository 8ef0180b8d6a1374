/**
 * `npm run docs`: the documentation as a static site, in dist/docs, one folder for each version. `-- --serve` shows it then,
 * `-- --port 8080` where, `-- --base /gatehouse/` is for a host that has it below a path.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allForAgents, listForAgents } from './docs/agents.mjs';
import { readPages } from './docs/pages.mjs';
import { serve } from './docs/serve.mjs';
import { stage } from './docs/stage.mjs';
import { ensureDependencies, pinnedNode } from './set-up/dependencies.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { mustRun } from './set-up/run.mjs';
import { say } from './set-up/say.mjs';

const { values } = parseArgs({
  options: {
    serve: { type: 'boolean', default: false },
    'no-install': { type: 'boolean', default: false },
    port: { type: 'string', default: '4480' },
    base: { type: 'string', default: '/' },
    out: { type: 'string', default: join(REPOSITORY, 'dist/docs') },
  },
});
const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
/** Pages change with what they describe: a site has a folder for each minor version. */
const version = `v${manifest.version.split('.').slice(0, 2).join('.')}`;

const page = (title, body) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>${body}</html>\n`;
const redirect = (to) =>
  page(
    'Gatehouse',
    `<meta http-equiv="refresh" content="0; url=${to}"></head><body><p><a href="${to}">Gatehouse</a></p></body>`,
  );

async function build() {
  // Packages are not exchanged under a program that runs.
  if (!values['no-install']) await ensureDependencies();
  const node = await pinnedNode();
  const pages = readPages();
  const [source, outDir] = [join(REPOSITORY, 'dist/docs-source'), join(values.out, version)];
  const base = `${values.base}${version}/`;
  stage(source, pages);
  const pagesFile = join(source, '.vitepress/pages.json');
  writeFileSync(pagesFile, JSON.stringify(pages.map((page) => ({ ...page, text: undefined }))));
  const { description } = manifest;
  const settings = { base, outDir, cacheDir: join(source, '.cache'), description, version, pagesFile };
  await mustRun(node, [join(REPOSITORY, 'node_modules/vitepress/bin/vitepress.js'), 'build', source], {
    env: { GATEHOUSE_DOCS: JSON.stringify(settings) },
  });
  writeFileSync(join(outDir, 'llms.txt'), listForAgents(pages, { base, description }));
  writeFileSync(join(outDir, 'llms-full.txt'), allForAgents(pages));
  writeFileSync(join(outDir, 'versions.html'), redirect('../versions.html'));
  return pages.length;
}

/** What lies beside the versions: which there are, and the way to the newest. */
function linkVersions() {
  const versions = readdirSync(values.out)
    .filter((name) => /^v\d/.test(name))
    .sort((left, right) => right.localeCompare(left, 'en', { numeric: true }));
  const items = versions.map((name) => `<li><a href="${name}/">${name}</a></li>`).join('');
  writeFileSync(join(values.out, 'index.html'), redirect(`${versions[0]}/`));
  writeFileSync(
    join(values.out, 'versions.html'),
    page('Versions of Gatehouse', `</head><body><main><h1>Versions</h1><ul>${items}</ul></main></body>`),
  );
}

mkdirSync(values.out, { recursive: true });
const count = await build();
linkVersions();
say(`${count} pages in ${join(values.out, version)}`);
if (values.serve) say(`Open ${await serve(values.out, { base: values.base, port: Number(values.port) })}`);
