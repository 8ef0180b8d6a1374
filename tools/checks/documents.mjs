/** Links between the repository's own pages lead somewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const pages = filesBelow(['.'], '.md');

/** Anchors as they are made from headings: lower case, punctuation dropped, blanks to hyphens. */
function anchorsOf(text) {
  const headings = [...withoutCode(text).matchAll(/^#{1,6}\s+(.+?)\s*$/gm)].map((match) => match[1]);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

const withoutCode = (text) => text.replace(/^```.*?^```/gms, '');

const problems = pages.flatMap((page) => {
  const text = readFileSync(join(REPOSITORY, page), 'utf8');
  const links = [...withoutCode(text).matchAll(/\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map(
    (match) => match[1],
  );
  return links.flatMap((link) => {
    if (/^[a-z]+:/i.test(link)) return [];
    const [path, anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)));
    if (!existsSync(join(REPOSITORY, target))) return [`${page}: ${link} leads nowhere`];
    if (anchor === undefined || !target.endsWith('.md')) return [];
    return anchorsOf(readFileSync(join(REPOSITORY, target), 'utf8')).has(anchor)
      ? []
      : [`${page}: ${link} has no such heading`];
  });
});

report(problems, { looked: pages.length });
