/**
 * Writes the tables and plots of docs/scaling.md from docs/scaling/figures.json, which `npm run scale` writes; with --check, exits 1 when
 * the committed page or a plot differs.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { scalingPage } from '../bench/dist/scale/page/page.js';

const PAGE = 'docs/scaling.md';
const FIGURES = 'docs/scaling/figures.json';
const PLOTS = 'docs/images/scaling';

const at = (path) => new URL(`../${path}`, import.meta.url);
const formatted = async (path, text, parser) =>
  await format(text, { ...(await resolveConfig(at(path))), parser });

const page = await readFile(at(PAGE), 'utf8');
const figures = await readFile(at(FIGURES), 'utf8');
const { text, plots } = scalingPage(page, JSON.parse(figures));
/** @type {[string, string][]} */
const wanted = [
  [PAGE, await formatted(PAGE, text, 'markdown')],
  [FIGURES, await formatted(FIGURES, figures, 'json')],
];
for (const [name, svg] of plots) wanted.push([`${PLOTS}/${name}`, svg]);
const drawn = await readdir(at(PLOTS)).catch(() => []);
const old = drawn.filter((name) => !plots.has(name)).map((name) => `${PLOTS}/${name}`);

if (process.argv.includes('--check')) {
  const texts = await Promise.all(wanted.map(([path]) => readFile(at(path), 'utf8').catch(() => '')));
  const stale = wanted.filter(([, content], index) => texts[index] !== content).map(([path]) => path);
  for (const path of [...stale, ...old])
    console.error(`${path} is out of date. Build, then run: node tools/generate-scaling.mjs`);
  process.exitCode = stale.length + old.length === 0 ? 0 : 1;
} else {
  await mkdir(at(PLOTS), { recursive: true });
  for (const path of old) await rm(at(path));
  for (const [path, content] of wanted) await writeFile(at(path), content);
}
