import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const filesOf = async (folder: string, ending: RegExp): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => ending.test(name));

/** Every link and picture of a built site that stays in it, followed to its file and its anchor. */
export async function brokenLinks(
  folder: string,
  base: string,
): Promise<{ readonly looked: number; readonly problems: readonly string[] }> {
  const ids = new Map<string, ReadonlySet<string>>();
  const idsOf = (path: string): ReadonlySet<string> => {
    const known = ids.get(path) ?? new Set(matches(readFileSync(path, 'utf8'), /\sid="([^"]+)"/g));
    ids.set(path, known);
    return known;
  };
  const problems: string[] = [];
  let looked = 0;
  for (const page of await filesOf(folder, /\.html$/)) {
    const links = matches(
      readFileSync(join(folder, page), 'utf8'),
      /<(?:a|img|link|script)\s[^>]*?(?:href|src)="([^"]*)"/g,
    );
    for (const link of new Set(links)) {
      const url = new URL(link.replaceAll('&amp;', '&'), `http://site${base}${page}`);
      if (url.host !== 'site') continue;
      looked += 1;
      const file = url.pathname.startsWith(base)
        ? fileAt(join(folder, decodeURIComponent(url.pathname.slice(base.length))))
        : undefined;
      if (file === undefined) problems.push(`${page}: ${link} leads nowhere`);
      else if (
        url.hash.length > 1 &&
        file.endsWith('.html') &&
        !idsOf(file).has(decodeURIComponent(url.hash.slice(1)))
      )
        problems.push(`${page}: ${link} has no such anchor`);
    }
  }
  return { looked, problems };
}

/** What a browser fetches by itself: scripts, styles, pictures, fonts; links that a reader may follow are none of it. */
export async function foreignRequests(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await filesOf(folder, /\.(html|css)$/)) {
    const text = readFileSync(join(folder, name), 'utf8');
    const fetched = name.endsWith('.css')
      ? matches(text, /url\(["']?([^"')]+)/g)
      : matches(text, /<(?:script|img|iframe|link|source|video)\s[^>]*?(?:src|href)="([^"]+)"/g);
    for (const url of fetched) if (/^(https?:)?\/\//.test(url)) found.push(`${name}: ${url}`);
  }
  return found;
}

const matches = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, first]) => first ?? '');

const fileAt = (path: string): string | undefined =>
  [path, join(path, 'index.html')].find((one) => existsSync(one) && statSync(one).isFile());
