import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

export const FOLDER = 'docs/images';
/** What is kept beside the pictures: of each, the look that it was taken of, and the picture. */
export const MANIFEST = `${FOLDER}/pictures.json`;

/** Each picture, and the file that the page in it is made by. */
export const PICTURES = {
  consent: 'apps/authorization-server/src/consent/consent-page.ts',
  provider: 'apps/demonstration/src/identity-providers/pages.ts',
  failure: 'apps/authorization-server/src/attempts/failure-page.ts',
  connections: 'apps/authorization-server/src/connections/connections-page.ts',
};

export const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/**
 * What a page looks like, as far as its sources say it: every text of them, styles and HTML included. Comments, names and
 * formatting are no part of it, nor are the machine and its fonts.
 */
export function lookOf(repository, file) {
  const texts = sourcesOf(repository, file).flatMap((path) =>
    textsOf(readFileSync(join(repository, path), 'utf8')),
  );
  return digestOf(JSON.stringify(texts));
}

/** The file of a page, and those of its own project that it needs and that have HTML or styles. */
function sourcesOf(repository, first) {
  const found = new Set();
  const visit = (path) => {
    if (found.has(path)) return;
    found.add(path);
    const text = readFileSync(join(repository, path), 'utf8');
    for (const [, name] of text.matchAll(/ from '(\.[^']+)\.js'/g)) {
      const other = join(dirname(path), `${name}.ts`);
      if (/html`|STYLESHEET =|style/.test(readFileSync(join(repository, other), 'utf8'))) visit(other);
    }
  };
  visit(first);
  return [...found].sort();
}

function textsOf(source) {
  const file = ts.createSourceFile('page.ts', source, ts.ScriptTarget.Latest, true);
  const texts = [];
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push(node.text.replace(/\s+/g, ' '));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return texts;
}

/** Pictures that show a page as it was, that are missing, or that nobody is shown. */
export function pictureProblems(repository, pagesTexts) {
  const again = 'take the pictures again: npm run docs:pictures';
  const manifest = JSON.parse(readFileSync(join(repository, MANIFEST), 'utf8'));
  const known = new Set(Object.keys(PICTURES).map((name) => `${name}.png`));
  const strangers = readdirSync(join(repository, FOLDER))
    .filter((name) => name.endsWith('.png') && !known.has(name))
    .map((name) => `${FOLDER}/${name} was taken by nobody: tools/docs/pictures.mjs`);
  return Object.entries(PICTURES)
    .flatMap(([name, file]) => {
      const path = `${FOLDER}/${name}.png`;
      if (!existsSync(join(repository, path)) || manifest[name] === undefined)
        return [`${path} is missing; ${again}`];
      const problems = [];
      if (manifest[name].look !== lookOf(repository, file))
        problems.push(`${path} shows ${file} as it was before; ${again}`);
      if (manifest[name].picture !== digestOf(readFileSync(join(repository, path))))
        problems.push(`${path} is not the picture that was taken; ${again}`);
      if (!pagesTexts.some((text) => text.includes(`images/${name}.png`)))
        problems.push(`${path} is on no page`);
      return problems;
    })
    .concat(strangers);
}
