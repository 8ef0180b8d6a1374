import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { fileInSite, isPicture, linksOf, withSiteLinks } from './links.mjs';

const SITE = join(REPOSITORY, 'tools/docs/site');
const MERMAID = 'node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js';

/** Writes what the generator reads: the pages with the links of the site, and beside them what they link to. */
export function stage(folder, pages) {
  rmSync(folder, { recursive: true, force: true });
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const places = new Map(pages.map(({ source, path }) => [source, path]));
  for (const page of pages) {
    const text = withSiteLinks(page, places);
    write(`${page.path}.md`, text);
    // The Markdown of each page beside its HTML, for programs that read.
    write(`public/${page.path}.md`, withoutRemarks(text));
  }
  for (const path of linkedFiles(pages, places)) {
    if (isPicture(path)) {
      const place = path.replace(/^docs\//, '');
      for (const to of [place, join('public', place)]) cpSync(join(REPOSITORY, path), join(folder, to));
    } else write(join('public', fileInSite(path)), readFileSync(join(REPOSITORY, path), 'utf8'));
  }
  cpSync(join(REPOSITORY, MERMAID), join(folder, 'public/mermaid.js'));
  write('.vitepress/config.mjs', `export { default } from ${JSON.stringify(join(SITE, 'config.mjs'))};\n`);
  write(
    '.vitepress/theme/index.mjs',
    `export { default } from ${JSON.stringify(join(SITE, 'theme/index.mjs'))};\n`,
  );
}

/** Files of the repository that a page links to and that are no pages; of folders nothing is shown. */
function linkedFiles(pages, places) {
  const targets = pages.flatMap(({ source, text }) => linksOf(source, text).map(({ target }) => target));
  return [...new Set(targets)].filter((path) => {
    const whole = join(REPOSITORY, path);
    return !places.has(path) && existsSync(whole) && statSync(whole).isFile();
  });
}

/** Remarks are for the checks that read the page. */
export const withoutRemarks = (text) => text.replace(/^<!--.*?-->\n+/gms, '');
