import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorsOf } from './anchors.mjs';
import { linksOf } from './links.mjs';

/** What links of a text lead nowhere: to a file that is not there, or to a heading that its page does not have. */
export function linkProblems(source, text, repository) {
  return linksOf(source, text).flatMap(({ href, target, anchor, isImage }) => {
    if (target.startsWith('..') || !existsSync(join(repository, target)))
      return [`${source}: ${isImage ? 'the image ' : ''}${href} leads nowhere`];
    if (anchor === undefined || !target.endsWith('.md')) return [];
    const page = readFileSync(join(repository, target), 'utf8');
    return anchorsOf(page).has(anchor) ? [] : [`${source}: ${href} has no such heading`];
  });
}

/** In code, a page is named by its path; what follows a `#` has to be a heading of it. */
const MENTION =
  /(?<![\w/.-])((?:docs\/[\w./-]+|ARCHITECTURE|CONTRIBUTING|SECURITY|CHANGELOG|README)\.md)(?:#([\w-]+))?/g;

/** What a program or a setting says of pages that are not there. */
export function mentionProblems(source, text, repository) {
  return [...text.matchAll(MENTION)].flatMap(([mention, page, anchor]) => {
    const path = join(repository, page);
    if (!existsSync(path)) return [`${source} names ${page}, which does not exist`];
    if (anchor === undefined || anchorsOf(readFileSync(path, 'utf8')).has(anchor)) return [];
    return [`${source} names ${mention}, and the page has no such heading`];
  });
}
