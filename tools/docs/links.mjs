import { statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';

/** Where the site has files of the repository that pages link to: a host must not take a `.ts` for a film. */
export const fileInSite = (path) => `files/${path}.txt`;

const FENCE = /^( *)(`{3,}|~{3,}).*?^\1\2`*~*\s*$/gms;
/** A link or an image, with what is shown and where it leads. What is written as code is matched first, to be left alone. */
const LINK =
  /(`+)(?!`)[^]*?(?<!`)\1(?!`)|(!?\[(?:[^\]`]|`[^`]*`)*\])\(([^)\s]+)((?:\s+(?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*'))?)\)/g;

/** Every link of a text that leads to another place of the repository: as written, and the file with its anchor. */
export function linksOf(source, text) {
  const found = [];
  for (const [, , shown, href] of text.replace(FENCE, '').matchAll(LINK)) {
    if (shown === undefined || /^[a-z][a-z+.-]*:/i.test(href)) continue;
    const [path, anchor] = href.split('#');
    const target = path === '' ? source : normalize(join(dirname(source), decodeURIComponent(path)));
    found.push({ href, target, anchor, isImage: shown.startsWith('!') });
  }
  return found;
}

/**
 * The text of a page as the site has it: links lead from where the page is there to where the others are there.
 * @param {import('./pages.mjs').Page} page
 * @param {Map<string, string>} places the place in the site of every page, by its file
 */
export function withSiteLinks(page, places) {
  const parts = page.text.split(new RegExp(`(${FENCE.source})`, 'gms'));
  // Of each match the split also gives the two groups inside it.
  let at = 0;
  let rewritten = '';
  while (at < parts.length) {
    rewritten += rewrite(parts[at], page, places) + (parts[at + 1] ?? '');
    at += 4;
  }
  return rewritten;
}

function rewrite(text, page, places) {
  return text.replace(LINK, (whole, _code, shown, href, title) => {
    if (shown === undefined || /^([a-z][a-z+.-]*:|#)/i.test(href)) return whole;
    const [path, anchor] = href.split('#');
    const target = normalize(join(dirname(page.source), decodeURIComponent(path)));
    const place = places.get(target) ?? places.get(join(target, 'README.md'));
    // A folder has nothing to show.
    if (place === undefined && statSync(join(REPOSITORY, target)).isDirectory()) return shown.slice(1, -1);
    const own = dirname(page.path);
    const to = place === undefined ? assetPlace(target) : `${place}.md`;
    const from = relative(own, to);
    return `${shown}(${from.startsWith('.') ? from : `./${from}`}${anchor === undefined ? '' : `#${anchor}`}${title})`;
  });
}

const assetPlace = (target) => (isPicture(target) ? target.replace(/^docs\//, '') : fileInSite(target));

export const isPicture = (path) => /\.(png|svg|webp)$/.test(path);
