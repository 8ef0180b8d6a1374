/**
 * A claim is proven by a test: a link to a spec, with the name of the test as its title, so that the reader sees it. The test has
 * to be there. Pages of `docs/concepts` name the test with every such link.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';

const LINK = /\]\(([^)\s"]+\.spec\.ts)(?:\s+"([^"]*)")?\)/g;
const NEEDS_NAME = /^docs\/concepts\//;

/**
 * @param {string} page
 * @param {string} prose
 * @returns {{ line: number, problem: string }[]}
 */
export function claimProblems(page, prose) {
  return [...prose.matchAll(LINK)].flatMap(({ 1: link, 2: name, index }) => {
    const line = prose.slice(0, index).split('\n').length;
    const file = join(REPOSITORY, normalize(join(dirname(page), link)));
    // That a link leads somewhere is looked at elsewhere.
    if (!existsSync(file)) return [];
    if (name === undefined) return NEEDS_NAME.test(page) ? [{ line, problem: `which test of ${link}?` }] : [];
    const wanted = plain(name);
    return plain(readFileSync(file, 'utf8')).includes(wanted)
      ? []
      : [{ line, problem: `${link} has no test "${wanted}"` }];
  });
}

/** As it is written in Markdown and in a literal of the language. */
const plain = (text) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/\\(['"`])/g, '$1')
    .replace(/’/g, "'");
