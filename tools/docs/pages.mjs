import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { HOME, SECTIONS } from './navigation.mjs';

/**
 * @typedef {object} Page
 * @property {string} source its file, from the top of the repository
 * @property {string} path where it is in the site, without an ending
 * @property {string} title
 * @property {string} section
 * @property {string} group the folder inside its section's folder; empty: none
 * @property {number} order
 * @property {string} text what the file says, without its front matter
 */

/** Every page that has a place in the navigation, in its order; the home page is first. */
export function readPages(repository = REPOSITORY) {
  const read = (place) => readPage(repository, place);
  return [
    read({ source: HOME, section: '', group: '' }),
    ...SECTIONS.flatMap(({ title: section, folders, groups = [], pages }) => [
      ...folders.flatMap((folder) =>
        markdownBelow(repository, folder)
          .map((source) => read({ source, section, group: groupOf(folder, source) }))
          .sort(inOrder),
      ),
      ...groups.flatMap((folder) =>
        markdownBelow(repository, folder).map((source) => read({ source, section, group: basename(folder) })),
      ),
      ...pages
        .filter((source) => existsSync(join(repository, source)))
        .map((source) => read({ source, section, group: '' })),
    ]),
  ];
}

/** Pages of `docs` that no navigation leads to, and lines of the navigation that lead nowhere. */
export function navigationProblems(repository = REPOSITORY) {
  const known = new Set(readPages(repository).map(({ source }) => source));
  return [
    ...markdownBelow(repository, 'docs')
      .filter((source) => !known.has(source))
      .map((source) => `${source} is in no navigation: tools/docs/navigation.mjs`),
    ...SECTIONS.flatMap(({ pages }) => pages)
      .filter((source) => !existsSync(join(repository, source)))
      .map((source) => `tools/docs/navigation.mjs names ${source}, which does not exist`),
  ];
}

function markdownBelow(repository, folder) {
  const path = join(repository, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
    .sort();
}

/** @returns {Page} */
function readPage(repository, { source, section, group }) {
  const { fields, text } = withoutFrontMatter(readFileSync(join(repository, source), 'utf8'));
  const [, heading = basename(source, '.md')] = /^#\s+(.+?)\s*$/m.exec(text) ?? [];
  const order = basename(source) === 'index.md' ? -1 : Number(fields.get('order') ?? Infinity);
  return {
    source,
    path: pathOf(source),
    title: fields.get('title') ?? plain(heading),
    section,
    group,
    order,
    text,
  };
}

/** Front matter is for `title` and `order` alone, so that a page can be read without it. */
function withoutFrontMatter(whole) {
  const [matter = '', lines = ''] = /^---\n(.*?)^---\n+/ms.exec(whole) ?? [];
  const fields = new Map(
    [...lines.matchAll(/^(\w+):\s*(?:'([^']*)'|"([^"]*)"|(.*?))\s*$/gm)].map(
      ([, name, single, double, bare]) => [name, single ?? double ?? bare],
    ),
  );
  return { fields, text: whole.slice(matter.length) };
}

/** A file of `docs/adr` is below `adr`; pages of the repository's top are lower case, and a README is what its folder shows first. */
function pathOf(source) {
  if (basename(source) === 'README.md') return join(dirname(source), 'index');
  return source.startsWith('docs/')
    ? source.slice('docs/'.length, -'.md'.length)
    : source.slice(0, -'.md'.length).toLowerCase();
}

function groupOf(folder, source) {
  const inside = dirname(source).slice(folder.length + 1);
  return inside.split('/')[0] ?? '';
}

const inOrder = (left, right) =>
  left.group.localeCompare(right.group, 'en') ||
  (left.order === right.order
    ? left.source.localeCompare(right.source, 'en')
    : left.order < right.order
      ? -1
      : 1);

const plain = (heading) => heading.replace(/[`*_]/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
